"""The media sessions of WHIP and WHEP clients: members of a conference that are told nothing but that it is over."""

from __future__ import annotations

import time
from collections.abc import Coroutine
from typing import Any

import structlog

from mcu.conference import commands as c
from mcu.conference.participant import Departure
from mcu.controller import keys
from mcu.controller.member import MediaChanged, MediaCondition, MembershipEnded, News
from mcu.controller.registry import Registry
from mcu.errors import RefusedError
from mcu.signaling import sdpfrag
from mcu.store.records import TokenRecord

MAX_SESSIONS = 2_000  # of one server

log = structlog.get_logger()

# WHIP sends to the server, WHEP is sent to: in the server's words of mcu.control.AddLeg.
DIRECTIONS = {"whip": "receive", "whep": "send"}


class MediaSession:
    """One resource under /whip/… or /whep/…. `etag` names its ICE session (RFC 9725 section 4.3.1)."""

    def __init__(self, token: TokenRecord, sessions: MediaSessions) -> None:
        self.id = keys.new_secret()
        self.token = token
        self.etag = ""
        self.answer = ""
        self._offer = ""
        self._sessions = sessions
        self._registry = sessions.registry
        self._over = False

    # --- Member -------------------------------------------------------------------------------------

    def notify(self, news: News) -> None:
        match news:
            case MembershipEnded():
                self._over = True
                self._sessions.forget(self)
            case MediaChanged(MediaCondition.CLOSED):
                self._sessions.later(self._leave(Departure.LOST))

    # --- the resource -------------------------------------------------------------------------------

    async def begin(self, offer: str) -> None:
        """Enter the conference and connect; `answer` and `etag` are set. Raises RefusedError."""
        await self._registry.enter_by_token(self.token, self)
        try:
            self.answer = await self._registry.connect(*self._me(), offer=offer, direction=DIRECTIONS[self.token.kind])
        except RefusedError:
            await self._leave(Departure.LEFT)
            raise
        self._took(offer)

    async def trickle(self, fragment: sdpfrag.Fragment) -> None:
        """Raises RefusedError."""
        for candidate in fragment.candidates:
            await self._registry.add_candidate(*self._me(), candidate=candidate)
        if fragment.complete:
            await self._registry.add_candidate(*self._me(), candidate="")

    async def restart(self, fragment: sdpfrag.Fragment) -> str:
        """ICE restart; the fragment to answer with. Raises RefusedError."""
        offer = sdpfrag.restarted(self._offer, fragment)
        answer = await self._registry.restart_leg(*self._me(), offer=offer)
        self._took(offer)
        await self.trickle(fragment)
        return sdpfrag.build(answer)

    async def end(self) -> None:
        await self._leave(Departure.LEFT)

    def is_restart(self, fragment: sdpfrag.Fragment) -> bool:
        """Whether `fragment` has credentials other than those of the running ICE session."""
        return bool(fragment.ufrag) and (fragment.ufrag, fragment.password) != sdpfrag.credentials(self._offer)

    def _took(self, offer: str) -> None:
        self._offer = offer
        self.etag = f'"{keys.new_identifier()}"'

    def _me(self) -> tuple[str, str, MediaSession]:
        return self.token.conference_id, self.token.participant, self

    async def _leave(self, reason: Departure) -> None:
        if self._over:
            return
        try:
            await self._registry.execute_as(*self._me(), c.Depart(self.token.participant, reason))
        except RefusedError as error:
            log.info("media session was over already", participant=self.token.participant, code=error.code)
        self._sessions.forget(self)


class MediaSessions:
    """All of them, by id."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._sessions: dict[str, MediaSession] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    async def create(self, token: TokenRecord, offer: str) -> MediaSession:
        """Raises RefusedError."""
        if len(self._sessions) >= MAX_SESSIONS:
            raise RefusedError("busy", "too many media sessions")
        session = MediaSession(token, self)
        self._sessions[session.id] = session
        began = time.monotonic()
        try:
            await session.begin(offer)
        except BaseException:  # cancelled, too
            self.forget(session)
            raise
        log.info("media session began", participant=token.participant, by=token.kind, seconds=time.monotonic() - began)
        return session

    def find(self, session_id: str, token: TokenRecord) -> MediaSession:
        """The session of this token. Raises RefusedError."""
        session = self._sessions.get(session_id)
        if session is None or session.token.token_hash != token.token_hash:
            raise RefusedError("no-such-session")
        return session

    def forget(self, session: MediaSession) -> None:
        self._sessions.pop(session.id, None)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        self.registry.spawn(work)
