"""`mcu h323 call` and `probe` against a room made of code."""

from __future__ import annotations

import io
import subprocess
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from mcu.cli import h323_calls
from mcu.cli.h323_recording import Recording
from mcu.errors import ConfigurationError
from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from mcu.h323.events import EndReason
from mcu.signaling.messages import CALL_ENDS, sentence
from mcu.synthetic.room import RoomSettings, SyntheticRoom


@pytest.fixture
async def room() -> AsyncIterator[SyntheticRoom]:
    made = SyntheticRoom(
        RoomSettings(name="강남 회의실", product="Seoul RoomKit"),
        voice=h323_calls.tone,
        picture=h323_calls.moving_picture,
    )
    yield made
    await made.close()


def printing() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=200, highlight=False), out


async def test_a_call_says_what_comes(room: SyntheticRoom) -> None:
    address = await room.listen()
    console, out = printing()
    assert await h323_calls._call(str(address), 2.5, CallOptions(), "12#", console) == 0
    said = out.getvalue()
    assert "Answered." in said
    assert "received: main H264 1280×720" in said
    assert "Pressed 12#" in said
    levels = [float(line.split()[1]) for line in said.splitlines() if line.startswith("hears")]
    assert levels
    assert max(levels) > -25
    assert room.digits == "12#"


async def test_a_probe_says_who_it_is_and_what_it_can(room: SyntheticRoom) -> None:
    address = await room.listen()
    console, out = printing()
    assert await h323_calls._probe(f"3001@{address}", console) == 0
    said = out.getvalue()
    for words in ("강남 회의실", "Seoul RoomKit", "PCMA 64 kbit/s", "It sends, main", "We send, audio"):
        assert words in said
    await room.until(lambda: room.ended is not None)


async def test_nobody_there_is_said() -> None:
    console, out = printing()
    assert await h323_calls._probe(str(Address("127.0.0.1", 1)), console) == h323_calls.EXIT_FAILED
    said = out.getvalue()
    assert CALL_ENDS[EndReason.UNREACHABLE].ko in said
    assert CALL_ENDS[EndReason.UNREACHABLE].en in said
    assert "[unreachable: " in said


@pytest.mark.parametrize(
    ("dialled", "code"),
    [
        ("3001", "no-gatekeeper"),
        ("no.such.invalid##1", "address-unknown"),
        ("no.such.invalid", "address-unknown"),
        ("127.0.0.1:99999", "address-invalid"),
        ("", "address-invalid"),
    ],
)
@pytest.mark.parametrize("command", [pytest.param("call", marks=pytest.mark.long), "probe"])
def test_what_cannot_be_called_is_said_in_both_languages_with_the_code(command: str, dialled: str, code: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mcu", "h323", command, dialled], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"mcu: {sentence(code).ko} · {sentence(code).en} [{code}: ")
    assert "Errno" not in line


def test_a_room_that_is_off_leaves_no_line_of_the_log() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mcu", "h323", "call", "127.0.0.1:1"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "Errno" not in ended.stdout
    assert CALL_ENDS[EndReason.UNREACHABLE].ko in ended.stdout


async def test_what_comes_is_saved(room: SyntheticRoom, tmp_path: Path) -> None:
    address = await room.listen()
    console, out = printing()
    recording = Recording(tmp_path / "new" / "heard")
    assert await h323_calls._call(str(address), 2.5, CallOptions(), "", console, recording) == 0
    with wave.open(str(tmp_path / "new/heard/sound.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (48_000, 1, 2)
        heard = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")[-24_000:].astype(np.float64)
    assert np.argmax(np.abs(np.fft.rfft(heard))) * 2 == pytest.approx(h323_calls.TONE, abs=4)
    picture = np.asarray(Image.open(tmp_path / "new/heard/picture.png"))
    assert picture.shape == (720, 1280, 3)
    assert np.abs(picture[:, :, 0].astype(int) - picture[:, :, 2]).mean() < 4  # grey, as it was sent
    assert picture[300:400].mean() == pytest.approx(96, abs=4)
    assert str(tmp_path / "new/heard/picture.png") in out.getvalue()


def test_without_a_call_nothing_is_saved(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "sound.wav").write_bytes(b"of an earlier call")
    console, _ = printing()
    for folder in ("new/heard", "kept"):
        code = h323_calls.call(
            "127.0.0.1:1",
            seconds=1.0,
            fast_start=True,
            tunnelling=True,
            keys="",
            console=console,
            save=tmp_path / folder,
        )
        assert code == 1
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["kept", "kept/sound.wav"]
    assert (tmp_path / "kept" / "sound.wav").read_bytes() == b"of an earlier call"


def test_a_folder_that_cannot_be_written_is_said_before_the_call(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="--save"):
        Recording(tmp_path / "file")
