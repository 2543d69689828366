"""What the dispatcher and all kinds of participants share: how they are driven, how they fail, whom they know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from loadtests.agent.ledger import Ledger
from loadtests.agent.media import Wardrobe
from loadtests.agent.proceedings import Proceedings
from loadtests.findings import Inspection
from loadtests.recording import Known, Recording, Sent
from loadtests.wire import Act, Happened
from mcu.errors import McuError
from mcu.synthetic.clips import Clip
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate

MAX_STRANGERS = 8  # of those who speak in other conferences, sought in each check: each costs the judges as much as one

KNOWN_BEFORE = 10.0  # seconds before a check of which is told what was known: longer than words may be under way


class Failed(McuError):
    """A command could not be done; `kind` is one of those of `wire.Reply.failed`."""

    def __init__(self, kind: str, detail: str = "", figures: Mapping[str, float] | None = None) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
        self.figures = dict(figures or {})


class Member(Protocol):
    """One participant of the agent. Everything but `vanish` and `sent` may raise Failed.

    `enter` first, once, which may take as long as it was given patience; `leave` or `vanish` at any time after its
    beginning, and what is still waited for then fails with "gone".
    """

    @property
    def who(self) -> int: ...
    @property
    def address(self) -> str: ...  # where it can be called, "" for who cannot be
    @property
    def connected(self) -> bool: ...  # media flows now
    @property
    def counters(self) -> Mapping[str, int]: ...  # datagrams "received", "sent", "overflowed"; media "skipped"
    @property
    def proceedings(self) -> Proceedings | None: ...  # what the server tells it; None for kinds that are told nothing
    @property
    def speech(self) -> Clip | None: ...  # the loop of speaking; None for who never speaks

    async def enter(self) -> Mapping[str, float]: ...
    async def act(self, act: Act) -> Mapping[str, float]: ...
    async def check(self, seconds: float) -> Inspection: ...
    async def leave(self) -> Mapping[str, float]: ...
    async def vanish(self) -> None: ...
    def sent(self, begin: float, end: float) -> Sent: ...  # between two times
    def note_aloud(self) -> None: ...  # look whether it speaks so that others must hear it: who is muted has changed


class Judge(Protocol):
    """See `loadtests.checks.worker.Inspector`."""

    async def inspect(self, recording: Recording, loops: Mapping[int, Clip]) -> Inspection: ...


@dataclass
class Company:
    """What the participants of an agent have in common."""

    stage: Stage
    certificate: Certificate
    wardrobe: Wardrobe
    judge: Judge
    start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]  # in a group that outlives the participants
    tell: Callable[[Happened], None]
    dismiss: Callable[[Member], None]  # it is over for this participant, and nobody asked for it
    members: dict[int, Member] = field(default_factory=dict)  # by number
    ledger: Ledger = field(default_factory=Ledger)  # what the agent knows of them on its own account

    def proceedings_of(self, member: Member) -> Proceedings | None:
        """What is told to this participant, or to another of the agent in the same conference."""
        if member.proceedings is not None:
            return member.proceedings
        teller = self._teller(member)
        return teller.proceedings if teller is not None else None

    def around(self, member: Member) -> list[Member]:
        """All participants of the agent that are in the same conference, with itself: by the roster, or without it."""
        teller = self._teller(member)
        told, near = (teller.proceedings, teller.who) if teller is not None else (None, member.who)
        return [
            other
            for other in self.members.values()
            if other is member or (told is not None and told.lists(other.who)) or self.ledger.together(near, other.who)
        ]

    def known(self, member: Member, begin: float, end: float) -> tuple[Known, ...]:
        """Of all who are where this participant is; nothing where who is told of them was away meanwhile."""
        teller = self._teller(member)
        if teller is None or not self.ledger.is_steady(teller.who, begin, end):
            return ()
        return self.ledger.known(self.ledger.place(teller.who), begin - KNOWN_BEFORE, end)

    def _teller(self, member: Member) -> Member | None:
        """Who is told of the conference: the participant itself, or another one whom the server tells of it."""
        if member.proceedings is not None:
            return member
        tellers = [other for other in self.members.values() if other.proceedings is not None]
        told = (other for other in tellers if other.proceedings is not None and other.proceedings.lists(member.who))
        near = (other for other in tellers if self.ledger.together(other.who, member.who))
        return next(told, None) or next(near, None)

    def note_aloud(self) -> None:
        """Somebody may speak who might not, or the other way round."""
        for member in self.members.values():
            member.note_aloud()

    def note_untold(self) -> None:
        """Somebody was told of a line, which may be that of who is told nothing: of each message, so of no others."""
        for member in self.members.values():
            if member.proceedings is None:
                member.note_aloud()

    async def judged(self, member: Member, recording: Recording) -> Inspection:
        """Hand a recording to the judges, with the voices of all who may be in it, or must not."""
        near = self.around(member)
        far = [
            other
            for other in self.members.values()
            if other not in near and other.sent(recording.begin, recording.end).speaking
        ]
        people = (*near, *far[:MAX_STRANGERS])
        loops = {other.who: clip for other in people if (clip := other.speech) is not None}
        return await self.judge.inspect(recording, loops)
