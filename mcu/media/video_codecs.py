"""VP8 and H.264 through PyAV: coded frames to pictures, and the compositor's frame to coded frames.

Rules:
1. One thread per codec: libvpx with two burned ten times the CPU on a busy machine.
2. No delay: a frame in, a frame out. No B-frames, no lookahead, no frame threads.
3. A frame that cannot be decoded costs a keyframe request, and nothing is shown until the keyframe is there.
4. Keyframes come when they are asked for and at the start, never by themselves.

The speeds below were measured at 1280x720, 25 fps, 1.2 Mbit/s on a composite of 25 moving faces; the table is in
docs/decisions/0007-video-codec-settings.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import av
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import VideoReformatter

from mcu.media.h264_nal import IDR, nal_type, split_annex_b
from mcu.media.sequence import Unwrapper, distance
from mcu.media.types import VIDEO_CLOCK_RATE, EncodedFrame, Picture, Plane, VideoProfile

MAX_SIDE = 4096  # pixels; larger than any camera or screen shared in a meeting
MAX_PIXELS = 4096 * 2304
NO_KEYFRAMES = 1 << 29  # frames between keyframes of their own accord: 248 days at 25 fps
VP8_SPEED = -10  # libvpx cpu-used; negative is a fixed speed, positive adapts to the machine's load and is no constant
VP8_STATIC_THRESHOLD = 100  # libvpx's own real-time example; unmoved blocks are not searched
X264_PRESET = "superfast"
BUFFER_SECONDS = 0.4  # of bitrate: what the rate control may let pile up in the network at once
MAX_KEYFRAME_PERCENT = 450  # of one frame's share of the bitrate: a keyframe passes in under a fifth of a second
SLICE_BYTES = 1_100  # packetization mode 0: a slice is a packet, and this fits an MTU of 1280 with all headers
PICTURE_ID_MASK = 0x7FFF  # RFC 7741, 15 bits

_DECODERS: Mapping[str, str] = {"VP8": "vp8", "H264": "h264"}
_DECODER_OPTIONS: Mapping[str, str] = {
    "flags": "+low_delay",
    "err_detect": "explode",  # a broken frame is an error; what was painted over is marked corrupt
    "max_pixels": str(MAX_PIXELS),
}


class VideoDecoder:
    """Decoder of one stream. One thread at a time."""

    def __init__(self, codec: str) -> None:
        self.needs_keyframe = True  # frames are refused until one comes
        self.decoded = 0
        self.errors = 0  # frames that the codec could not decode, or of a size or format that is refused
        self.skipped = 0  # frames between an error and the next keyframe
        self._codec = codec
        self._context: VideoCodecContext | None = None
        self._reformatter = VideoReformatter()

    def decode(self, frame: EncodedFrame) -> Picture | None:
        """The picture, or None when there is none and `needs_keyframe` says why."""
        if self.needs_keyframe and not frame.keyframe:
            self.skipped += 1
            return None
        if self._context is None:
            self._context = self._open()
        try:
            frames = self._context.decode(av.Packet(frame.data))
        except (FFmpegError, ValueError):
            frames = []
        picture = self._picture(frames[-1], frame.rotation) if frames else None
        if picture is None:
            self.errors += 1
            self.needs_keyframe = True
            self._context = None  # its references are worth nothing now
            return None
        self.needs_keyframe = False
        self.decoded += 1
        return picture

    def _open(self) -> VideoCodecContext:
        context = av.CodecContext.create(_DECODERS[self._codec], "r")
        assert isinstance(context, VideoCodecContext)
        context.thread_count = 1
        context.options = dict(_DECODER_OPTIONS)
        return context

    def _picture(self, frame: VideoFrame, rotation: int) -> Picture | None:
        if frame.is_corrupt or max(frame.width, frame.height) > MAX_SIDE:
            return None
        if frame.format.name == "yuvj420p":  # full range: the composite is in limited range
            frame = self._reformatter.reformat(frame, format="yuv420p", src_color_range="JPEG", dst_color_range="MPEG")
        if frame.format.name != "yuv420p":
            return None
        y, u, v = (_plane(frame, index) for index in range(3))
        return Picture(y, u, v, rotation, owner=frame)


def _plane(frame: VideoFrame, index: int) -> Plane:
    """A view of one plane, shape (height, width), rows strided."""
    plane = frame.planes[index]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    view: Plane = rows[: plane.height, : plane.width]
    view.flags.writeable = False
    return view


class VideoEncoder:
    """Encoder of one profile. One thread at a time."""

    def __init__(self, profile: VideoProfile) -> None:
        self.profile = profile
        self.frames = 0
        self.keyframes = 0
        self._context = _ENCODERS[profile.codec](profile)
        self._reformatter = VideoReformatter()
        self._clock = Unwrapper(bits=32)
        self._picture_id = 0  # of the last frame

    def encode(self, frame: VideoFrame, *, timestamp: int, keyframe: bool) -> EncodedFrame | None:
        """Code what `frame` (yuv420p) shows now; it may be painted over afterwards. None if the codec gave nothing.

        `timestamp` is 90 kHz modulo 2**32 and rises from call to call. A frame of another size is scaled.
        """
        profile = self.profile
        if (frame.width, frame.height) != (profile.width, profile.height):
            frame = self._reformatter.reformat(frame, width=profile.width, height=profile.height)
        frame.pts = self._clock.extend(timestamp)
        frame.time_base = Fraction(1, VIDEO_CLOCK_RATE)
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        data = b"".join([bytes(packet) for packet in self._context.encode(frame)])
        if not data:
            return None
        is_keyframe = _is_keyframe(profile.codec, data)
        picture_id = self._number(keyframe=is_keyframe) if profile.codec == "VP8" else -1
        self.frames += 1
        self.keyframes += is_keyframe
        return EncodedFrame(profile.codec, data, timestamp & 0xFFFFFFFF, is_keyframe, picture_id=picture_id)

    def _number(self, *, keyframe: bool) -> int:
        """Picture id of this frame: one more than the last, but a keyframe catches up with media time.

        So a receiver that changes from one encoder to another, which it does at a keyframe, sees ids rise: libwebrtc
        takes falling ones for old frames.
        """
        number = (self._picture_id + 1) & PICTURE_ID_MASK
        if keyframe:
            by_time = self._clock.highest * self.profile.fps // VIDEO_CLOCK_RATE & PICTURE_ID_MASK
            if self.frames == 0 or distance(number, by_time, bits=15) > 0:
                number = by_time
        self._picture_id = number
        return number


def _is_keyframe(codec: str, data: bytes) -> bool:
    if codec == "VP8":
        return not data[0] & 1  # RFC 6386 section 9.1
    return any(nal_type(nal) == IDR for nal in split_annex_b(data))


def _open_encoder(name: str, profile: VideoProfile, options: Mapping[str, str]) -> VideoCodecContext:
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = profile.width, profile.height, "yuv420p"
    context.time_base = Fraction(1, VIDEO_CLOCK_RATE)
    context.framerate = Fraction(profile.fps, 1)
    context.bit_rate = profile.bitrate
    context.thread_count = 1
    context.options = {
        "g": str(NO_KEYFRAMES),
        "keyint_min": str(NO_KEYFRAMES),
        "maxrate": str(profile.bitrate),
        "bufsize": str(int(profile.bitrate * BUFFER_SECONDS)),
        **options,
    }
    return context


def _open_vp8(profile: VideoProfile) -> VideoCodecContext:
    """libvpx, constant bitrate. Not error-resilient: lost frames are never decoded over, and it costs 0.9 dB."""
    options = {
        "deadline": "realtime",
        "cpu-used": str(VP8_SPEED),
        "lag-in-frames": "0",
        "minrate": str(profile.bitrate),
        "undershoot-pct": "100",
        "overshoot-pct": "15",
        "static-thresh": str(VP8_STATIC_THRESHOLD),
        "max-intra-rate": str(MAX_KEYFRAME_PERCENT),
    }
    return _open_encoder("libvpx", profile, options)


def _open_h264(profile: VideoProfile) -> VideoCodecContext:
    """x264. Its "baseline" is constrained baseline, as it has neither FMO nor ASO."""
    parameters = ["repeat-headers=1", "scenecut=0"]
    if profile.packetization_mode == 0:
        parameters.append(f"slice-max-size={SLICE_BYTES}")
    options = {
        "preset": X264_PRESET,
        "tune": "zerolatency",
        "profile": "high" if profile.h264_profile == "high" else "baseline",
        "forced-idr": "1",
        "x264-params": ":".join(parameters),
    }
    return _open_encoder("libx264", profile, options)


_ENCODERS: Mapping[str, Callable[[VideoProfile], VideoCodecContext]] = {"VP8": _open_vp8, "H264": _open_h264}
