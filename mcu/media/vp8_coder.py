"""VP8 of one size and any rate: frames to coded frames and their numbers.

Rules:
1. A picture's number is one more than the last, or that of a keyframe above what the caller says (libwebrtc takes
   falling ids for old frames).
2. What did not change is not coded (`macroblocks`), nor what changed by less than the coding of the rest leaves
   undone: the coarser the quantizer, the more.

The settings were measured: docs/decisions/0013-libvpx-directly.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from av.video.frame import VideoFrame

from mcu._native.vpx import Vp8Encoder
from mcu.media.macroblocks import SETTLED, Macroblocks, Rectangle
from mcu.media.types import VIDEO_CLOCK_RATE, EncodedFrame, VideoProfile

PICTURE_ID_MASK = 0x7FFF  # RFC 7741, 15 bits
SPEED = 11  # libvpx cpu-used -11: up to 5 % less time than 10 for 0.1 to 0.4 dB; 12 costs 0.2 to 0.6 dB more
BITSTREAM_VERSION = 1  # bilinear prediction, simple loop filter: 10 % less time here, 20 % less for every viewer
FINE_COLOURS = True  # libvpx's screen content mode: 1 dB of chroma, which version 1 does not filter, for 0.1 of luma
STATIC_THRESHOLD = 1_000  # of squared error in a macroblock, 4 a pixel: too little to be seen, and spares the search
COARSE_STATIC_THRESHOLD = 2_000  # the same where all else is coded coarsely, too; 3,000 leaves stains in plain walls
COARSE, FINE = 30, 26  # quantizers from which on, and down to which, it holds
GOLDEN_BOOST = 25  # percent: 0.1 dB for frames of at most 16 kB at 1.2 Mbit/s; 50 would give 0.2 dB and 22 kB
MAX_KEYFRAME_PERCENT = 450  # of one frame's share of the bitrate: a keyframe passes in under a fifth of a second


def static_threshold(quantizer: int, before: int) -> int:
    """For the frame after one that was coded with `quantizer`, 0 to 63; `before` is the threshold so far."""
    if quantizer >= COARSE:
        return COARSE_STATIC_THRESHOLD
    return STATIC_THRESHOLD if quantizer <= FINE else before


@dataclass(frozen=True, slots=True)
class Vp8Settings:
    """What else is chosen when an encoder is made."""

    speed: int = SPEED
    settled: int = SETTLED  # frames without a change after which a macroblock is made sharp
    enough: int = -1  # quantizer (0 to 63) from which down it is sharp; -1: bits that are free make it ever finer


class Vp8Coder:
    """A coder (see `video_codecs`) of one profile."""

    def __init__(self, profile: VideoProfile, settings: Vp8Settings) -> None:
        self._profile = profile
        self._enough = settings.enough
        self._encoder = Vp8Encoder(
            profile.width,
            profile.height,
            fps=profile.fps,
            bitrate=profile.bitrate,
            speed=settings.speed,
            version=BITSTREAM_VERSION,
            static_threshold=STATIC_THRESHOLD,
            golden_boost=GOLDEN_BOOST,
            max_keyframe_percent=MAX_KEYFRAME_PERCENT,
            screen_content=FINE_COLOURS,
        )
        self._macroblocks = Macroblocks(profile.width, profile.height, settled=settings.settled)
        self._time = -1  # of the last frame, 90 kHz, extended; -1 before the first
        self.number = -1  # of the last picture, without end
        self._threshold = STATIC_THRESHOLD

    @property
    def bitrate(self) -> int:
        return self._encoder.bitrate

    def set_bitrate(self, bits_per_second: int) -> None:
        """From the next frame on, up or down, without a keyframe."""
        self._encoder.set_bitrate(bits_per_second)

    def encode(
        self,
        frame: VideoFrame,
        *,
        time: int,
        keyframe: bool,
        changed: Sequence[Rectangle] | None,
        size: tuple[int, int],
        above: int,
    ) -> EncodedFrame | None:
        keyframe = keyframe or self._time < 0
        active = None
        if changed is None or keyframe:
            self._macroblocks.all_changed()
        else:
            active = self._macroblocks.active(changed, size)
        planes = frame.planes
        data = self._encoder.encode(
            planes,
            [plane.line_size for plane in planes],
            elapsed=time - self._time if self._time >= 0 else VIDEO_CLOCK_RATE // self._profile.fps,
            keyframe=keyframe,
            active=active,
        )
        self._time = time
        quantizer = self._encoder.quantizer
        self._follow(quantizer)
        if quantizer <= self._enough:
            self._macroblocks.sharp(active)
        if not data:
            return None
        is_keyframe = not data[0] & 1  # RFC 6386 section 9.1
        self.number = max(self.number, above if is_keyframe else -1) + 1
        return EncodedFrame("VP8", data, time & 0xFFFFFFFF, is_keyframe, picture_id=self.number & PICTURE_ID_MASK)

    def _follow(self, quantizer: int) -> None:
        threshold = static_threshold(quantizer, self._threshold)
        if threshold != self._threshold:
            self._threshold = threshold
            self._encoder.set_static_threshold(threshold)
