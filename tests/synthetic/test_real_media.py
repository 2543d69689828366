"""Clips from a folder: any size, any length, forth and back; nonsense is named."""

from __future__ import annotations

import itertools
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mcu.errors import ConfigurationError
from mcu.media.types import SAMPLE_RATE
from mcu.synthetic import real_media
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.staging import Order, make


def write_video(path: Path, *, width: int, height: int, frames: int) -> None:
    """A raw H.264 stream whose brightness rises by ten a frame, dark on its left half."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(25), Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "qp": "10"}
    data = b""
    for index in range(frames):
        picture = np.full((height, width, 3), 40 + 10 * index, dtype=np.uint8)
        picture[:, : width // 2] = 10
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = index
        data += b"".join(bytes(packet) for packet in encoder.encode(frame))
    path.write_bytes(data + b"".join(bytes(packet) for packet in encoder.encode(None)))


def write_voice(path: Path, *, seconds: float, rate: int = 16_000) -> None:
    samples = 0.2 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * rate)) / rate)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_video(tmp_path / "a-wide.264", width=320, height=160, frames=9)
    write_video(tmp_path / "b-tall.264", width=144, height=176, frames=5)
    write_video(tmp_path / "document.264", width=320, height=240, frames=3)
    write_voice(tmp_path / "voice.wav", seconds=1.5)
    (tmp_path / "README.md").write_text("x")
    return tmp_path


def test_files_are_sorted_into_people_voices_and_content(folder: Path) -> None:
    found = real_media.open_folder(folder)
    assert [path.name for path in found.videos] == ["a-wide.264", "b-tall.264"]
    assert [path.name for path in found.voices] == ["voice.wav"]
    assert [path.name for path in found.contents] == ["document.264"]


def test_short_clips_play_forth_and_back(folder: Path) -> None:
    shown = real_media.pictures(folder / "a-wide.264", width=320, height=180, fps=25, count=40)
    bright = [float(picture[90, 300].mean()) for picture in shown]
    assert np.argmax(bright[:17]) == 8
    assert bright[:9] == sorted(bright[:9])
    assert bright[16:24] == pytest.approx(bright[0:8], abs=1)
    assert max(abs(a - b) for a, b in itertools.pairwise(bright)) < 15


@pytest.mark.parametrize("name", ["a-wide.264", "b-tall.264"])
def test_every_size_fills_the_picture(folder: Path, name: str) -> None:
    (picture,) = real_media.pictures(folder / name, width=320, height=180, fps=15, count=1)
    assert picture.shape == (180, 320, 3)
    assert picture[:, 200:].min() > 25


def test_odd_variants_are_mirrored(folder: Path) -> None:
    (picture,) = real_media.pictures(folder / "a-wide.264", width=320, height=180, fps=15, count=1, variant=1)
    assert picture[:, :120].min() > 25 > picture[:, 220:].max()


def test_voices_repeat_to_the_length_and_fade(folder: Path) -> None:
    sound = real_media.voice(folder / "voice.wav", seconds=4)
    assert len(sound) == 4 * SAMPLE_RATE
    assert abs(sound[0]) < 1e-6
    assert 0.05 < float(np.sqrt(np.mean(sound**2))) < 0.12


def test_a_whole_performance_from_a_folder(folder: Path) -> None:
    settings = MediaSettings(listen_seconds=1, speak_seconds=1, coded=True)
    performance = make(Order(person=3, settings=settings, folder=str(folder)))
    assert len(performance.listening.frames) == len(performance.speaking.frames) == 15


def test_unusable_folders_and_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not a folder"):
        real_media.open_folder(tmp_path / "missing")
    with pytest.raises(ConfigurationError, match="no video"):
        real_media.open_folder(tmp_path)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nonsense" * 100)
    with pytest.raises(ConfigurationError, match=r"broken\.mp4"):
        real_media.pictures(broken, width=320, height=180, fps=15, count=1)
    silent = tmp_path / "broken.wav"
    silent.write_bytes(b"nonsense" * 100)
    with pytest.raises(ConfigurationError, match=r"broken\.wav"):
        real_media.voice(silent, seconds=1)
