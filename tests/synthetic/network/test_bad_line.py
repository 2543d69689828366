"""Two real namespaces with the emulator between them: delay, loss and a black hole, changed while packets fly."""

from __future__ import annotations

import os
import socket
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mcu.errors import ConfigurationError
from mcu.synthetic.network import namespaces
from mcu.synthetic.network.bad_line import FAR_IP, NEAR_IP, BadLine
from mcu.synthetic.network.namespaces import refusal
from mcu.synthetic.network.weather import Weather

pytestmark = [pytest.mark.network, pytest.mark.skipif(bool(refusal()), reason=refusal())]

PORT = 20_000
SOON = 2.0  # seconds: a generous bound for a busy machine
UNTOUCHED = os.readlink("/proc/self/ns/net")


@dataclass(frozen=True)
class Ends:
    line: BadLine
    near: socket.socket
    far: socket.socket

    def round_trips(self, count: int, *, patience: float = SOON) -> list[float]:
        """Seconds of each that came back."""
        found = []
        for index in range(count):
            begin = time.monotonic()
            self.far.sendto(index.to_bytes(4, "big"), (NEAR_IP, PORT))
            self.near.settimeout(patience)
            self.far.settimeout(patience)
            try:
                data, source = self.near.recvfrom(100)
                self.near.sendto(data, source)
                assert self.far.recv(100) == index.to_bytes(4, "big")
            except TimeoutError:
                continue
            found.append(time.monotonic() - begin)
        return found


@pytest.fixture(scope="module")
def ends() -> Iterator[Ends]:
    def opened(ip: str) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((ip, PORT))
        return made

    with BadLine(seed=5) as line:
        near, far = line.near.call(lambda: opened(NEAR_IP)), line.far.call(lambda: opened(FAR_IP))
        with near, far:
            yield Ends(line, near, far)


def test_a_round_trip_takes_both_delays(ends: Ends) -> None:
    ends.line.change(down=Weather(delay=0.03), up=Weather(delay=0.05))
    found = ends.round_trips(10)
    assert len(found) == 10
    assert min(found) >= 0.08
    assert statistics.median(found) < 0.12  # the emulator's own part, on a busy machine


def test_what_the_dice_lose_is_counted(ends: Ends) -> None:
    ends.line.change_both(Weather())
    before = ends.line.report()
    ends.line.change(up=Weather(loss=0.3))
    received = 0
    for first in range(0, 1_000, 50):  # fewer at once than the kernel's queues hold: they are not under test
        for _ in range(50):
            ends.far.sendto(b"packet", (NEAR_IP, PORT))
        while (report := ends.line.report()).up["entered"] < before.up["entered"] + first + 50:
            pass
        lost = report.up["lost"] - before.up["lost"]
        while received < first + 50 - lost:
            assert ends.near.recv(100) == b"packet"
            received += 1
    assert 240 <= 1_000 - received <= 360


def test_nothing_passes_a_black_hole_until_it_is_gone(ends: Ends) -> None:
    ends.line.change_both(Weather(blackhole=True))
    assert ends.round_trips(2, patience=0.1) == []
    ends.line.change_both(Weather())
    assert len(ends.round_trips(3)) == 3


def test_a_bottleneck_delays_what_stands_in_line(ends: Ends) -> None:
    ends.line.change_both(Weather())
    ends.line.change(up=Weather(rate=80_000))
    begin = time.monotonic()
    for _ in range(5):
        ends.far.sendto(bytes(958), (NEAR_IP, PORT))  # 1000 bytes with its headers: 0.1 s
    ends.near.settimeout(SOON)
    for _ in range(5):
        ends.near.recv(2_000)
    assert time.monotonic() - begin >= 0.5
    assert ends.line.report().up["queue_full"] == 0


def test_a_line_that_has_ended_says_so() -> None:
    line = BadLine()
    line.close()
    with pytest.raises(ConfigurationError, match="ended"):
        line.report()


def test_the_callers_own_network_is_left_alone(ends: Ends) -> None:
    assert os.readlink("/proc/self/ns/net") == UNTOUCHED
    assert os.readlink(f"/proc/{ends.line.pid}/ns/net") != UNTOUCHED


def test_a_command_that_does_not_end_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "COMMAND_SECONDS", 0.01)
    with pytest.raises(ConfigurationError, match="no end"):
        namespaces._run(["sleep", "60"], ())
