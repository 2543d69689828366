"""The emulator's control connection: what it answers to right and wrong requests, and when it ends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from mcu.synthetic.network.emulator import MAX_REQUEST, Emulator, Report, Request
from mcu.synthetic.network.weather import Weather

ARP, IPV4 = bytes(12) + b"\x08\x06", bytes(12) + b"\x08\x00"


class FakeTap:
    """A card whose frames come from a socket pair."""

    def __init__(self) -> None:
        self.refused = 0
        self.outside, self._inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.outside.settimeout(5)

    def fileno(self) -> int:
        return self._inside.fileno()

    def read(self) -> Iterator[bytes]:
        yield self._inside.recv(2_000)

    def write(self, frame: bytes) -> None:
        self._inside.send(frame)


class Running:
    def __init__(self) -> None:
        self.near, self.far = FakeTap(), FakeTap()
        self.control, theirs = socket.socketpair()
        self.control.settimeout(5)
        self._lines = self.control.makefile("rb")
        emulator = Emulator(self.near, self.far, theirs, seed=1)  # type: ignore[arg-type]
        self.thread = threading.Thread(target=emulator.run)
        self.thread.start()

    def ask(self, line: bytes) -> Report:
        self.control.sendall(line + b"\n")
        return msgspec.json.decode(self._lines.readline(), type=Report)

    def end(self) -> None:
        self.control.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    made = Running()
    yield made
    made.end()


def test_frames_pass_both_ways(running: Running) -> None:
    running.near.outside.send(IPV4 + b"down")
    assert running.far.outside.recv(100) == IPV4 + b"down"
    running.far.outside.send(IPV4 + b"up")
    assert running.near.outside.recv(100) == IPV4 + b"up"
    assert running.ask(b"{}").down["left"] == 1


def test_what_is_not_internet_traffic_has_no_weather(running: Running) -> None:
    hole = msgspec.json.encode(Request(up=Weather(blackhole=True)))
    before = running.ask(hole)
    running.far.outside.send(ARP)
    assert running.near.outside.recv(100) == ARP
    after = running.ask(msgspec.json.encode(Request(up=Weather())))
    assert after.up["entered"] == before.up["entered"]


@pytest.mark.parametrize("line", [b"", b"rain", b'{"rain": 1}', b'{"up": {"loss": 7}}', b"\xff", b"[" * 5_000])
def test_a_wrong_request_changes_nothing_and_is_answered(running: Running, line: bytes) -> None:
    assert running.ask(line).error
    assert not running.ask(b"{}").error


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.binary(max_size=200).filter(lambda line: b"\n" not in line))
def test_any_request_is_answered(running: Running, line: bytes) -> None:
    assert running.ask(line).now > 0


def test_it_ends_on_a_request_without_end() -> None:
    made = Running()
    with contextlib.suppress(BrokenPipeError):
        made.control.sendall(b"x" * MAX_REQUEST)
    made.thread.join(5)
    assert not made.thread.is_alive()
