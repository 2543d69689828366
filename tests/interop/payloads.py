"""A person's camera and voice as RTP payloads made by aiortc, for stacks that carry packets but have no encoder."""

from __future__ import annotations

import base64
import fractions
import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from aiortc.codecs.h264 import H264Encoder, h264_depayload
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder, vp8_depayload

from tests.support.media import FPS, HEIGHT, TONES, WIDTH, camera_picture

RATE, BLOCK = 48_000, 960
SECONDS = 2  # then it begins again, with a keyframe; whole periods of every tone fit
KEYFRAME_EVERY = FPS // 2  # pictures: nobody answers the server's keyframe requests

DEPAYLOADERS: dict[str, Callable[[bytes], bytes]] = {"VP8": vp8_depayload, "H264": h264_depayload, "opus": bytes}


def pictures_file(path: Path, person: int) -> Path:
    """One second of raw I420 pictures of WIDTH x HEIGHT at FPS."""
    path.write_bytes(b"".join(_picture(person, number).to_ndarray().tobytes() for number in range(FPS)))
    return path


def packets_file(path: Path, person: int, codec: str) -> Path:
    """JSON: seconds of the loop, and for each medium [milliseconds, RTP timestamp, marker, payload in base64]."""
    video, audio = [], []
    encoder = Vp8Encoder() if codec == "VP8" else H264Encoder()
    for number in range(FPS * SECONDS):
        payloads, timestamp = encoder.encode(_picture(person, number), force_keyframe=number % KEYFRAME_EVERY == 0)
        video += [[number * 1000 / FPS, timestamp, payload is payloads[-1], _text(payload)] for payload in payloads]
    opus = OpusEncoder()
    for number in range(RATE * SECONDS // BLOCK):
        payloads, _ = opus.encode(_voice(person, number))
        audio += [[number * 20, number * BLOCK, number == 0, _text(payload)] for payload in payloads]
    path.write_text(json.dumps({"seconds": SECONDS, "video": video, "audio": audio}))
    return path


def settings(folder: Path, person: int, codec: str, direction: str) -> dict[str, object]:
    """What a child is told: which way, which codec, and where its media are."""
    return {
        "direction": direction,
        "codec": codec,
        "packets": str(packets_file(folder / f"{person}.{codec}.json", person, codec)),
        "pictures": str(pictures_file(folder / f"{person}.i420", person)),
        "width": WIDTH,
        "height": HEIGHT,
        "fps": FPS,
        "tone": TONES[person],
    }


def _picture(person: int, number: int) -> av.VideoFrame:
    rgb = av.VideoFrame.from_ndarray(camera_picture(person, number), format="rgb24")
    picture = rgb.reformat(format="yuv420p")
    picture.pts = number * 90_000 // FPS
    picture.time_base = fractions.Fraction(1, 90_000)
    return picture


def _voice(person: int, number: int) -> av.AudioFrame:
    phases = (np.arange(BLOCK) + number * BLOCK) * (2 * np.pi * TONES[person] / RATE)
    mono = (0.3 * 32767 * np.sin(phases)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(np.repeat(mono, 2)[np.newaxis], format="s16", layout="stereo")
    frame.sample_rate = RATE
    frame.pts = number * BLOCK
    frame.time_base = fractions.Fraction(1, RATE)
    return frame


def _text(payload: bytes) -> str:
    return base64.b64encode(payload).decode()
