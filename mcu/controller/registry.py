"""The conferences of this server: created, found, entered, resumed, and their media kept where there is an MP for it.

Rules:
1. Rights come from what somebody shows (link, number and PIN, chair's key, secret, token), never from coming first.
2. The clock is read here and handed down.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from mcu import control
from mcu.conference import commands as c
from mcu.conference.layout import Layout, check
from mcu.conference.participant import Role
from mcu.config import Config
from mcu.controller import doors, keys
from mcu.controller.background import Background, Work
from mcu.controller.conferences import Conferences
from mcu.controller.live import ConferenceClosedError, LiveConference, require_participant
from mcu.controller.member import Member, News, Pool, Snapshot
from mcu.controller.rtp_participants import RtpParticipants
from mcu.errors import RefusedError
from mcu.store.records import ConferenceRecord, TokenRecord
from mcu.store.store import Store

TICK_SECONDS = 1.0  # how often overdue participants are looked for; the grace time is tens of seconds
RETENTION_SECONDS = 86_400.0  # between two looks for conferences that nobody uses any more; they are kept for days
ENDED_AT_ONCE = 200  # of them; nobody can take up an empty conference while these are written

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
        self._retention_due = math.inf  # monotonic second of the next look
        self._kept: frozenset[str] = frozenset()
        self._background = Background()
        self._conferences = Conferences(
            store=store, pool=pool, config=config, background=self._background, clock=clock, wall_clock=wall_clock
        )
        self.rtp = RtpParticipants(self._conferences, pool=pool, admit=self._admit_unnamed)

    # --- life ---------------------------------------------------------------------------------------

    async def restore(self) -> None:
        """Take up the conferences in which somebody was when the server stopped; their grace time begins now."""
        for conference_id in await self.store.peopled():
            await self._conferences.open(conference_id)
        log.info("conferences with people restored", count=len(self._conferences))

    async def run(self) -> None:
        """Own the tasks, and let time pass, until cancelled."""
        await self._background.run(self._keep_time())

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await self.handle_timer(self._clock())

    async def handle_timer(self, now: float) -> None:
        """Let those go who were away for too long, and put conferences away that nobody is in."""
        await self._conferences.handle_timer(now)
        if now >= self._retention_due:
            self._retention_due = now + RETENTION_SECONDS
            self._background.spawn(self.clear_out())

    def begin_retention(self, *, kept: frozenset[str]) -> None:
        """Look for conferences that nobody uses any more, now and every day. `kept` are links of those that stay."""
        if self._config.conference.retention_days:
            self._kept, self._retention_due = kept, self._clock()

    async def clear_out(self) -> None:
        """End what nobody was in for the time of retention, and forget what ended as long ago."""
        before = self._wall_clock() - timedelta(days=self._config.conference.retention_days)
        ended = last = await self._conferences.end_idle(before=before, kept=self._kept, limit=ENDED_AT_ONCE)
        while last == ENDED_AT_ONCE:
            last = await self._conferences.end_idle(before=before, kept=self._kept, limit=ENDED_AT_ONCE)
            ended += last
        forgotten = await self.store.forget_ended(before=before)
        if ended or forgotten:
            log.info("unused conferences cleared out", ended=ended, forgotten=forgotten)

    async def close(self) -> None:
        """Nothing new is started; what people were told is on disk already."""
        self._background.close()

    def spawn(self, work: Work) -> None:
        """Do `work` in the background; refusals and bugs are logged."""
        self._background.spawn(work)

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

    async def title(self, link: str) -> str:
        """What is written over the door that `link` opens. Raises RefusedError."""
        return (await doors.find(self.store, doors.ByLink(link))).title

    async def conference(self, conference_id: str) -> ConferenceRecord:
        """Raises RefusedError."""
        return await self._conferences.record(conference_id)

    async def snapshot(self, conference_id: str) -> Snapshot:
        """The conference as it is now, whether or not somebody is in it. Raises RefusedError."""
        return (self._conferences.get(conference_id) or await self._conferences.load(conference_id)).snapshot()

    def present(self, conference_id: str) -> int:
        """How many participants are in the conference."""
        live = self._conferences.get(conference_id)
        return len(live.conference.participants) if live else 0

    @property
    def live_conferences(self) -> int:
        return len(self._conferences)

    @property
    def failures(self) -> int:
        """Bugs caught in what is done in the background."""
        return self._background.failures

    # --- members ------------------------------------------------------------------------------------

    async def enter(
        self, door: doors.Door, person: doors.Person, member: Member, *, known: Callable[[], None] = lambda: None
    ) -> tuple[str, str]:
        """A new participant through `door`; (conference id, participant id). Raises RefusedError.

        `known` is called when door and keys were right, before any wait for room.
        """
        record = await doors.find(self.store, door)
        role = doors.role_of(person, record)
        known()
        secret = keys.new_secret()
        command = c.Enter(
            participant=keys.new_identifier(),
            name=person.name,
            office=person.office,
            role=role,
            muted=person.muted,
            camera_off=person.camera_off,
        )
        live = self._conferences.get(record.id)
        if live is None or not live.conference.namesakes_away(command):  # else somebody comes back, and is counted in
            await self.pool.wait_for_room(record.id)
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
        command = c.Return(known.participant) if known.state == "lost" else c.Reconnect(participant)
        await self._admit(conference_id, command, member, secret=secret, secret_hash=None)
        log.info("participant resumed", conference=conference_id, participant=participant)

    async def enter_by_token(self, token: TokenRecord, member: Member) -> None:
        """The participant of a WHIP or WHEP token; a connection that uses the token already is superseded."""
        live = self._conferences.get(token.conference_id)
        if live is None or token.participant not in live.conference.participants:
            await self.pool.wait_for_room(token.conference_id)
        role = Role.ATTENDEE if token.kind == "whip" else Role.VIEWER
        command = c.Enter(participant=token.participant, name=token.name, office=token.office, role=role)
        await self._admit(token.conference_id, command, member, secret="", secret_hash=None)
        log.info("participant entered", conference=token.conference_id, participant=token.participant, by=token.kind)

    async def detach(self, conference_id: str, participant: str, member: Member) -> None:
        """The member's connection is gone; the participant stays for the grace time."""
        live = self._conferences.get(conference_id)
        if live is not None:
            await live.detach(participant, member, now=self._clock())

    async def execute(self, conference_id: str, command: c.Command) -> None:
        """Carry out `command` for the operator, or for a participant by `execute_as`. Raises RefusedError."""
        while True:
            live = await self._conferences.open(conference_id)
            try:
                await live.execute(command)
            except ConferenceClosedError:
                continue
            finally:
                self._conferences.put_away(live)
            return

    async def execute_as(self, conference_id: str, participant: str, member: Member, command: c.Command) -> None:
        """As `execute`, while `member` still speaks for `participant`; "superseded" otherwise."""
        self._of_member(conference_id, participant, member)
        await self.execute(conference_id, command)

    def require_chair(self, conference_id: str, participant: str, member: Member) -> None:
        """Raise RefusedError unless `member` speaks for a chair."""
        people = self._of_member(conference_id, participant, member).conference.participants
        if people[participant].role is not Role.CHAIR:
            raise RefusedError("not-permitted", "for chairs")

    def tell_chairs(self, conference_id: str, news: News) -> None:
        """News that nobody else may see."""
        if live := self._conferences.get(conference_id):
            live.tell_chairs(news)

    def now_utc(self) -> datetime:
        return self._wall_clock()

    # --- media --------------------------------------------------------------------------------------

    async def connect(
        self, conference_id: str, participant: str, member: Member, *, offer: str, direction: str = "both"
    ) -> str:
        """A new leg for the participant; the SDP answer. Raises RefusedError."""
        live = self._of_member(conference_id, participant, member)
        if live.conference.participants[participant].role is Role.VIEWER:
            direction = "send"  # has neither tile nor voice, so nothing that it offers to send is taken
        return await live.legs.connect(participant, offer, direction=direction)

    async def restart_leg(self, conference_id: str, participant: str, member: Member, *, offer: str) -> str:
        """ICE restart; the SDP answer. Raises RefusedError."""
        return await self._of_member(conference_id, participant, member).legs.restart(participant, offer)

    async def add_candidate(self, conference_id: str, participant: str, member: Member, *, candidate: str) -> None:
        """Raises RefusedError."""
        await self._of_member(conference_id, participant, member).legs.add_candidate(participant, candidate)

    # --- the pool's listener ------------------------------------------------------------------------

    def notice(self, notice: control.Notice) -> None:
        self._conferences.notice(notice)

    def processor_lost(self, conference_ids: tuple[str, ...]) -> None:
        self._conferences.processor_lost(conference_ids)

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
            live = await self._conferences.open(conference_id)
            try:
                await live.admit(command, member, secret=secret, secret_hash=secret_hash)
            except ConferenceClosedError:
                continue
            except RefusedError:
                self._conferences.put_away(live)
                raise
            return

    async def _admit_unnamed(self, conference_id: str, command: c.Enter, member: Member) -> None:
        """Somebody who has no secret to come back with."""
        await self._admit(conference_id, command, member, secret="", secret_hash=None)
        log.info("participant entered", conference=conference_id, participant=command.participant, by="h323")

    def _of_member(self, conference_id: str, participant: str, member: Member) -> LiveConference:
        live = self._conferences.get(conference_id)
        if live is None:
            raise RefusedError("superseded")
        require_participant(live, participant, member)
        return live
