"""The process between two network cards of software: it carries frames from each to the other, through the weather.

Rules:
1. It ends when its control connection does, and the cards with it.
2. A request on the connection is one line of JSON, `Request`; the answer is one line, `Report`.
"""

from __future__ import annotations

import math
import select
import socket
import time

import msgspec

from mcu.synthetic.network.impairment import Line
from mcu.synthetic.network.tap import Tap
from mcu.synthetic.network.weather import Weather

LONGEST_SLEEP = 1.0  # seconds
MAX_REQUEST = 64 << 10  # bytes waiting for the end of their line
ETHER_TYPE = slice(12, 14)
INTERNET = (b"\x08\x00", b"\x86\xdd")  # IPv4, IPv6; what else there is (ARP) passes at once: a link is not its weather


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """New weather, None leaves it. `down` is from the near side to the far one, `up` back."""

    down: Weather | None = None
    up: Weather | None = None


class Report(msgspec.Struct, frozen=True):
    """Answers every request: when it was carried out, and what happened until then."""

    now: float  # monotonic seconds, the same clock in all processes of a machine
    down: dict[str, float]  # see Line.numbers
    up: dict[str, float]
    refused: int = 0  # frames that a card did not take
    late: float = 0.0  # seconds: the most that a frame left after it was due, since the last report
    error: str = ""  # of the request, which then changed nothing


class Emulator:
    """Runs in its own process, because it must be on time whatever others do."""

    def __init__(self, near: Tap, far: Tap, control: socket.socket, *, seed: int) -> None:
        self._near, self._far = near, far
        self._control = control
        self._down, self._up = Line(seed=seed), Line(seed=seed + 1)
        self._received = b""
        self._late = 0.0

    def run(self) -> None:
        """Until the control connection is closed."""
        near, far, control = (each.fileno() for each in (self._near, self._far, self._control))
        while True:
            now = time.monotonic()
            wait = min(self._down.next_timer(), self._up.next_timer()) - now
            ready, _, _ = select.select((near, far, control), (), (), min(LONGEST_SLEEP, max(0.0, wait)))
            now = time.monotonic()
            if near in ready:
                self._take(self._near, self._far, self._down, now)
            if far in ready:
                self._take(self._far, self._near, self._up, now)
            self._give(self._down, self._far, now)
            self._give(self._up, self._near, now)
            if control in ready and not self._listen(now):
                return

    def _take(self, source: Tap, target: Tap, line: Line, now: float) -> None:
        for frame in source.read():
            if frame[ETHER_TYPE] in INTERNET:
                line.push(frame, now)
            else:
                target.write(frame)

    def _give(self, line: Line, target: Tap, now: float) -> None:
        due = line.next_timer()
        if due < math.inf:
            self._late = max(self._late, now - due)
        for frame in line.take_due(now):
            target.write(frame)

    def _listen(self, now: float) -> bool:
        """Carry out what was asked; False when nobody is there any more."""
        data = self._control.recv(MAX_REQUEST)
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            self._control.sendall(msgspec.json.encode(self._answer(line, now)) + b"\n")
        return bool(data) and len(self._received) < MAX_REQUEST

    def _answer(self, text: bytes, now: float) -> Report:
        error = ""
        try:
            request = msgspec.json.decode(text, type=Request)
        except msgspec.DecodeError as wrong:
            error = str(wrong)
        else:
            if request.down is not None:
                self._down.change(request.down, now)
            if request.up is not None:
                self._up.change(request.up, now)
        late, self._late = self._late, 0.0
        return Report(
            now=now,
            down=self._down.numbers(now),
            up=self._up.numbers(now),
            refused=self._near.refused + self._far.refused,
            late=late,
            error=error,
        )
