"""Capability exchange (CESE, H.245 annex C.3): our set to the peer until it is acknowledged, and its set to us.

| state    | Ack of our last    | Reject of our last | T101                                |
|----------|--------------------|--------------------|-------------------------------------|
| idle     | nothing            | nothing            | -                                   |
| awaiting | → idle, accepted   | → idle, refused    | Release, and again (MAX_TRIES), else → idle, failed |

Rules:
1. Either side may send a set at any time; the last one counts. Answers to an earlier one of ours are not looked at.
2. Every set of the peer is acknowledged at once. An empty one wants nothing sent (H.323 clause 8.4.6).
3. We say the lower of our edition of H.245 and the peer's, once that is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcu.h323 import capabilities
from mcu.h323.capabilities import CapabilitySet
from mcu.h323.h245_messages import (
    Message,
    TerminalCapabilitySet,
    TerminalCapabilitySetAck,
    TerminalCapabilitySetReject,
    TerminalCapabilitySetRelease,
)
from mcu.h323.h245_procedure import Procedure

Value = Any  # as in mcu.h323.asn1

T101 = 15.0  # seconds until an answer; large sets take some terminals a while
MAX_TRIES = 2
PROTOCOL: tuple[int, ...] = (0, 0, 8, 245, 0, 13)


@dataclass(frozen=True, slots=True)
class OurSetAccepted:
    pass


@dataclass(frozen=True, slots=True)
class OurSetRefused:
    cause: str  # as in TerminalCapabilitySetReject; "T101" for no answer


@dataclass(frozen=True, slots=True)
class TheirSet:
    """What the peer can receive from now on; None for the empty set."""

    capabilities: CapabilitySet | None


class CapabilityExchange(Procedure[OurSetAccepted | OurSetRefused | TheirSet]):
    """The procedure of one call, both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.theirs: CapabilitySet | None = None  # the last that was not empty
        self._table: Value = {}  # the last fields that the peer told
        self._protocol = PROTOCOL
        self._sequence = 0
        self._tries = 0
        self._ours: Value = {}

    @property
    def is_waiting(self) -> bool:
        """Whether our set is not yet answered."""
        return self._deadline is not None

    @property
    def is_told(self) -> bool:
        """Whether the peer was told anything yet."""
        return self._tries > 0

    def send(self, ours: Value, now: float) -> None:
        """Tell the peer `ours`, the fields of a TerminalCapabilitySet; {} asks it to send nothing."""
        self._ours = ours
        self._tries = 0
        self._send(now)

    def receive(self, message: Message, now: float) -> None:
        """A message of this procedure, whenever it comes."""
        match message:
            case TerminalCapabilitySet():
                self._take(message)
            case TerminalCapabilitySetAck(sequence) if sequence == self._sequence and self.is_waiting:
                self._deadline = None
                self._events.append(OurSetAccepted())
            case TerminalCapabilitySetReject(sequence, cause) if sequence == self._sequence and self.is_waiting:
                self._deadline = None
                self._events.append(OurSetRefused(cause))

    def handle_timer(self, now: float) -> None:
        if not self._timer_ran_out(now):
            return
        self._messages.append(TerminalCapabilitySetRelease())
        if self._tries < MAX_TRIES:
            self._send(now)
        else:
            self._events.append(OurSetRefused("T101"))

    def _send(self, now: float) -> None:
        self._tries += 1
        self._sequence = (self._sequence + 1) % 256
        self._messages.append(TerminalCapabilitySet(self._sequence, self._protocol, self._ours))
        self._deadline = now + T101

    def _take(self, message: TerminalCapabilitySet) -> None:
        self._messages.append(TerminalCapabilitySetAck(message.sequence))
        if message.protocol[:5] == PROTOCOL[:5] and len(message.protocol) == len(PROTOCOL):
            self._protocol = min(PROTOCOL, message.protocol)
        if capabilities.is_empty(message.capabilities):
            self._events.append(TheirSet(None))
            return
        # A set may change only a part: what it does not name stays as it was.
        self._table = {**self._table, **message.capabilities}
        self.theirs = capabilities.parse(self._table)
        self._events.append(TheirSet(self.theirs))
