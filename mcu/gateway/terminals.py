"""Terminals behind a bridge (H.243): their names on the bridge's line of the roster, and ours told to the bridge.

Rules:
1. Names are cleaned like those of persons; MOST_LABELS are shown, and told at most once in PAUSE seconds.
2. A bridge is numbered by its seat in the conference, and told who else is there; a terminal is not.
3. The chair of a conference is a person: a call that asks for the chair's token is refused at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import structlog

from mcu.conference import commands as c
from mcu.conference.events import ParticipantChanged, ParticipantJoined, ParticipantLeft
from mcu.conference.participant import Participant
from mcu.controller.member import Admitted, News
from mcu.errors import StorageError
from mcu.gateway.names import shortened
from mcu.h323.call import Call
from mcu.h323.events import Answered, ChairTokenAsked, ControlReady, Event, IncomingCall, PartyChanged, TerminalLabel
from mcu.h323.multipoint import MAX_TERMINALS, Label

MOST_LABELS = 32  # as many as a bridge has places in its picture
PAUSE = 0.5  # seconds; the names of a bridge's terminals come one by one
OUR_NUMBER = 1  # of this bridge, among bridges

ToCall = Callable[[Callable[[Call, float], object]], object]  # CallDriver.do, with the call
ToConference = Callable[[c.Command], Awaitable[object]]  # a refusal is not raised

log = structlog.get_logger()


class Terminals:
    """Given all events of a call and all news of its conference."""

    def __init__(
        self, *, to_call: ToCall, to_conference: ToConference, spawn: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        self._to_call = to_call
        self._to_conference = to_conference
        self._spawn = spawn
        self._theirs: dict[Label, str] = {}
        self._roster: dict[str, Participant] = {}
        self._me = ""
        self._is_bridge = self._is_ready = False
        self._is_entered = self._is_telling = False
        self._told: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """What is behind the bridge, by number."""
        return tuple(self._theirs[label] for label in sorted(self._theirs))[:MOST_LABELS]

    def call_event(self, event: Event) -> None:
        match event:
            case TerminalLabel(mcu, terminal, name):
                self._theirs.pop((mcu, terminal), None)
                cleaned = shortened(name)
                if cleaned:
                    self._theirs[mcu, terminal] = cleaned
                self._tell()
            case ChairTokenAsked(wanted=True):
                self._to_call(_refuse_chair)
            case IncomingCall(party) | Answered(party) | PartyChanged(party):
                self._is_bridge = party.is_mcu
                self._announce()
            case ControlReady():
                self._is_ready = True
                self._announce()

    def notify(self, news: News) -> None:
        match news:
            case Admitted(participant=me, snapshot=snapshot):
                self._me = me.id
                self._roster = {each.id: each for each in snapshot.roster}
            case ParticipantJoined(who) | ParticipantChanged(who):
                self._roster[who.id] = who
            case ParticipantLeft(participant):
                self._roster.pop(participant, None)
            case _:
                return
        self._announce()

    def enter(self) -> None:
        """Commands for the conference may be given."""
        self._is_entered = True
        self._tell()

    # --- to the bridge ------------------------------------------------------------------------------------

    def _announce(self) -> None:
        me = self._roster.get(self._me)
        if not self._is_bridge or not self._is_ready or me is None or not 0 < me.seat <= MAX_TERMINALS:
            return
        others = {
            (OUR_NUMBER, who.seat): who.name
            for who in self._roster.values()
            if who.id != me.id and 0 < who.seat <= MAX_TERMINALS
        }
        self._to_call(lambda call, now: _announce(call, (OUR_NUMBER, me.seat), others, now))

    # --- to the conference --------------------------------------------------------------------------------

    def _tell(self) -> None:
        if self._is_entered and not self._is_telling and self.labels != self._told:
            self._is_telling = True
            self._spawn(self._tell_newest())

    async def _tell_newest(self) -> None:
        try:
            while self.labels != self._told:
                self._told = self.labels
                await self._to_conference(c.SetLabels(self._me, self._told))
                await asyncio.sleep(PAUSE)
        except StorageError as error:
            log.warning("terminals of a bridge not told", participant=self._me, error=str(error))
        finally:
            self._is_telling = False


def _announce(call: Call, number: Label, others: Mapping[Label, str], now: float) -> None:
    if call.h245 is not None:
        call.h245.announce_terminals(number, others, now)
        call.settle(now)


def _refuse_chair(call: Call, now: float) -> None:
    if call.h245 is not None:
        call.h245.answer_chair(False, now)
        call.settle(now)
