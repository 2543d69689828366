"""Master-slave determination (MSDSE, H.245 annex C.2): which side decides when both want what cannot be.

| state    | MSD received        | Ack                 | Reject              | Release | T106          |
|----------|---------------------|---------------------|---------------------|---------|---------------|
| idle     | answer → incoming   | nothing             | nothing             | nothing | -             |
| outgoing | answer → incoming   | answer → determined | new number, again   | failed  | Release, again|
| incoming | answer, stay        | → determined        | new number, again   | failed  | Release, again|

Rules:
1. An Ack carries the role of its receiver; so the one that answers an Ack with an Ack has heard its own in it.
2. Equal terminal types are told apart by random numbers; numbers that cannot be told apart are drawn again, N100 times.
3. A determination may be repeated at any time, and may come out otherwise.
4. An Ack that contradicts what we worked out is believed and counted: one truth is better than two.
5. A peer that answers without ever sending its own is heard (state "outgoing" alone sees that).
"""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass

from mcu.h323.h245_messages import (
    MasterSlaveDetermination,
    MasterSlaveDeterminationAck,
    MasterSlaveDeterminationReject,
    MasterSlaveDeterminationRelease,
    Message,
)
from mcu.h323.h245_procedure import Procedure

T106 = 10.0  # seconds until an answer; annex C leaves it to us
N100 = 10  # numbers drawn for one determination; two in 2**24 are alike once
MAX_SILENT = 2  # determinations without any answer, before it is given up
NUMBERS = 1 << 24
OPPOSITE = {"master": "slave", "slave": "master"}


@dataclass(frozen=True, slots=True)
class Determined:
    is_master: bool


@dataclass(frozen=True, slots=True)
class DeterminationFailed:
    detail: str


class State(enum.Enum):
    IDLE = "idle"
    OUTGOING = "outgoing awaiting response"
    INCOMING = "incoming awaiting response"


class MasterSlave(Procedure[Determined | DeterminationFailed]):
    """The procedure of one call, both ways."""

    def __init__(self, *, terminal_type: int, rng: random.Random) -> None:
        super().__init__()
        self.is_master: bool | None = None  # None until it is determined
        self.state = State.IDLE
        self.inconsistent = 0  # Acks that said otherwise than our own calculation
        self._terminal_type = terminal_type
        self._rng = rng
        self._number = rng.randrange(NUMBERS)
        self._drawn = self._silent = 0
        self._role = ""  # "master" or "slave", as we told the peer in state INCOMING

    def start(self, now: float) -> None:
        """Ask the peer. While a determination runs, that one stands."""
        if self.state is State.IDLE:
            self._drawn = self._silent = 0
            self._ask(now)

    def receive(self, message: Message, now: float) -> None:
        """A message of this procedure, whenever it comes."""
        match message:
            case MasterSlaveDetermination(terminal_type, number):
                self._answer(terminal_type, number, now)
            case MasterSlaveDeterminationAck(decision):
                self._acknowledged(decision)
            case MasterSlaveDeterminationReject():
                self._rejected(now)
            case MasterSlaveDeterminationRelease() if self.state is not State.IDLE:
                self._fail("the peer gave up")

    def handle_timer(self, now: float) -> None:
        if not self._timer_ran_out(now):
            return
        self._messages.append(MasterSlaveDeterminationRelease())
        self._silent += 1
        if self._silent < MAX_SILENT:
            self._ask(now)
        else:
            self._fail("T106: no answer")

    def _ask(self, now: float) -> None:
        if self._drawn >= N100:
            self._fail("N100: numbers cannot be told apart")
            return
        self._drawn += 1
        self._number = self._rng.randrange(NUMBERS)
        self._messages.append(MasterSlaveDetermination(self._terminal_type, self._number))
        self.state = State.OUTGOING
        self._deadline = now + T106

    def _answer(self, terminal_type: int, number: int, now: float) -> None:
        role = self._role_against(terminal_type, number)
        if role:
            self._role = role
            self._messages.append(MasterSlaveDeterminationAck(OPPOSITE[role]))
            self.state = State.INCOMING
            self._deadline = now + T106
        elif self.state is State.IDLE:
            self._number = self._rng.randrange(NUMBERS)  # or a peer that keeps its own would be rejected for ever
            self._messages.append(MasterSlaveDeterminationReject())
        else:
            self._ask(now)

    def _role_against(self, terminal_type: int, number: int) -> str:
        """Our role (C.2.2 and table C.1), "" where it cannot be told."""
        if terminal_type != self._terminal_type:
            return "master" if self._terminal_type > terminal_type else "slave"
        ahead = (number - self._number) % NUMBERS
        if ahead in {0, NUMBERS // 2}:
            return ""
        return "master" if ahead < NUMBERS // 2 else "slave"

    def _acknowledged(self, decision: str) -> None:
        if self.state is State.IDLE:
            return
        if self.state is State.INCOMING and decision != self._role:
            self.inconsistent += 1
        if self.state is State.OUTGOING:
            self._messages.append(MasterSlaveDeterminationAck(OPPOSITE[decision]))
        self._end()
        self.is_master = decision == "master"
        self._events.append(Determined(self.is_master))

    def _rejected(self, now: float) -> None:
        if self.state is not State.IDLE:
            self._ask(now)

    def _fail(self, detail: str) -> None:
        self._end()
        self._events.append(DeterminationFailed(detail))

    def _end(self) -> None:
        self.state = State.IDLE
        self._deadline = None
