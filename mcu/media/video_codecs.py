"""VP8, H.264, H.263 and H.261: coded frames to pictures by FFmpeg, and the compositor's frame to coded frames.

Rules:
1. One thread per codec: libvpx with two burned ten times the CPU on a busy machine.
2. No delay: a frame in, a frame out. No B-frames, no lookahead, no frame threads.
3. A frame that cannot be decoded costs a keyframe request, and nothing is shown until the keyframe is there.
4. Keyframes come when they are asked for and at the start, never by themselves (but see `h26x_coder`).

What decodes is FFmpeg: VP8 called directly (`_native.avcodec`), all else, and pictures that are coded again as they
are, through PyAV (`pyav_decoder`). What codes is in `vp8_coder` (libvpx, bound directly), `h264_coder` (x264 through
PyAV) and `h26x_coder` (FFmpeg).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from mcu._native import avcodec
from mcu.media.h26x_coder import H26xCoder
from mcu.media.h264_coder import H264Coder
from mcu.media.macroblocks import Rectangle
from mcu.media.pyav_decoder import PyavDecoder
from mcu.media.sequence import Unwrapper
from mcu.media.types import EncodedFrame, Picture, VideoProfile
from mcu.media.vp8_coder import Vp8Coder, Vp8Settings

__all__ = ["Rectangle", "VideoDecoder", "VideoEncoder", "Vp8Settings"]

MAX_SIDE = 4096  # pixels; larger than any camera or screen shared in a meeting
MAX_PIXELS = 4096 * 2304

DECODER_OPTIONS: Mapping[str, str] = {
    "flags": "+low_delay",
    "err_detect": "explode",  # a broken frame is an error; what was painted over is marked corrupt
    "max_pixels": str(MAX_PIXELS),
}


class _Decoder(Protocol):
    """One codec behind `VideoDecoder`, until its first error."""

    def decode(self, frame: EncodedFrame) -> Picture | None: ...


class VideoDecoder:
    """Decoder of one stream. One thread at a time."""

    def __init__(self, codec: str, *, coded_again: bool = False) -> None:
        """`coded_again`: pictures are to go into an encoder as they are, so their owner is a `VideoFrame`."""
        self.needs_keyframe = True  # frames are refused until one comes
        self.decoded = 0
        self.errors = 0  # frames that the codec could not decode, or of a size or format that is refused
        self.skipped = 0  # frames between an error and the next keyframe
        self._codec = codec
        self._coded_again = coded_again
        self._decoder: _Decoder | None = None

    def decode(self, frame: EncodedFrame) -> Picture | None:
        """The picture, or None when there is none and `needs_keyframe` says why."""
        if self.needs_keyframe and not frame.keyframe:
            self.skipped += 1
            return None
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = _make_decoder(self._codec, self._coded_again)
        picture = decoder.decode(frame)
        if picture is None or max(picture.width, picture.height) > MAX_SIDE:
            self.errors += 1
            self.needs_keyframe = True
            self._decoder = None  # its references are worth nothing now
            return None
        self.needs_keyframe = False
        self.decoded += 1
        return picture


def _make_decoder(codec: str, coded_again: bool) -> _Decoder:
    if codec == "VP8" and not coded_again and not avcodec.UNUSABLE_BECAUSE:
        return Vp8Decoder(DECODER_OPTIONS)
    return PyavDecoder(codec, DECODER_OPTIONS)


class Vp8Decoder:
    """Decoder of one VP8 stream, until its first error: what `PyavDecoder` does, without its objects."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._decoder = avcodec.Vp8Decoder({**options, "threads": "1"})

    def decode(self, frame: EncodedFrame) -> Picture | None:
        """None for what cannot be decoded."""
        try:
            planes = self._decoder.decode(bytes(frame.data))
        except avcodec.AvcodecError:
            return None
        return Picture(*planes, frame.rotation) if planes is not None else None


class Coder(Protocol):
    """One codec behind `VideoEncoder`. `time` is in 90 kHz, extended; `frame` has the profile's size."""

    @property
    def bitrate(self) -> int: ...
    @property
    def number(self) -> int: ...

    def set_bitrate(self, bits_per_second: int) -> None: ...

    def encode(
        self,
        frame: VideoFrame,
        *,
        time: int,
        keyframe: bool,
        changed: Sequence[Rectangle] | None,
        size: tuple[int, int],
        above: int,
    ) -> EncodedFrame | None: ...


def _make_coder(profile: VideoProfile, vp8: Vp8Settings | None) -> Coder:
    match profile.codec:
        case "VP8":
            return Vp8Coder(profile, vp8 or Vp8Settings())
        case "H264":
            return H264Coder(profile)
        case _:
            return H26xCoder(profile)


class VideoEncoder:
    """Encoder of one profile. One thread at a time."""

    def __init__(self, profile: VideoProfile, *, vp8: Vp8Settings | None = None) -> None:
        """`vp8` is for that codec alone."""
        self.profile = profile
        self.frames = 0
        self.keyframes = 0
        self._coder = _make_coder(profile, vp8)
        self._reformatter = VideoReformatter()
        self._clock = Unwrapper(bits=32)

    @property
    def bitrate(self) -> int:
        """Bits per second that are aimed at now; the profile's until `set_bitrate`."""
        return self._coder.bitrate

    @property
    def number(self) -> int:
        """Of the last picture, without end; its lowest 15 bits are the VP8 picture id. -1 before the first."""
        return self._coder.number

    def set_bitrate(self, bits_per_second: int) -> None:
        """Aim at another rate from the next frame on, without a keyframe.

        VP8 follows at once, up and down. H.264 follows within two seconds, and not above the profile's rate. H.261 and
        H.263 leave out frames at once, and follow with a keyframe a few seconds later.
        """
        self._coder.set_bitrate(bits_per_second)

    def encode(
        self,
        frame: VideoFrame,
        *,
        timestamp: int,
        keyframe: bool,
        changed: Sequence[Rectangle] | None = None,
        size: tuple[int, int] | None = None,
        number_above: int = -1,
    ) -> EncodedFrame | None:
        """Code what `frame` (yuv420p) shows now; it may be painted over afterwards. None if the codec gave nothing.

        `timestamp` is 90 kHz modulo 2**32 and rises from call to call. A frame of another size is scaled. `changed`
        are the rectangles that were painted since the last call, in a picture of `size` (that of `frame` unless given);
        None means that all of it may have been. A keyframe's picture number is above `number_above`: whoever changes
        from one encoder to another, which happens at a keyframe, then sees numbers rise.
        """
        profile, given = self.profile, (frame.width, frame.height)
        size = size or given
        if given != (profile.width, profile.height):
            frame = self._reformatter.reformat(frame, width=profile.width, height=profile.height)
        time = self._clock.extend(timestamp)
        coded = self._coder.encode(frame, time=time, keyframe=keyframe, changed=changed, size=size, above=number_above)
        if coded is not None:
            self.frames += 1
            self.keyframes += coded.keyframe
        return coded
