"""A smaller copy of the composite for a smaller rung, with the same scaler as the tiles."""

from __future__ import annotations

from dataclasses import replace

import av
import numpy as np

from mcu._native.planes import Canvas, Paint
from mcu.media.types import Picture, Plane
from mcu.mixer import palette


class Reduction:
    """Copies frames into one of width × height pixels (even). Belongs to one thread."""

    def __init__(self, width: int, height: int, aspect: float = 1.0) -> None:
        """`aspect` is the width of a sample of the copy over its height; the frames have square ones."""
        self.frame = av.VideoFrame(width, height, "yuv420p")  # the encoder takes it as it is; only `reduce` writes it
        planes = self.frame.planes
        self._canvas = Canvas(planes, [plane.line_size for plane in planes], width, height)
        self._aspect = 1 / aspect
        background = palette.yuv(palette.CANVAS)
        self._paint = Paint(x=0, y=0, width=width, height=height, cover=False, background=background)

    def reduce(self, frame: av.VideoFrame) -> av.VideoFrame:
        """`frame` (yuv420p, any size) in this one's size, whole, in its true shape, with bars where that differs."""
        self._canvas.paint([(self._paint, replace(picture_of(frame), aspect=self._aspect))])
        return self.frame


def picture_of(frame: av.VideoFrame) -> Picture:
    """The planes of a frame (yuv420p), not copied."""
    y, u, v = (_plane(plane) for plane in frame.planes)
    return Picture(y, u, v, owner=frame)


def _plane(plane: av.video.plane.VideoPlane) -> Plane:
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
