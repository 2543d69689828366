"""Pictures that move, and the way of their packets from an encoder to a decoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import av
import numpy as np

from mcu.media.types import CodecParameters, Picture, Plane, VideoProfile
from mcu.media.video_codecs import VideoDecoder
from mcu.media.video_receiver import VideoReceiver

PAYLOAD_TYPE = 96


def moving(count: int, width: int, height: int, *, noise: float = 0.0, seed: int = 1) -> Iterator[av.VideoFrame]:
    """Blocks that pan by three samples a picture under waves; `noise` is of each sample, in steps of 255."""
    rng = np.random.default_rng(seed)
    blocks = np.kron(rng.random((height // 16 + 8, width // 16 + 40)), np.ones((16, 16))) * 84 + 42
    rows, columns = np.mgrid[0:height, 0:width]
    half = rows[::2, ::2], columns[::2, ::2]
    for index in range(count):
        shift = 3 * index % (16 * 38)
        luma = blocks[32 : 32 + height, shift : shift + width] + 20
        luma = luma + 40 * np.sin(columns / 9 + index / 3) * np.cos(rows / 13)
        if noise:
            luma = luma + rng.normal(0, noise, luma.shape)
        planes = luma, 128 + 20 * np.sin(half[1] / 30), 120 + 10 * np.cos(half[0] / 20)
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, values in zip(frame.planes, planes, strict=True):
            target = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            target[: plane.height, : plane.width] = np.clip(values, 16, 235)
        yield frame


def luma_of(frame: av.VideoFrame) -> Plane:
    plane = frame.planes[0]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width].copy()


def psnr(shown: Plane, original: Plane) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.mean((shown.astype(np.float64) - original) ** 2))))


class Watching:
    """Packets to pictures, with everything that is between."""

    def __init__(self, codec: str) -> None:
        self.receiver = VideoReceiver({PAYLOAD_TYPE: CodecParameters(codec, PAYLOAD_TYPE, 90_000)})
        self.decoder = VideoDecoder("H263" if codec.startswith("H263") else codec)
        self.shown: dict[int, Picture] = {}  # by timestamp
        self.keyframes: list[int] = []  # timestamps
        self._number = 65_500

    def receive(
        self,
        payloads: Sequence[bytes],
        timestamp: int,
        now: float,
        *,
        lost: Callable[[int], bool] = lambda index: False,
    ) -> None:
        """The packets of one picture; `lost` says which never come."""
        for index, payload in enumerate(payloads):
            self._number = (self._number + 1) & 0xFFFF
            if lost(index):
                continue
            self.receiver.receive(
                payload_type=PAYLOAD_TYPE,
                sequence_number=self._number,
                timestamp=timestamp,
                marker=index == len(payloads) - 1,
                payload=payload,
                orientation=-1,
                now=now,
            )
        self.receiver.handle_timer(now)
        for frame in self.receiver.take_frames():
            if frame.keyframe:
                self.keyframes.append(frame.timestamp)
            picture = self.decoder.decode(frame)
            if picture is not None:
                self.shown[frame.timestamp] = picture


def profile(codec: str, width: int, height: int, bitrate: int, fps: int = 25) -> VideoProfile:
    return VideoProfile(codec, width, height, fps, bitrate)
