"""Pictures and sound to loops: VP8 or H.264 with a keyframe at fixed places, and Opus; and sound back."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from mcu._native.opus import OpusDecoder
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock
from mcu.synthetic.clips import PACKET_SECONDS, Clip, MediaSettings, SmallerPictures
from mcu.synthetic.voice import Sound, loudness

SILENT_LEVEL = 127  # RFC 6464: digital silence
SHARE_OF_RATE = 0.75  # power of the share of pixels that a smaller picture has: small ones need more bits a pixel
OPUS_OPTIONS = {"application": "voip", "frame_duration": "20", "fec": "1", "packet_loss": "5", "vbr": "on"}
# Fast presets: the picture is small and made once, but by the newcomer's own machine while they wait.
VIDEO_CODECS: dict[str, tuple[str, dict[str, str]]] = {
    "VP8": (
        "libvpx",
        {"deadline": "realtime", "cpu-used": "5", "lag-in-frames": "0", "auto-alt-ref": "0", "qmin": "4", "qmax": "48"},
    ),
    "H264": (
        "libx264",
        {
            "preset": "veryfast",
            "tune": "zerolatency",
            "profile": "baseline",
            "x264-params": "scenecut=0:repeat-headers=1",
        },
    ),
}

Rgb = NDArray[np.uint8]  # (height, width, 3)


def encode_loop(pictures: Iterable[Rgb], sound: Sound, settings: MediaSettings, *, first_frame: int) -> Clip:
    """One loop. `sound` is at SAMPLE_RATE and as long as the pictures."""
    whole, *smaller = encoders = [_PictureEncoder(settings, *size) for size in sizes(settings)]
    for picture in pictures:
        for encoder in encoders:
            encoder.encode(picture)
    packets, levels = encode_sound(sound, bitrate=settings.audio_bitrate)
    return Clip(
        codec=settings.codec,
        width=settings.width,
        height=settings.height,
        fps=settings.fps,
        frames=whole.finish(),
        keyframes=whole.keyframes,
        first_frame=first_frame,
        packets=packets,
        levels=levels,
        smaller=tuple(SmallerPictures(each.width, each.height, each.finish()) for each in smaller),
    )


def sizes(settings: MediaSettings) -> list[tuple[int, int]]:
    """(width, height) of all that is encoded, the largest first."""
    heights = [height for height in settings.smaller if height < settings.height]
    aspect = settings.width / settings.height
    return [(settings.width, settings.height), *((round(height * aspect / 2) * 2, height) for height in heights)]


def encode_pictures(pictures: Iterable[Rgb], settings: MediaSettings) -> tuple[tuple[bytes, ...], tuple[int, ...]]:
    """Coded frames, and the indices of keyframes: every `keyframe_seconds`, from the first one on."""
    encoder = _PictureEncoder(settings, settings.width, settings.height)
    for picture in pictures:
        encoder.encode(picture)
    return encoder.finish(), encoder.keyframes


def planar(convert: VideoReformatter, picture: Rgb, width: int, height: int) -> av.VideoFrame:
    """The picture as encoders take it: I420 of width × height."""
    drawn = av.VideoFrame.from_ndarray(picture, format="rgb24")
    return convert.reformat(drawn, width, height, "yuv420p", interpolation=Interpolation.AREA, threads=1)


class _PictureEncoder:
    """Codes one loop in one size."""

    def __init__(self, settings: MediaSettings, width: int, height: int) -> None:
        self.width, self.height = width, height
        name, options = VIDEO_CODECS[settings.codec]
        encoder = self._encoder = cast(VideoCodecContext, av.CodecContext.create(name, "w"))
        encoder.width, encoder.height = width, height
        encoder.pix_fmt = "yuv420p"
        encoder.framerate = Fraction(settings.fps)
        share = width * height / (settings.width * settings.height)
        encoder.bit_rate = round(settings.bitrate * share**SHARE_OF_RATE)
        encoder.gop_size = 10_000  # keyframes are placed here, not by the codec
        encoder.thread_count = 1
        encoder.options = options
        self._spacing = max(1, round(settings.keyframe_seconds * settings.fps))
        self._convert = VideoReformatter()  # one for all: making its tables takes longer than using them
        self._taken = 0
        self._coded: list[bytes] = []

    @property
    def keyframes(self) -> tuple[int, ...]:
        """Their indices."""
        return tuple(range(0, self._taken, self._spacing))

    def encode(self, picture: Rgb) -> None:
        """The next picture, of any size."""
        frame = planar(self._convert, picture, self.width, self.height)
        frame.pts = self._taken
        frame.pict_type = PictureType.I if self._taken % self._spacing == 0 else PictureType.NONE
        self._taken += 1
        self._coded.extend(bytes(packet) for packet in self._encoder.encode(frame))

    def finish(self) -> tuple[bytes, ...]:
        """All coded frames; once, after the last picture."""
        self._coded.extend(bytes(packet) for packet in self._encoder.encode(None))
        return tuple(self._coded)


def encode_sound(sound: Sound, *, bitrate: int) -> tuple[tuple[bytes, ...], tuple[int, ...]]:
    """Opus packets of PACKET_SECONDS and their levels; a last incomplete block is dropped."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = SAMPLE_RATE
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = bitrate
    encoder.options = OPUS_OPTIONS
    whole = sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES]
    samples = (np.clip(whole, -1, 1) * 32767).astype(np.int16).reshape(-1, BLOCK_SAMPLES)
    packets: list[bytes] = []
    for index, block in enumerate(samples):
        frame = av.AudioFrame.from_ndarray(block[None, :], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = index * BLOCK_SAMPLES
        packets.extend(bytes(packet) for packet in encoder.encode(frame))
    return tuple(packets[: len(samples)]), _levels(whole)


def decode_sound(packets: Iterable[bytes]) -> list[AudioBlock]:
    """Each packet of a loop, decoded in their order from the first on. Raises ProtocolError."""
    decoder = OpusDecoder()
    return [decoder.decode(packet) for packet in packets]


def _levels(sound: Sound) -> tuple[int, ...]:
    """-dBov of each packet: 0 is the loudest square wave (RFC 6465 section 3)."""
    volume = loudness(sound, rate=1 / PACKET_SECONDS)
    decibels = -20 * np.log10(np.maximum(volume, 1e-7))
    return tuple(int(min(SILENT_LEVEL, max(0, round(value)))) for value in decibels)
