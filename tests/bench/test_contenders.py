"""The programs that one would use instead really carry the same people: their picture and their sound are looked at."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from mcu._native.opus import OpusDecoder
from mcu.bench.contender import EXIT_ABSENT, NotInstalled, Result, read_line
from mcu.bench.contenders import child_program, ffmpeg, gstreamer, paced_files
from mcu.bench.contenders.child_program import Program, ProgramFailed
from mcu.bench.contenders.paced_files import Track
from mcu.bench.contenders.panes import Pane, panes
from mcu.bench.media import Source, sources
from mcu.bench.workload import Composite, Workload, to_json
from mcu.synthetic.picture_code import Code, covering, read

Runner = Callable[..., Result]

RATE = 48_000
SECONDS = 1.0  # measured; the programs run for a warm-up before
HEARD_SECONDS = 2.0  # of sound are compared
LEAST_LIKENESS = 0.8  # normalised correlation; two passes through Opus leave about 0.95
SHIFT_SECONDS = 0.1  # by which codecs and mixers may delay the sound in their files
PEOPLE = Workload(name="three", participants=3, speakers=2, composite=Composite(fps=25, bitrate=1_200_000))
PROGRAMS = {"ffmpeg": ffmpeg.run, "gstreamer": gstreamer.run}


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Encoded once for all of them, and not into the developer's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("bench"))
        yield


@pytest.fixture(params=["ffmpeg", pytest.param("gstreamer", marks=pytest.mark.long)])
def program(request: pytest.FixtureRequest) -> Runner:
    return PROGRAMS[request.param]


def carry(program: Runner, workload: Workload, record: Path) -> Result:
    try:
        return program(workload, SECONDS, record=record)
    except NotInstalled as reason:
        pytest.skip(str(reason))


def pictures(record: Path) -> list[NDArray[np.uint8]]:
    """Luma of every picture."""
    with av.open(str(record)) as container:
        return [frame.to_ndarray(format="gray") for frame in decoded(container, "video")]


def decoded(container: av.container.InputContainer, kind: str) -> list[av.VideoFrame | av.AudioFrame]:
    frames: list[av.VideoFrame | av.AudioFrame] = []
    try:
        frames.extend(container.decode(**{kind: 0}))
    except av.error.FFmpegError:  # the program was ended in the middle of a packet
        assert frames
    return frames


def heard(record: Path) -> NDArray[np.float64]:
    with av.open(str(record)) as container:
        to_mono = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        blocks = [block for frame in decoded(container, "audio") for block in to_mono.resample(frame)]
        return np.concatenate([block.to_ndarray()[0] for block in blocks]).astype(np.float64)


def said(people: Sequence[Source]) -> NDArray[np.float64]:
    """The sum of all that they send."""
    total = np.zeros(round(HEARD_SECONDS * RATE))
    for source in people:
        decoder = OpusDecoder()
        total += np.concatenate([decoder.decode(data) for data in source.packets(HEARD_SECONDS)])
    return total


def likeness(got: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    """The normalised correlation where it is best, within SHIFT_SECONDS."""
    shift = round(SHIFT_SECONDS * RATE)
    wanted = wanted[shift:-shift]
    got = got[: len(wanted) + 2 * shift]
    size = len(got)
    product = np.fft.irfft(np.fft.rfft(got, size) * np.conj(np.fft.rfft(wanted, size)), size)
    offset = int(np.argmax(product[: 2 * shift]))
    part = got[offset : offset + len(wanted)]
    return float(part @ wanted / np.sqrt((part @ part) * (wanted @ wanted)))


def codes(luma: NDArray[np.uint8], shown: Sequence[Pane]) -> list[Code | None]:
    return [read(luma, covering(pane.x, pane.y, pane.width, pane.height)) for pane in shown]


def test_everybody_stands_in_their_place_and_moves(program: Runner, tmp_path: Path) -> None:
    result = carry(program, PEOPLE, tmp_path / "out")
    assert result.ticks > 0
    assert result.cpu_seconds > 0
    assert result.participants == 3
    shown = panes(PEOPLE)
    seen = [codes(luma, shown) for luma in pictures(tmp_path / "out")[-20:]]
    for pane, row in zip(shown, zip(*seen, strict=True), strict=True):
        found = [code for code in row if code is not None]
        assert len(found) >= 18
        assert {code.person for code in found} == {pane.participant}
        assert len({code.frame for code in found}) >= 6  # 15 of 25 pictures are new


def test_everybody_is_in_the_mix(program: Runner, tmp_path: Path) -> None:
    carry(program, PEOPLE, tmp_path / "out")
    assert likeness(heard(tmp_path / "out"), said(sources(PEOPLE))) > LEAST_LIKENESS


def test_sound_alone_is_counted_by_packets(program: Runner, tmp_path: Path) -> None:
    workload = msgspec.structs.replace(PEOPLE, audio_only=True)
    assert carry(program, workload, tmp_path / "out").ticks > 0
    with av.open(str(tmp_path / "out")) as container:
        assert [stream.type for stream in container.streams] == ["audio"]


@pytest.mark.long
def test_h264_and_a_shared_screen(program: Runner, tmp_path: Path) -> None:
    workload = msgspec.structs.replace(PEOPLE, codec_in="H264", codec_out="H264", content=True)
    carry(program, workload, tmp_path / "out")
    shown = panes(workload)
    assert [pane.content for pane in shown].count(True) == 1
    luma = pictures(tmp_path / "out")[-1]
    for pane, code in zip(shown, codes(luma, shown), strict=True):
        assert code is not None, pane
        assert code.person == pane.participant


def test_one_alone_fills_the_picture(program: Runner, tmp_path: Path) -> None:
    workload = Workload(name="one", participants=1, speakers=1)
    carry(program, workload, tmp_path / "out")
    (code,) = codes(pictures(tmp_path / "out")[-1], panes(workload))
    assert code is not None
    assert code.person == 0


@pytest.mark.parametrize(("name", "package"), [("ffmpeg", "ffmpeg"), ("gstreamer", "gstreamer1.0-tools")])
def test_what_is_not_installed_says_what_to_install(name: str, package: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", f"mcu.bench.contenders.{name}", to_json(PEOPLE), "1"]
    done = subprocess.run(command, capture_output=True, env={"PATH": str(tmp_path)}, timeout=60, check=False)
    assert done.returncode == EXIT_ABSENT
    line = read_line(done.stdout)
    assert not isinstance(line, Result)
    assert line.name == name
    assert package in line.absent


def test_a_program_that_fails_says_its_last_words() -> None:
    failing = Program("failing", lambda _: ["/bin/sh", "-c", "echo no such thing >&2; exit 1"], "nut", "")
    with pytest.raises(ProgramFailed, match="no such thing"):
        child_program.measure(failing, PEOPLE, SECONDS)


def test_files_hold_the_very_streams(tmp_path: Path) -> None:
    people = sources(PEOPLE)
    tracks = [Track(source, picture) for source in people for picture in (True, False)]
    paced_files.write(tmp_path / "people.mkv", tracks, seconds=2.0)
    found: dict[int, list[tuple[float, bytes]]] = {index: [] for index in range(len(tracks))}
    with av.open(str(tmp_path / "people.mkv")) as container:
        for packet in container.demux():
            if packet.size:
                assert packet.pts is not None
                found[packet.stream.index].append((float(packet.pts * packet.time_base), bytes(packet)))
    for index, track in enumerate(tracks):
        source = track.source
        wanted = [coded.data for coded in source.pictures(2.0)] if track.picture else list(source.packets(2.0))
        assert [data for _, data in found[index]] == wanted
    moments = {round(found[index][0][0], 3) for index, track in enumerate(tracks) if track.picture}
    assert len(moments) == len(people)  # nobody's picture comes at the same moment as another's


def test_panes_are_what_the_server_shows() -> None:
    shown = panes(Workload(participants=30))
    assert [pane.participant for pane in shown] == list(range(30))
    for pane in shown:
        assert pane.left + pane.cut_width + pane.right == 320
        assert pane.top + pane.cut_height + pane.bottom == 180
        assert pane.cut_width / pane.cut_height == pytest.approx(pane.width / pane.height, rel=0.03)
    assert len(panes(Workload(participants=100))) == 36
    assert panes(Workload(audio_only=True)) == ()
