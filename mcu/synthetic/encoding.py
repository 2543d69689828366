"""Pictures and sound to loops: VP8 or H.264 with a keyframe at fixed places, and Opus."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from mcu.synthetic.clips import PACKET_SECONDS, Clip, MediaSettings
from mcu.synthetic.voice import Sound, loudness

SILENT_LEVEL = 127  # RFC 6464: digital silence
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
    frames, keyframes = encode_pictures(pictures, settings)
    packets, levels = encode_sound(sound, bitrate=settings.audio_bitrate)
    return Clip(
        codec=settings.codec,
        width=settings.width,
        height=settings.height,
        fps=settings.fps,
        frames=frames,
        keyframes=keyframes,
        first_frame=first_frame,
        packets=packets,
        levels=levels,
    )


def encode_pictures(pictures: Iterable[Rgb], settings: MediaSettings) -> tuple[tuple[bytes, ...], tuple[int, ...]]:
    """Coded frames, and the indices of keyframes: every `keyframe_seconds`, from the first one on."""
    name, options = VIDEO_CODECS[settings.codec]
    encoder = cast(VideoCodecContext, av.CodecContext.create(name, "w"))
    encoder.width, encoder.height = settings.width, settings.height
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = Fraction(settings.fps)
    encoder.bit_rate = settings.bitrate
    encoder.gop_size = 10_000  # keyframes are placed here, not by the codec
    encoder.thread_count = 1
    encoder.options = options
    spacing = max(1, round(settings.keyframe_seconds * settings.fps))
    convert = VideoReformatter()  # one for all: making its tables takes longer than using them
    coded: list[bytes] = []
    for index, picture in enumerate(pictures):
        drawn = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame = convert.reformat(drawn, format="yuv420p", threads=1)
        frame.pts = index
        frame.pict_type = PictureType.I if index % spacing == 0 else PictureType.NONE
        coded.extend(bytes(packet) for packet in encoder.encode(frame))
    coded.extend(bytes(packet) for packet in encoder.encode(None))
    return tuple(coded), tuple(range(0, len(coded), spacing))


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


def _levels(sound: Sound) -> tuple[int, ...]:
    """-dBov of each packet: 0 is the loudest square wave (RFC 6465 section 3)."""
    volume = loudness(sound, rate=1 / PACKET_SECONDS)
    decibels = -20 * np.log10(np.maximum(volume, 1e-7))
    return tuple(int(min(SILENT_LEVEL, max(0, round(value)))) for value in decibels)
