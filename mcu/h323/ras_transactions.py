"""Requests that wait for the gatekeeper's answer: sent again by the timers of H.225.0 clause 7.19, then given up.

Rules:
1. A repetition has the same requestSeqNum. An answer counts once, from where the request went, and of the right kind.
2. RIP prolongs the wait by what it says, at most MAX_PROLONGED in all.
3. At most MAX_OUTSTANDING; the oldest of more is given up.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from mcu.h323.address import Address
from mcu.h323.ras_messages import Datagram, Fields

MAX_OUTSTANDING = 1_024  # ten calls a second while a gatekeeper is silent for all repetitions: 300
MAX_PROLONGED = 120.0  # seconds; each RIP adds 65 s at most

Done = Callable[[Datagram | None, float], None]


@dataclass(frozen=True, slots=True)
class Procedure:
    """A request: how long to wait for which answers, how often to repeat it."""

    seconds: float
    repetitions: int
    answers: tuple[str, ...]


# H.225.0 clause 7.19, table of recommended default timeout values.
PROCEDURES = {
    "gatekeeperRequest": Procedure(5.0, 2, ("gatekeeperConfirm", "gatekeeperReject")),
    "registrationRequest": Procedure(3.0, 2, ("registrationConfirm", "registrationReject")),
    "unregistrationRequest": Procedure(3.0, 1, ("unregistrationConfirm", "unregistrationReject")),
    "admissionRequest": Procedure(5.0, 2, ("admissionConfirm", "admissionReject")),
    "bandwidthRequest": Procedure(3.0, 2, ("bandwidthConfirm", "bandwidthReject")),
    "disengageRequest": Procedure(3.0, 2, ("disengageConfirm", "disengageReject")),
    "infoRequestResponse": Procedure(5.0, 2, ("infoRequestAck", "infoRequestNak")),
    "resourcesAvailableIndicate": Procedure(3.0, 2, ("resourcesAvailableConfirm",)),
}
NOT_UNDERSTOOD = "unknownMessageResponse"  # answers anything


@dataclass(slots=True)
class Transaction:
    """A request on its way."""

    name: str
    fields: Fields
    done: Done
    procedure: Procedure
    destination: Address
    from_anywhere: bool  # sent to a group: whoever answers
    deadline: float
    sent: int = 1
    prolonged: float = 0.0


class Transactions:
    """`send` is handed name, fields and destination of each message."""

    def __init__(self, send: Callable[[str, Fields, Address], None], rng: random.Random) -> None:
        self.repeated = 0
        self.unanswered = 0
        self._send = send
        self._sequence = rng.randrange(1, 65_536)
        self._outstanding: dict[int, Transaction] = {}

    def __len__(self) -> int:
        return len(self._outstanding)

    def begin(self, value: tuple[str, Fields], to: Address, done: Done, now: float, *, group: bool = False) -> int:
        """Send a request; `done` is called once with its answer, or with None. Returns its requestSeqNum."""
        if len(self._outstanding) >= MAX_OUTSTANDING:
            self._give_up(next(iter(self._outstanding)), now)
        name, fields = value
        sequence = self.next_sequence()
        procedure = PROCEDURES[name]
        sent = {"requestSeqNum": sequence} | fields
        self._outstanding[sequence] = Transaction(name, sent, done, procedure, to, group, now + procedure.seconds)
        self._send(name, sent, to)
        return sequence

    def tell(self, value: tuple[str, Fields], to: Address) -> None:
        """Send what nobody answers."""
        name, fields = value
        self._send(name, {"requestSeqNum": self.next_sequence()} | fields, to)

    def next_sequence(self) -> int:
        """A requestSeqNum that no outstanding request has."""
        while True:
            self._sequence = self._sequence % 65_535 + 1
            if self._sequence not in self._outstanding:
                return self._sequence

    def answered(self, datagram: Datagram, source: Address) -> Transaction | None:
        """The request that this answers, which is over with that; None for none."""
        transaction = self._of(datagram.sequence, source)
        if transaction is None or datagram.name not in (*transaction.procedure.answers, NOT_UNDERSTOOD):
            return None
        del self._outstanding[datagram.sequence]
        return transaction

    def prolong(self, sequence: int, delay: float, source: Address, now: float) -> bool:
        """RIP came (clause 7.19). False if no request waits for it."""
        transaction = self._of(sequence, source)
        if transaction is None:
            return False
        delay = min(delay, MAX_PROLONGED - transaction.prolonged)
        if delay > 0:
            transaction.prolonged += delay
            transaction.deadline = max(transaction.deadline, now + delay)
        return True

    def redirect(self, to: Address) -> None:
        """Another gatekeeper is ours: what is outstanding goes there when it is repeated."""
        for transaction in self._outstanding.values():
            transaction.destination = to

    def abandon(self, *names: str) -> None:
        """Forget the outstanding requests of these names, without calling anybody."""
        self._outstanding = {n: one for n, one in self._outstanding.items() if one.name not in names}

    def expects(self, source: Address) -> bool:
        """Whether an answer may come from there."""
        return any(_may_answer(one, source) for one in self._outstanding.values())

    def handle_timer(self, now: float) -> None:
        due = [sequence for sequence, one in self._outstanding.items() if one.deadline <= now]
        for sequence in due:
            transaction = self._outstanding.get(sequence)
            if transaction is None:  # what was given up before it took it along
                continue
            if transaction.sent > transaction.procedure.repetitions:
                self._give_up(sequence, now)
                continue
            transaction.sent += 1
            transaction.deadline = now + transaction.procedure.seconds
            self.repeated += 1
            self._send(transaction.name, transaction.fields, transaction.destination)

    def next_timer(self) -> float | None:
        return min((one.deadline for one in self._outstanding.values()), default=None)

    def _of(self, sequence: int, source: Address) -> Transaction | None:
        transaction = self._outstanding.get(sequence)
        return transaction if transaction is not None and _may_answer(transaction, source) else None

    def _give_up(self, sequence: int, now: float) -> None:
        transaction = self._outstanding.pop(sequence)
        self.unanswered += 1
        transaction.done(None, now)


def _may_answer(transaction: Transaction, source: Address) -> bool:
    """GRQ may go to one port of a gatekeeper (1718) and be answered from another (1719)."""
    if transaction.from_anywhere:
        return True
    if transaction.name == "gatekeeperRequest":
        return source.ip == transaction.destination.ip
    return source == transaction.destination
