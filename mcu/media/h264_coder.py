"""H.264 of one profile through PyAV and x264: frames to access units in Annex B form.

Rules:
1. No delay: no B-frames, no lookahead, no frame threads. Keyframes come first and when they are asked for.
2. The rate changes while the encoder runs, but never above what it was made with: FFmpeg hands a new bitrate on to
   x264, and x264 keeps it under the buffer's rate, which PyAV cannot change.
3. The level in the SPS is that of the profile, where it has one: what a peer can decode is agreed on elsewhere, and
   some agree on more than their level has (H.241 CustomMaxFS), so it must not be raised to what the size would need.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from mcu.media.h264_nal import IDR, nal_type, split_annex_b
from mcu.media.macroblocks import Rectangle
from mcu.media.types import VIDEO_CLOCK_RATE, EncodedFrame, VideoProfile

NO_KEYFRAMES = 1 << 29  # frames between keyframes of their own accord: 248 days at 25 fps
PRESET = "superfast"
BUFFER_SECONDS = 0.4  # of bitrate: what the rate control may let pile up in the network at once
LEVEL_1B = 9  # level_idc of level 1b in all profiles but Baseline, Main and Extended, which x264 knows (table A-1)
SLICE_BYTES = 1_100  # packetization mode 0: a slice is a packet, and this fits an MTU of 1280 with all headers


class H264Coder:
    """A coder (see `video_codecs`) of one profile. Its "baseline" is constrained, as x264 has neither FMO nor ASO."""

    def __init__(self, profile: VideoProfile) -> None:
        self._most = profile.bitrate
        self._context = _open(profile)

    number = -1

    @property
    def bitrate(self) -> int:
        return self._context.bit_rate or self._most

    def set_bitrate(self, bits_per_second: int) -> None:
        """Down or up again, at most to the profile's; reached within two seconds, without a keyframe."""
        self._context.bit_rate = min(bits_per_second, self._most)

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
        """x264 cannot be told what `changed`; it finds out. Its pictures have no numbers."""
        del changed, size, above
        frame.pts = time
        frame.time_base = Fraction(1, VIDEO_CLOCK_RATE)
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        data = b"".join([bytes(packet) for packet in self._context.encode(frame)])
        if not data:
            return None
        is_keyframe = any(nal_type(nal) == IDR for nal in split_annex_b(data))
        return EncodedFrame("H264", data, time & 0xFFFFFFFF, is_keyframe)


def _open(profile: VideoProfile) -> VideoCodecContext:
    parameters = ["repeat-headers=1", "scenecut=0"]
    if profile.packetization_mode == 0:
        parameters.append(f"slice-max-size={SLICE_BYTES}")
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = profile.width, profile.height, "yuv420p"
    context.time_base = Fraction(1, VIDEO_CLOCK_RATE)
    context.framerate = Fraction(profile.fps, 1)
    context.bit_rate = profile.bitrate
    context.thread_count = 1
    options = {
        "g": str(NO_KEYFRAMES),
        "keyint_min": str(NO_KEYFRAMES),
        "maxrate": str(profile.bitrate),
        "bufsize": str(int(profile.bitrate * BUFFER_SECONDS)),
        "preset": PRESET,
        "tune": "zerolatency",
        "profile": "high" if profile.h264_profile == "high" else "baseline",
        "forced-idr": "1",
        "x264-params": ":".join(parameters),
    }
    if profile.h264_level:
        options["level"] = "1b" if profile.h264_level == LEVEL_1B else f"{profile.h264_level / 10:.1f}"
    context.options = options
    return context
