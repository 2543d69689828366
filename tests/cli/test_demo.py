"""`mcu demo` as a process: mistakes are one sentence, and nothing and nobody stays behind."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcu.cli import demo as command
from mcu.cli import ready_conference
from mcu.cli.demo import Options, busy
from mcu.config import Config
from tests.support.demo import announced, running_demo, shelf
from tests.support.server import ROOT, Server, free_port, running_server

pytestmark = pytest.mark.timeout(120)

COUNT = 3
KEY = "correct-horse-battery"
SOON = 15.0  # seconds for everything to be gone: a bound for a busy machine, not a measurement


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shelf(tmp_path_factory.getbasetemp() / "demo-clips", COUNT)


@pytest.fixture(scope="module")
def a_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all demos that only hear from it that it will not have them."""
    with running_server(tmp_path_factory.mktemp("server") / "var", {"MCU_API_KEY": KEY}) as server:
        yield server


def demo(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MCU_")}
    return subprocess.run(
        [sys.executable, "-m", "mcu", "demo", *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def until(condition: Callable[[], bool], seconds: float = SOON) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def descendants(pid: int) -> list[int]:
    """Children of any thread of the process, and theirs."""
    words = " ".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")).split()
    return [int(word) for word in words] + [deeper for word in words for deeper in descendants(int(word))]


def running(pid: int) -> bool:
    """Whether the process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def titles(server: Server) -> list[str]:
    return [conference["title"] for conference in server.get("/api/v1/conferences")["conferences"]]


def options(participants: int, server: str = "") -> Options:
    return Options(participants=participants, server=server, conference="", media=None, config_file=None, child=False)


@pytest.mark.parametrize(("participants", "fewer"), [(35, 23), (24, 16), (9, 6), (4, 3)])
def test_a_busy_machine_is_advised_fewer_people_than_there_are(participants: int, fewer: int) -> None:
    for line in busy(options(participants)).splitlines():
        assert line.endswith(f': make demo ARGS="--participants {fewer}"')
    on_a_server = busy(options(participants, "http://localhost:8080"))
    assert f'ARGS="--server http://localhost:8080 --participants {fewer}"' in on_a_server


@pytest.mark.parametrize("participants", [1, 2, 3])
def test_where_there_are_few_people_fewer_are_no_advice(participants: int) -> None:
    korean, english = busy(options(participants)).splitlines()
    assert korean.endswith("다른 프로그램을 닫으십시오.")
    assert english.endswith("Close other programs.")


@pytest.mark.parametrize(("child", "said"), [(False, 1), (True, 0)])  # beside a server of its own, that one says it
def test_that_a_server_is_busy_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], child: bool, said: int
) -> None:
    async def refused(*_: object, nobody: Callable[[str], None], **__: object) -> None:
        for code in ("", "busy", "busy", "busy"):
            nobody(code)

    monkeypatch.setattr(command, "run_demo", refused)
    monkeypatch.setattr(command, "die_with_parent", lambda: None)
    command.run(Config(), dataclasses.replace(options(24, "http://localhost:1"), child=child))
    printed = capsys.readouterr().out
    assert printed.count("The machine is too busy") == said
    assert printed.count("Nobody is in yet") == 4 - said


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    ended = demo("--server", f"http://localhost:{free_port()}", folder=tmp_path)
    assert ended.returncode == 2
    assert "does not answer (Connection refused). Start a server with `mcu serve`" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_an_address_without_a_scheme_is_one_sentence(tmp_path: Path) -> None:
    ended = demo("--server", "localhost:8080", folder=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr == "mcu: localhost:8080: the address of a server begins with http:// or https://\n"


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path, a_server: Server) -> None:
    ended = demo(folder=tmp_path, MCU_HTTP_PORT=str(a_server.http_port), MCU_MEDIA_PORT=str(free_port()))
    assert ended.returncode == 2
    assert f"TCP port {a_server.http_port} on" in ended.stderr
    assert "MCU_HTTP_PORT" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_missing_key_is_one_sentence(tmp_path: Path, a_server: Server) -> None:
    ended = demo("--server", a_server.url, folder=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.endswith("asks for its API key. Give it as MCU_API_KEY, or as [api] key in mcu.toml.\n")
    assert len(ended.stderr.splitlines()) == 1


def test_what_is_no_id_of_a_link_is_one_sentence(tmp_path: Path) -> None:
    ended = demo("--server", "http://localhost:1", "--conference", "nope", folder=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("mcu: --conference nope: not the id of a link.")
    assert len(ended.stderr.splitlines()) == 1


def test_an_unknown_conference_is_one_sentence(tmp_path: Path, clips: Path, a_server: Server) -> None:
    (tmp_path / "home" / "cache").mkdir(parents=True)
    (tmp_path / "home" / "cache" / "synthetic").symlink_to(clips)
    ended = demo(
        *("--server", a_server.url, "--conference", "a" * 22, "--participants", str(COUNT)),
        folder=tmp_path,
        MCU_SERVER_DATA_DIR=str(tmp_path / "home"),
        MCU_API_KEY=KEY,
    )
    assert ended.returncode == 2
    assert "does not let the participants in: no-such-conference" in ended.stderr
    assert "people are meeting" not in ended.stdout
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM])
def test_a_signal_ends_everything(tmp_path: Path, clips: Path, number: signal.Signals) -> None:
    with running_demo(tmp_path / "var", clips, COUNT) as server:
        announced(server)
        assert server.process is not None
        process, below = server.process, descendants(server.process.pid)
        assert len(below) >= 2
        process.send_signal(number)
        assert process.wait(SOON) == 0
        server.process = None
        assert not any(running(pid) for pid in below)
        assert "Traceback" not in "\n".join(server.lines)
        server.command = ("serve",)
        server.start()
        assert titles(server) == [ready_conference.TITLE]


def test_a_demo_on_a_running_server_leaves_it_as_it_was(tmp_path: Path, clips: Path) -> None:
    with running_server(tmp_path / "var") as server:
        cache = tmp_path / "var" / "cache"
        cache.mkdir(exist_ok=True)
        (cache / "synthetic").symlink_to(clips)
        process = subprocess.Popen(
            [sys.executable, "-m", "mcu", "demo", "--server", server.url, "--participants", str(COUNT)],
            cwd=ROOT,
            env=os.environ | {"MCU_SERVER_DATA_DIR": str(tmp_path / "var")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert until(lambda: sum_of_participants(server) == COUNT, 30)
            assert len(titles(server)) == 2
            process.send_signal(signal.SIGINT)
            assert process.wait(SOON) == 0
        finally:
            process.kill()  # nobody is there to be met any more, and it would wait for ever
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()
        assert titles(server) == [ready_conference.TITLE]


def sum_of_participants(server: Server) -> int:
    return sum(conference["participants"] for conference in server.get("/api/v1/conferences")["conferences"])


def test_when_the_meeting_is_ended_the_demo_ends(tmp_path: Path, clips: Path) -> None:
    with running_demo(tmp_path / "var", clips, COUNT) as server:
        announced(server)
        (conference,) = (
            line for line in server.get("/api/v1/conferences")["conferences"] if line["title"] != ready_conference.TITLE
        )
        server.delete(f"/api/v1/conferences/{conference['id']}")
        assert server.process is not None
        assert server.process.wait(SOON) == 0
        server.process = None


@pytest.mark.long
@pytest.mark.parametrize("making", [False, True], ids=["meeting", "making media"])
def test_a_killed_demo_leaves_no_orphan(tmp_path: Path, clips: Path, making: bool) -> None:
    (tmp_path / "empty").mkdir()
    with running_demo(tmp_path / "var", tmp_path / "empty" if making else clips, COUNT) as server:
        assert server.process is not None
        pid = server.process.pid
        if making:
            assert until(
                lambda: len(descendants(pid)) >= 5, 30
            )  # MP, participants, and of these a tracker, two workers
        else:
            announced(server)
        below = descendants(pid)
        server.kill(signal.SIGKILL)
        assert until(lambda: not any(running(child) for child in below))


def test_the_conference_of_a_killed_demo_is_ended_by_the_next(tmp_path: Path, clips: Path) -> None:
    with running_demo(tmp_path / "var", clips, COUNT) as server:
        first, _ = announced(server)
        server.kill(signal.SIGKILL)
        server.lines.clear()
        server.start()
        second, _ = announced(server)
        assert first != second
        assert len(titles(server)) == 2  # this one, and the ready one


@pytest.mark.long
def test_a_signal_ends_the_making_of_media(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with running_demo(tmp_path / "var", tmp_path / "empty", 24) as server:
        assert server.process is not None
        process = server.process
        assert until(lambda: len(descendants(process.pid)) >= 5, 30)
        below = descendants(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(2 * SOON) == 0
        server.process = None
        assert until(lambda: not any(running(child) for child in below))
        assert "Traceback" not in "\n".join(server.lines)
