"""A real server and a real load of two people."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from mcu.bench import cpu
from mcu.bench.contender import Absent, Result, read_line
from mcu.bench.result_file import require_writable
from mcu.bench.server import ServerFailed, running_server
from mcu.bench.stretch import StretchFailed, loaded_server, measure, run_contender
from mcu.bench.workload import Composite, Workload
from mcu.errors import ConfigurationError, ProtocolError

SMALL = Workload(
    name="small",
    participants=2,
    viewers=1,
    speakers=1,
    width=160,
    height=90,
    fps=10,
    bitrate=60_000,
    composite=Composite(width=320, height=180, fps=10, bitrate=200_000),
)


def test_two_people_and_a_viewer_on_a_real_server() -> None:
    with loaded_server(SMALL) as (server, load, opened):
        assert opened.participants == 3
        processors = server.processors()
        assert len(processors) == 1
        assert set(processors) < set(server.pids())
        while server.metrics().sum("mcu_legs") < 3:  # the MP reports every two seconds
            time.sleep(0.1)
        stretch = measure(server, load, opened, 2.5)
        left = [server.pid, *processors, load.pid]
    assert stretch.cpu_seconds > 0
    assert stretch.rss_bytes > 10 << 20
    assert {"main", "compose", "decode-0", "mc"} <= set(stretch.threads)
    assert sum(stretch.threads.values()) == pytest.approx(stretch.rate, abs=0.05)
    assert stretch.video_encoders == 1
    assert stretch.counted.packets_received > 0
    assert stretch.counted.packets_sent > 0
    assert stretch.packet is not None
    assert stretch.load.connected == 3
    assert sum(stretch.load.asked.values()) == 2  # the viewer has nothing to send
    assert stretch.load.packets_received > 0
    assert stretch.load.packets_sent > 0
    assert not any(cpu.of_process(pid) for pid in left)


def test_the_floor_of_two_people() -> None:
    result = run_contender("floor", SMALL, 1.0)
    assert isinstance(result, Result)
    assert (result.name, result.participants) == ("floor", 2)
    assert result.seconds >= 1.0
    assert 0 < result.cpu_seconds < 10
    assert result.ticks >= 10


def test_a_contender_that_is_none_says_why() -> None:
    with pytest.raises(StretchFailed, match="nobody"):
        run_contender("nobody", SMALL, 1.0)


def test_a_contender_that_is_stopped_leaves_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []

    class Stopped:
        """Has written something when Ctrl-C comes."""

        def __init__(self, *_: object, env: dict[str, str], **__: object) -> None:
            folders.append(Path(env["TMPDIR"]))
            (folders[0] / "people.mkv").touch()
            self._calls = 0

        def communicate(self) -> None:
            self._calls += 1
            if self._calls == 1:
                raise KeyboardInterrupt

        def kill(self) -> None:
            pass

    monkeypatch.setattr(subprocess, "Popen", Stopped)
    with pytest.raises(KeyboardInterrupt):
        run_contender("ffmpeg", SMALL, 1.0)
    assert folders
    assert not folders[0].exists()


def test_a_file_that_cannot_be_written_is_refused_before_measuring(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="--output"):
        require_writable(tmp_path / "file" / "bench.json")
    require_writable(tmp_path / "new" / "bench.json")
    assert not list((tmp_path / "new").iterdir())


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(ServerFailed, match="FPS"), running_server(SMALL, settings={"MCU_PICTURE_FPS": "9999"}):
        pass


def test_settings_of_the_surroundings_do_not_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCU_PICTURE_FPS", "9999")
    with running_server(SMALL) as server:
        environment = Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0")
        assert b"MCU_PICTURE_FPS=10" in environment
        assert server.pid != os.getpid()


@pytest.mark.parametrize(
    "line", ["", "{}", "[]", '{"name": "x"}', '{"absent": 1}', "\xff", '{"name":"x","absent":null}']
)
def test_what_is_no_result_is_refused(line: str) -> None:
    with pytest.raises(ProtocolError):
        read_line(line)


def test_a_contender_may_be_absent() -> None:
    line = json.dumps({"name": "ffmpeg", "absent": "FFmpeg is not installed"})
    assert read_line(line) == Absent(name="ffmpeg", absent="FFmpeg is not installed")
