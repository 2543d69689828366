"""The conferences of this server: created, found, entered, resumed, and their media kept where there is an MP for it.

Rules:
1. A conference is in memory while somebody is in it; otherwise only in the store.
2. Rights come from what somebody shows (link, number and PIN, chair's key, secret, token), never from coming first.
3. The clock is read here and handed down.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog

from mcu import control
from mcu.conference import commands as c
from mcu.conference.conference import Conference, Settings
from mcu.conference.layout import Layout, check
from mcu.conference.participant import Role
from mcu.config import Config
from mcu.controller import doors, keys
from mcu.controller.live import ConferenceClosedError, LiveConference, require_participant
from mcu.controller.member import Member, Pool, Snapshot
from mcu.errors import RefusedError
from mcu.store.records import ConferenceRecord, TokenRecord
from mcu.store.store import Store

TICK_SECONDS = 1.0  # how often overdue participants are looked for; the grace time is tens of seconds

log = structlog.get_logger()


class Registry:
    """`restore` once, `run` in a task until cancelled; subscribe it to the pool."""

    def __init__(
        self,
        *,
        store: Store,
        pool: Pool,
        config: Config,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.pool = pool
        self._config = config
        self._clock = clock
        self._wall_clock = wall_clock
        self._live: dict[str, LiveConference] = {}
        self._loading = asyncio.Lock()
        self._closing: dict[str, asyncio.Event] = {}
        self._legs: dict[str, tuple[LiveConference, str]] = {}  # by leg: conference, participant
        self._group: asyncio.TaskGroup | None = None
        self._waiting: list[Coroutine[Any, Any, None]] = []  # until `run` has a task group
        self._closed = False

    # --- life ---------------------------------------------------------------------------------------

    async def restore(self) -> None:
        """Take up the conferences in which somebody was when the server stopped; their grace time begins now."""
        for conference_id in await self.store.peopled():
            await self._open(conference_id)
        log.info("conferences restored", count=len(self._live))

    async def run(self) -> None:
        """Own the tasks, and let time pass, until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for work in self._waiting:
                group.create_task(_guarded(work))
            self._waiting.clear()
            while True:
                await asyncio.sleep(TICK_SECONDS)
                await self.handle_timer(self._clock())

    async def handle_timer(self, now: float) -> None:
        """Let those go who were away for too long, and put conferences away that nobody is in."""
        for live in list(self._live.values()):
            due = live.conference.next_timer()
            if due is not None and due <= now:
                await _guarded(live.handle_timer(now), conference=live.id)
            self._put_away(live)

    async def close(self) -> None:
        """Nothing new is started; what people were told is on disk already."""
        self._closed = True
        for work in self._waiting:
            work.close()
        self._waiting.clear()

    # --- conferences --------------------------------------------------------------------------------

    async def create_conference(
        self, *, title: str, capacity: int | None = None, layout: Layout | None = None
    ) -> doors.Created:
        """A new conference; the answer is the only place where PIN and chair's key are ever shown."""
        chosen = layout or Layout()
        check(chosen)
        limit = self._config.conference.max_participants
        while True:
            created, record = await doors.draw(
                title=title, capacity=min(capacity or limit, limit), layout=chosen, at=self._wall_clock()
            )
            if await self.store.add_conference(record):
                log.info("conference created", conference=created.conference)
                return created

    async def exists(self, link: str) -> bool:
        """Whether the link leads to a conference that has not ended."""
        record = await self.store.conference_by_link(link)
        return record is not None and record.ended_at is None

    async def conference(self, conference_id: str) -> ConferenceRecord:
        """Raises RefusedError."""
        return doors.require_open(await self.store.conference(conference_id))

    async def snapshot(self, conference_id: str) -> Snapshot:
        """The conference as it is now, whether or not somebody is in it. Raises RefusedError."""
        return (self._live.get(conference_id) or await self._load(conference_id)).snapshot()

    def present(self, conference_id: str) -> int:
        """How many participants are in the conference."""
        live = self._live.get(conference_id)
        return len(live.conference.participants) if live else 0

    @property
    def live_conferences(self) -> int:
        return len(self._live)

    # --- members ------------------------------------------------------------------------------------

    async def enter(self, door: doors.Door, person: doors.Person, member: Member) -> tuple[str, str]:
        """A new participant through `door`; (conference id, participant id). Raises RefusedError."""
        record = await doors.find(self.store, door)
        role = doors.role_of(person, record)
        secret = keys.new_secret()
        command = c.Enter(
            participant=keys.new_identifier(),
            name=person.name,
            office=person.office,
            role=role,
            muted=person.muted,
            camera_off=person.camera_off,
        )
        await self._admit(record.id, command, member, secret=secret, secret_hash=keys.hash_secret(secret))
        log.info("participant entered", conference=record.id, participant=command.participant, role=role.value)
        return record.id, command.participant

    async def resume(self, conference_id: str, participant: str, secret: str, member: Member) -> None:
        """The same participant again, after a break of any length. Raises RefusedError."""
        await self.conference(conference_id)
        known = await self.store.participant(conference_id, participant)
        if known is None or known.secret_hash is None or not keys.matches(secret, known.secret_hash):
            raise RefusedError("resume-unknown")
        if known.state not in ("present", "lost"):
            raise RefusedError("resume-over", known.state)
        live = await self._open(conference_id)
        here = participant in live.conference.participants
        command = c.Reconnect(participant) if here else c.Return(known.participant)
        await self._admit(conference_id, command, member, secret=secret, secret_hash=None)
        log.info("participant resumed", conference=conference_id, participant=participant)

    async def enter_by_token(self, token: TokenRecord, member: Member) -> None:
        """The participant of a WHIP or WHEP token; a connection that uses the token already is superseded."""
        live = await self._open(token.conference_id)
        role = Role.ATTENDEE if token.kind == "whip" else Role.VIEWER
        command: c.Enter | c.Reconnect = c.Enter(
            participant=token.participant, name=token.name, office=token.office, role=role
        )
        if token.participant in live.conference.participants:
            command = c.Reconnect(token.participant)
        await self._admit(token.conference_id, command, member, secret="", secret_hash=None)
        log.info("participant entered", conference=token.conference_id, participant=token.participant, by=token.kind)

    async def detach(self, conference_id: str, participant: str, member: Member) -> None:
        """The member's connection is gone; the participant stays for the grace time."""
        live = self._live.get(conference_id)
        if live is not None:
            await live.detach(participant, member, now=self._clock())

    async def execute(self, conference_id: str, command: c.Command) -> None:
        """Carry out `command` for the operator, or for a participant by `execute_as`. Raises RefusedError."""
        while True:
            live = await self._open(conference_id)
            try:
                await live.execute(command)
            except ConferenceClosedError:
                continue
            finally:
                self._put_away(live)
            return

    async def execute_as(self, conference_id: str, participant: str, member: Member, command: c.Command) -> None:
        """As `execute`, while `member` still speaks for `participant`; "superseded" otherwise."""
        self._of_member(conference_id, participant, member)
        await self.execute(conference_id, command)

    def now_utc(self) -> datetime:
        return self._wall_clock()

    # --- media --------------------------------------------------------------------------------------

    async def connect(
        self, conference_id: str, participant: str, member: Member, *, offer: str, direction: str = "both"
    ) -> str:
        """A new leg for the participant; the SDP answer. Raises RefusedError."""
        live = self._of_member(conference_id, participant, member)
        return await live.legs.connect(participant, offer, direction=direction)

    async def restart_leg(self, conference_id: str, participant: str, member: Member, *, offer: str) -> str:
        """ICE restart; the SDP answer. Raises RefusedError."""
        return await self._of_member(conference_id, participant, member).legs.restart(participant, offer)

    async def add_candidate(self, conference_id: str, participant: str, member: Member, *, candidate: str) -> None:
        """Raises RefusedError."""
        await self._of_member(conference_id, participant, member).legs.add_candidate(participant, candidate)

    # --- the pool's listener ------------------------------------------------------------------------

    def notice(self, notice: control.Notice) -> None:
        match notice:
            case control.Ready():
                for each in self._live.values():
                    each.catch_up()
            case control.TilesChanged(conference_id) if live := self._live.get(conference_id):
                live.tiles_changed(notice)
            case control.SpeakerChanged(conference_id) if live := self._live.get(conference_id):
                live.speaker_changed(notice)
            case control.LegState(leg) if found := self._legs.get(leg):
                found[0].leg_changed(found[1], notice)

    def processor_lost(self, conference_ids: tuple[str, ...]) -> None:
        for conference_id in conference_ids:
            if live := self._live.get(conference_id):
                log.warning("bridge lost", conference=conference_id)
                live.bridge_lost()

    # --- inside -------------------------------------------------------------------------------------

    async def _admit(
        self,
        conference_id: str,
        command: c.Enter | c.Return | c.Reconnect,
        member: Member,
        *,
        secret: str,
        secret_hash: bytes | None,
    ) -> None:
        while True:
            live = await self._open(conference_id)
            try:
                await live.admit(command, member, secret=secret, secret_hash=secret_hash)
            except ConferenceClosedError:
                continue
            except RefusedError:
                self._put_away(live)
                raise
            return

    def _of_member(self, conference_id: str, participant: str, member: Member) -> LiveConference:
        live = self._live.get(conference_id)
        if live is None:
            raise RefusedError("superseded")
        require_participant(live, participant, member)
        return live

    async def _open(self, conference_id: str) -> LiveConference:
        """The conference in memory, loaded when it is not. Raises RefusedError."""
        if found := self._live.get(conference_id):
            return found
        async with self._loading:
            if found := self._live.get(conference_id):
                return found
            if closing := self._closing.get(conference_id):
                await closing.wait()
            live = await self._load(conference_id)
            self._live[conference_id] = live
            if not live.is_empty:
                live.legs.state_changed()
            return live

    async def _load(self, conference_id: str) -> LiveConference:
        record = await self.conference(conference_id)
        people = await self.store.people(conference_id)
        lost_at = self._clock() + self._config.conference.grace_seconds
        conference = Conference(
            Settings(
                id=record.id,
                title=record.title,
                number=record.number,
                capacity=record.capacity,
                grace=self._config.conference.grace_seconds,
                open_layout=self._config.conference.open_layout,
            ),
            layout=record.layout,
            locked=record.locked,
            participants=[replace(participant, lost_at=lost_at) for participant in people.present],
            former=people.former,
            chat=people.chat,
        )

        def on_index(leg: str, participant: str | None) -> None:
            if participant is None:
                self._legs.pop(leg, None)
            else:
                self._legs[leg] = (live, participant)

        live = LiveConference(
            conference,
            store=self.store,
            pool=self.pool,
            spawn=self.spawn,
            wall_clock=self._wall_clock,
            on_index=on_index,
        )
        return live

    def _put_away(self, live: LiveConference) -> None:
        """Forget a conference that nobody is in, and close its bridge."""
        if live.closed or not live.is_idle:
            return
        live.closed = True
        live.legs.bridge_lost()
        del self._live[live.id]
        closing = self._closing[live.id] = asyncio.Event()
        self.spawn(self._close_bridge(live.id, closing))

    async def _close_bridge(self, conference_id: str, closing: asyncio.Event) -> None:
        try:
            await self.pool.request(conference_id, control.CloseBridge(conference_id))
        finally:
            del self._closing[conference_id]
            closing.set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` in the background; refusals and bugs are logged."""
        if self._closed:
            work.close()
        elif self._group is None:
            self._waiting.append(work)
        else:
            self._group.create_task(_guarded(work))


async def _guarded(work: Coroutine[Any, Any, None], **context: str) -> None:
    """Background work: a refusal is logged, a bug is logged with its traceback, and nobody else is disturbed."""
    try:
        await work
    except RefusedError as error:
        log.info("background work refused", code=error.code, detail=error.detail, **context)
    except Exception:
        log.exception("background work failed", **context)
