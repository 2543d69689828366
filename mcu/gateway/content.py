"""A room's content and its conference: what `ContentState` wants is carried out by both.

Rules:
1. The room is given the token of H.239 whenever it asks, if its role may present: the last to present wins.
2. Commands to the conference run beside the call, one at a time and PAUSE apart: a room that begins and ends again and
   again is written down, and told to everybody, no oftener than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from mcu.conference import commands as c
from mcu.conference import rules
from mcu.conference.events import ContentChanged
from mcu.controller.member import Admitted, MembershipEnded, News
from mcu.errors import StorageError
from mcu.gateway.content_state import ContentState, Wish
from mcu.h323.call import Call
from mcu.h323.events import Event
from mcu.h323.h245_control import H245Control

ToCall = Callable[[Callable[[Call, float], object]], object]  # CallDriver.do, with the call
ToConference = Callable[[c.Command], Awaitable[object]]  # a refusal is not raised
Spawn = Callable[[Coroutine[Any, Any, None]], object]

PAUSE = 0.2  # seconds; a person does not notice it, and takes longer than that for a second thought

log = structlog.get_logger()


class RoomContent:
    """Given all events of a call and all news of its conference."""

    def __init__(self, *, to_call: ToCall, to_conference: ToConference, spawn: Spawn) -> None:
        self._to_call = to_call
        self._to_conference = to_conference
        self._spawn = spawn
        self._state = ContentState()
        self._me = ""

    def call_event(self, event: Event) -> None:
        self._state.take(event)
        self._perform()

    def notify(self, news: News) -> None:
        match news:
            case Admitted(participant=me, snapshot=snapshot):
                self._me = me.id
                may_present = rules.permits(c.ShowContent, me.role, open_layout=False)
                self._to_call(lambda call, now: _accept(call, may_present))
                self._state.shown(snapshot.content)
            case ContentChanged(participant):
                self._state.shown(participant)
            case MembershipEnded():
                self._state.left()
            case _:
                return
        self._perform()

    def enter(self) -> None:
        """The room was admitted, and commands for the conference may be given."""
        self._state.entered(self._me)
        self._perform()

    def _perform(self) -> None:
        for wish in self._state.wishes():
            if wish in (Wish.SHOW, Wish.STOP):
                self._spawn(self._show(wish is Wish.SHOW))
            else:
                self._to_call(lambda call, now, wish=wish: _ask(call, wish, now))  # type: ignore[misc]

    async def _show(self, active: bool) -> None:
        try:
            await self._to_conference(c.ShowContent(self._me, active))
        except StorageError as error:
            log.warning("content not shown, or not ended", participant=self._me, active=active, error=str(error))
        await asyncio.sleep(PAUSE)
        self._state.answered()
        self._perform()


def _accept(call: Call, may_present: bool) -> None:
    if call.h245 is not None:
        call.h245.accepts_content = may_present


def _ask(call: Call, wish: Wish, now: float) -> None:
    if call.h245 is not None:
        _ASKED[wish](call.h245, now)
        call.settle(now)


_ASKED: dict[Wish, Callable[[H245Control, float], None]] = {
    Wish.ASK: H245Control.ask_content_token,
    Wish.RELEASE: H245Control.release_content_token,
    Wish.END: H245Control.end_peer_content,
}
