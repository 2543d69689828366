"""Which server is tried, and one of our own: a real one, started and started again."""

from __future__ import annotations

import shlex
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests import own_server
from loadtests.own_server import OwnServer, gateway_of, listens, restart, wants_own_server
from loadtests.rest import Server
from mcu.bench import server_process
from mcu.errors import ConfigurationError
from tests.loadtests.fakes import options
from tests.loadtests.rest_server import running


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_server_of_our_own_is_started_and_started_again() -> None:
    own = OwnServer()
    try:
        server = Server(own.address)
        assert server.ready().ready
        made = server.create("부하 시험", capacity=200)
        assert made.capacity == 200
        host, _, gateway_port = own.gateway.rpartition(":")
        assert listens(host, int(gateway_port))
        assert restart(options(own_server=True), own, ready=lambda: server.ready().ready) == ""
        assert server.find(made.link).id == made.id  # the conference is still there
    finally:
        own.close()
    assert not listens("127.0.0.1", int(own.address.rpartition(":")[2]))


def test_a_server_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_server, "MOST_PARTICIPANTS", 100_000)
    with pytest.raises(
        ConfigurationError, match=r"did not start: it ended with exit code \d+.(.|\n)*MAX_PARTICIPANTS"
    ) as refused:
        OwnServer()
    assert "서버가 스스로 끝났습니다(exit code" in str(refused.value)


def test_a_server_that_is_still_starting_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_process, "START_SECONDS", 0.2)
    monkeypatch.setattr(server_process, "leashed", lambda *_: [sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(
        ConfigurationError, match=r"still starting after 0.2 s .*cores, load average.*wrote nothing"
    ) as refused:
        OwnServer()
    assert "아직 시작하는 중이었습니다" in str(refused.value)


def test_who_wants_which(monkeypatch: pytest.MonkeyPatch) -> None:
    there = True
    monkeypatch.setattr(own_server, "listens", lambda host, port: there)
    assert wants_own_server(options(host="", own_server=True))
    assert not wants_own_server(options(host="https://meet.example.kr"))
    assert not wants_own_server(options(host=""))
    there = False
    assert wants_own_server(options(host=""))
    assert not wants_own_server(options(host="https://meet.example.kr"))
    with pytest.raises(ConfigurationError, match="leave one of them out"):
        wants_own_server(options(own_server=True))


def test_the_gateway_that_was_named(port: int) -> None:
    assert gateway_of(options(gateway=f"127.0.0.1:{port}"), None) == f"127.0.0.1:{port}"


@pytest.mark.parametrize("written", ["127.0.0.1", "1720", "host:", ":1720", "host:h323"])
def test_a_gateway_that_cannot_be_read(written: str) -> None:
    with pytest.raises(ConfigurationError, match="HOST:PORT"):
        gateway_of(options(gateway=written), None)


def test_the_gateway_of_the_server(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(own_server, "GATEWAY_PORT", port)
    assert gateway_of(options(host="http://127.0.0.1:8080"), None) == f"127.0.0.1:{port}"
    assert gateway_of(options(host="http://[::1]:8080"), None) == ""  # nobody listens at that address


def test_a_server_without_a_conference_to_make(port: int) -> None:
    """An existing conference is entered by its link: the key of REST is not asked for."""
    with running(key="right") as fake:
        own_server.look(options(host=fake.address, conference="L" * 22))
        with pytest.raises(ConfigurationError, match="API key"):
            own_server.look(options(host=fake.address))


def test_a_command_restarts_the_server(tmp_path: Path) -> None:
    trace = tmp_path / "restarted"
    command = f"{shlex.quote(sys.executable)} -c \"open({str(trace)!r}, 'w')\""
    asked = options("mass-reconnect", restart_command=command)
    assert restart(asked, None, ready=trace.exists) == ""
    assert "not ready" in restart(asked, None, ready=lambda: False)


@pytest.mark.parametrize("command", ["false", "/no/such/program", "unclosed '"])
def test_a_command_that_fails(command: str) -> None:
    asked = options("mass-reconnect", restart_command=command)
    assert "was not restarted" in restart(asked, None, ready=lambda: True)
