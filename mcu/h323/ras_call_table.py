"""The calls that a gatekeeper may ask about, each with how far its admission is."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mcu.h323.address import Address
from mcu.h323.ras_events import CallFacts
from mcu.h323.ras_messages import CallRequest, InfoRequest
from mcu.h323.ras_requests import RunningCall

MAX_CALLS = 1_000  # known here at once; more than any one server takes


class Phase(enum.StrEnum):
    WAITING = "waiting"  # for a registration
    ASKED = "asked"  # ARQ is on its way
    ADMITTED = "admitted"  # by ACF
    FREE = "free"  # goes on without being asked about: preGrantedARQ, or no gatekeeper
    LEFT = "left"  # over before the answer to ARQ, which must be followed by DRQ


@dataclass(slots=True)
class Entry:
    facts: CallFacts
    phase: Phase
    bandwidth: int  # bit/s that were granted
    deadline: float = 0.0  # of WAITING
    asked_as: str = ""  # our endpointIdentifier in ARQ
    asked_at: Address | None = None  # where ARQ went
    asked_again: bool = False
    routed: bool = False
    irr_interval: float = 0.0  # seconds, 0 for none
    irr_answered: bool = False
    next_irr: float | None = None

    @property
    def runs(self) -> bool:
        return self.phase in {Phase.ADMITTED, Phase.FREE}

    @property
    def running(self) -> RunningCall:
        return RunningCall(self.facts, self.bandwidth, self.routed)


class CallTable:
    """Calls by the owner's name for them."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def is_full(self) -> bool:
        return len(self._entries) >= MAX_CALLS

    def add(self, entry: Entry) -> None:
        self._entries[entry.facts.call] = entry

    def remove(self, entry: Entry) -> None:
        if self.has(entry):
            del self._entries[entry.facts.call]

    def get(self, call: str) -> Entry | None:
        return self._entries.get(call)

    def has(self, entry: Entry) -> bool:
        """Whether this is still the call of that name."""
        return self._entries.get(entry.facts.call) is entry

    def all(self) -> list[Entry]:
        return list(self._entries.values())

    def waiting(self) -> list[Entry]:
        return [entry for entry in self._entries.values() if entry.phase is Phase.WAITING]

    def of_request(self, request: CallRequest) -> Entry | None:
        """The call that BRQ or DRQ means. Older gatekeepers do not say which side of a call to ourselves."""
        found = [entry for entry in self._entries.values() if _is_of(entry.facts, request)]
        exact = [entry for entry in found if entry.facts.answering == request.answered]
        return next(iter(exact or found), None)

    def of_inquiry(self, request: InfoRequest) -> list[Entry]:
        """The running calls that IRQ means: one (or both sides of it), or all."""
        running = [entry for entry in self._entries.values() if entry.runs]
        if any(request.call_identifier):
            return [entry for entry in running if entry.facts.call_identifier == request.call_identifier]
        return [entry for entry in running if request.reference in {0, entry.facts.reference}]


def _is_of(facts: CallFacts, request: CallRequest) -> bool:
    """By callIdentifier; the first version of H.225.0 had none."""
    if any(request.call_identifier):
        return facts.call_identifier == request.call_identifier
    same_conference = facts.conference_identifier == request.conference_identifier
    return same_conference and facts.reference == request.reference
