"""H.261 and H.263 of one profile through PyAV: frames to pictures that every room of the last thirty years decodes.

Rules:
1. Keyframes come first, when they are asked for, and once in FORCED pictures, as inverse transforms differ a little and
   their differences add up (H.261 clause 3.4, H.263 clause 4.4).
2. FFmpeg's rate control cannot be told another rate while it runs. Frames are left out while what was coded is ahead
   of the rate, so that it holds at once; and an encoder for the new rate takes over with the next keyframe, or after
   RESTART_SECONDS where the rates are far from each other.
3. Groups of blocks have headers, so that a packet can begin there. FFmpeg could also tell where the macroblocks of
   H.263 are (`mb_info`), but writes behind the end of its memory when a picture does not fit and is coded once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from mcu.media.macroblocks import Rectangle
from mcu.media.types import VIDEO_CLOCK_RATE, EncodedFrame, VideoProfile

FORCED = 132  # pictures
AHEAD_SECONDS = 0.5  # of the rate: what may be coded ahead of it before a frame is left out
BUFFER_SECONDS = 0.4  # of the rate, for FFmpeg's rate control: the most that a keyframe takes
CLOSE = 0.05  # of a rate: a keyframe is no reason to change it by less
FAR = 0.2  # of a rate: more is worth a keyframe
RESTART_SECONDS = 3.0  # between such keyframes
SIZES = {
    "H261": frozenset({(176, 144), (352, 288)}),
    "H263": frozenset({(128, 96), (176, 144), (352, 288), (704, 576), (1408, 1152)}),
}


class H26xCoder:
    """A coder (see `video_codecs`) of one profile. Its pictures have no numbers."""

    number = -1

    def __init__(self, profile: VideoProfile) -> None:
        """Raises ValueError for a size that the codec does not have."""
        self._codec = profile.codec[:4]
        if (profile.width, profile.height) not in SIZES[self._codec]:
            raise ValueError(f"{self._codec} has no pictures of {profile.width}×{profile.height}")
        self._profile = profile
        self._rate = self._coded_rate = profile.bitrate
        self._context = _open(profile, self._coded_rate)
        self._pictures = 0  # of this context
        self._time = 0  # of the last call, 90 kHz, extended
        self._opened = -1  # when the context began, likewise; -1 before its first picture
        self._ahead = 0.0  # bits that were coded and that the rate has not carried yet
        self._keyframe_due = False

    @property
    def bitrate(self) -> int:
        return self._rate

    def set_bitrate(self, bits_per_second: int) -> None:
        """The rate holds from the next frame on; the quality follows within RESTART_SECONDS."""
        self._rate = max(1, bits_per_second)

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
        """None while the rate has to catch up. FFmpeg finds out itself what `changed`."""
        del changed, size, above
        elapsed, self._time = (time - self._time) / VIDEO_CLOCK_RATE, time
        self._ahead = max(0.0, self._ahead - elapsed * self._rate)
        self._keyframe_due |= keyframe
        if self._ahead > AHEAD_SECONDS * self._rate and not self._keyframe_due:
            return None
        self._follow_rate(time)
        if self._opened < 0:
            self._opened = time
        frame.pts = self._pictures
        frame.time_base = Fraction(1, self._profile.fps)
        frame.pict_type = PictureType.I if self._keyframe_due else PictureType.NONE
        packets = self._context.encode(frame)
        self._pictures += 1
        if not packets:
            return None
        packet = packets[-1]
        data = bytes(packet)
        self._ahead += 8 * len(data)
        self._keyframe_due = False
        return EncodedFrame(self._codec, data, time & 0xFFFFFFFF, packet.is_keyframe)

    def _follow_rate(self, time: int) -> None:
        """Take another encoder where that pays."""
        difference = abs(self._rate - self._coded_rate) / self._coded_rate
        far = difference > FAR and time - self._opened >= RESTART_SECONDS * VIDEO_CLOCK_RATE
        if far or (difference > CLOSE and (self._keyframe_due or self._opened < 0)):
            self._coded_rate = self._rate
            self._context = _open(self._profile, self._rate)
            self._pictures, self._opened = 0, -1


def _open(profile: VideoProfile, rate: int) -> VideoCodecContext:
    context = av.CodecContext.create(profile.codec[:4].lower(), "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = profile.width, profile.height, "yuv420p"
    context.time_base = Fraction(1, profile.fps)  # temporal references come from it
    context.framerate = Fraction(profile.fps, 1)
    context.bit_rate = rate
    context.thread_count = 1
    options = {
        "g": str(FORCED),
        "maxrate": str(rate),
        "bufsize": str(int(rate * BUFFER_SECONDS)),
        "sc_threshold": "1000000000",  # no keyframes of its own
    }
    if profile.codec != "H261":
        options["ps"] = "1"  # octets behind which a group of blocks gets a header
    context.options = options
    return context
