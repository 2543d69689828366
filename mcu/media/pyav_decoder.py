"""Coded frames of any codec to pictures, through PyAV."""

from __future__ import annotations

from collections.abc import Mapping

import av
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter

from mcu.media.types import CIF_ASPECT, EncodedFrame, Picture, Plane

MAX_ASPECT = 4.0  # of a sample, or its inverse: more than any in use; the others are shown as if square

_BYTES = np.dtype(np.uint8)
_DECODERS: Mapping[str, str] = {"VP8": "vp8", "H264": "h264", "H261": "h261", "H263": "h263"}
_SAY_ASPECT = frozenset({"H264", "H263"})


class PyavDecoder:
    """Decoder of one stream, until its first error; `options` are FFmpeg's own."""

    def __init__(self, codec: str, options: Mapping[str, str]) -> None:
        context = av.CodecContext.create(_DECODERS[codec], "r")
        assert isinstance(context, VideoCodecContext)
        context.thread_count = 1
        context.options = dict(options)
        self._context = context
        self._says_aspect = codec in _SAY_ASPECT
        self._aspect = CIF_ASPECT if codec == "H261" else 1.0
        self._reformatter = VideoReformatter()

    def decode(self, frame: EncodedFrame) -> Picture | None:
        """None for what cannot be decoded, and for a picture that was painted over or is of an unknown format."""
        try:
            frames = self._context.decode(av.Packet(frame.data))
        except (FFmpegError, ValueError):
            return None
        if frame.keyframe and self._says_aspect:
            self._aspect = _sample_aspect(self._context)
        return self._picture(frames[-1], frame.rotation) if frames else None

    def _picture(self, frame: VideoFrame, rotation: int) -> Picture | None:
        width, height, name = frame.width, frame.height, frame.format.name
        if frame.is_corrupt:
            return None
        if name == "yuvj420p":  # full range: the composite is in limited range
            frame = self._reformatter.reformat(frame, format="yuv420p", src_color_range="JPEG", dst_color_range="MPEG")
        elif name != "yuv420p":
            return None
        y, u, v = frame.planes
        half_width, half_height = (width + 1) // 2, (height + 1) // 2
        return Picture(
            _view(y, height, width),
            _view(u, half_height, half_width),
            _view(v, half_height, half_width),
            rotation,
            frame,
            self._aspect,
        )


def _sample_aspect(context: VideoCodecContext) -> float:
    """The width of a sample over its height, as the stream says."""
    ratio = context.sample_aspect_ratio
    aspect = float(ratio) if ratio else 1.0
    return aspect if 1 / MAX_ASPECT <= aspect <= MAX_ASPECT else 1.0


def _view(plane: VideoPlane, height: int, width: int) -> Plane:
    """What is seen of one plane, read-only."""
    return np.ndarray((height, width), _BYTES, memoryview(plane).toreadonly(), 0, (plane.line_size, 1))
