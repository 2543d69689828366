"""The rooms of every conference: kept on disk, called, and shown to the chairs.

Rules:
1. Calls are begun one after the other, as `turns` says.
2. Chairs are told the whole list, at most once in NEWS_SECONDS: 20 rooms that ring at once are one message.
3. A dropped room is called again (`room_list`) only while somebody is in the conference.
4. What is on the list is on disk before anybody is told. How calls stand is not: no call survives a restart.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from mcu.conference.participant import Kind
from mcu.controller.member import Member, Room, RoomsChanged
from mcu.controller.registry import Registry
from mcu.controller.tasks import uninterrupted
from mcu.errors import RefusedError
from mcu.gateway.key_sending import clean_keys
from mcu.gateway.reasons import told_refusal
from mcu.gateway.room_entries import MAX_ROOMS, NewRoom, merged
from mcu.gateway.room_list import Begin, HangUp, RoomList
from mcu.gateway.turns import Turns
from mcu.h323.events import EndReason
from mcu.limits import Allowance, TokenBucket

NEWS_SECONDS = 0.1
CALLS = Allowance(burst=2 * MAX_ROOMS, rate=1.0)  # by conference: everybody twice at once; nobody scans a network so
MAX_WAITING = 10 * MAX_ROOMS  # calls of all conferences that wait for their turn: 10 s at the closest
IDLE_SECONDS = 600.0  # after which a list that nobody needs leaves memory; with it, how the last calls ended
TIDY_SECONDS = 60.0  # between two looks for those

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as it stands. `state` is "calling", "ringing", "entering", "connected" or "ended".

    `reason` is of mcu.h323.events.EndReason or mcu.gateway.reasons.TOLD_REFUSALS, "" before the end. `participant` is
    "" until it is one; `name` is what the room says of itself.
    """

    call: str
    state: str
    reason: str = ""
    participant: str = ""
    name: str = ""


class Dialler(Protocol):
    """Who makes the calls."""

    async def call(
        self, conference_id: str, dialled: str, *, name: str, office: str, changed: Callable[[CallView], None]
    ) -> str:
        """Begin a call; its id. `changed` is told of every change, the last one with state "ended".

        Raises RefusedError.
        """

    async def hang_up(self, call_id: str) -> None:
        """Raises RefusedError when there is no such call any more."""

    async def send_keys(self, conference_id: str, participant: str, keys: str) -> None:
        """Press keys at the room that is this participant. Raises RefusedError("no-such-participant"), ("too-fast")."""


@dataclass(slots=True)
class _Kept:
    """The list of one conference while it is in memory."""

    conference: str
    rooms: RoomList
    calls: TokenBucket
    touched: float
    told: tuple[Room, ...] = ()
    news_at: float | None = None


class Rooms:
    """`run` in a task until cancelled."""

    def __init__(self, *, registry: Registry, dialler: Dialler, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._dialler = dialler
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._turns: Turns[tuple[_Kept, Begin]] = Turns()
        self._tidy_at = 0.0
        self._lock = asyncio.Lock()  # held while lists are read and written
        self._wake = asyncio.Event()

    # --- what people ask ----------------------------------------------------------------------------

    async def listed(self, conference_id: str) -> tuple[Room, ...]:
        """Raises RefusedError."""
        return (await self._open(conference_id)).rooms.rooms()

    async def welcome(self, conference_id: str, member: Member) -> None:
        """A chair has come in. Raises RefusedError."""
        member.notify(RoomsChanged(await self.listed(conference_id)))

    async def add(self, conference_id: str, rooms: Sequence[NewRoom]) -> tuple[str, ...]:
        """Put rooms on the list, all or none; their ids. One that is on it already may get another name.

        Raises RefusedError.
        """
        return await uninterrupted(self._add(conference_id, rooms))

    async def _add(self, conference_id: str, rooms: Sequence[NewRoom]) -> tuple[str, ...]:
        kept = await self._open(conference_id)
        async with self._lock:
            at = self._registry.now_utc()
            records = merged(rooms, kept.rooms.records(), conference_id=conference_id, at=at)
            await self._registry.store.put_rooms(records)
            for record in records:
                kept.rooms.put(record)
        self._after(kept)
        log.info("rooms listed", conference=conference_id, count=len(records))
        return tuple(record.id for record in records)

    async def call(self, conference_id: str, rooms: Sequence[str] | None = None) -> None:
        """Call these, or all; those that are being called or connected are left alone. Raises RefusedError."""
        kept = await self._open(conference_id)
        chosen = kept.rooms.idle(rooms)
        if len(self._turns) + len(chosen) > MAX_WAITING:
            raise RefusedError("busy", "too many calls wait")
        if chosen and not kept.calls.take(len(chosen), now=self._clock()):
            raise RefusedError("too-fast", "calls of this conference")
        for room in kept.rooms.idle(rooms) if rooms is None else rooms:
            kept.rooms.call(room)
        self._after(kept)
        log.info("rooms called", conference=conference_id, count=len(chosen))

    async def hang_up(self, conference_id: str, room: str) -> None:
        """End its call, or its waiting for one. Raises RefusedError."""
        kept = await self._open(conference_id)
        kept.rooms.hang_up(room)
        self._after(kept)

    async def remove(self, conference_id: str, room: str) -> None:
        """Off the list, and out of the conference. Raises RefusedError."""
        await uninterrupted(self._remove(conference_id, room))

    async def _remove(self, conference_id: str, room: str) -> None:
        kept = await self._open(conference_id)
        async with self._lock:
            kept.rooms.record(room)
            await self._registry.store.remove_room(room)
            kept.rooms.remove(room)
        self._after(kept)

    async def send_keys(self, conference_id: str, participant: str, keys: str) -> None:
        """Press keys at a room that is in the conference, whether it was called or called by itself.

        Raises RefusedError.
        """
        wanted = clean_keys(keys)
        roster = {who.id: who for who in (await self._registry.snapshot(conference_id)).roster}
        if participant not in roster:
            raise RefusedError("no-such-participant")
        if roster[participant].kind is not Kind.ROOM:
            raise RefusedError("not-a-room")
        await self._dialler.send_keys(conference_id, participant, wanted)
        # how many, not which: a PIN may be among them
        log.info("keys sent to a room", conference=conference_id, participant=participant, count=len(wanted))

    # --- time ---------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Let time pass, until cancelled."""
        while True:
            due = self.next_timer()
            try:
                async with asyncio.timeout(None if due is None else max(0.0, due - self._clock())):
                    await self._wake.wait()
            except TimeoutError:
                self.handle_timer(self._clock())
            self._wake.clear()

    def next_timer(self) -> float | None:
        """The monotonic second at which `handle_timer` has something to do, if nothing else happens."""
        due = [at for kept in self._kept.values() for at in (kept.rooms.next_timer(), kept.news_at)]
        due += [self._turns.next_timer(), self._tidy_at if self._kept else None]
        return min((at for at in due if at is not None), default=None)

    def handle_timer(self, now: float) -> None:
        """Begin the calls whose turn it is, call dropped rooms again, tell chairs, tidy up."""
        for kept, wanted in self._turns.due(now):
            self._registry.spawn(self._dial(kept, wanted))
        for kept in list(self._kept.values()):
            due = kept.rooms.next_timer()
            if due is not None and due <= now:
                if self._registry.present(kept.conference):
                    kept.rooms.handle_timer(now)
                else:
                    kept.rooms.give_up_redials()
                self._after(kept)
            if kept.news_at is not None and kept.news_at <= now:
                kept.news_at = None
                self._registry.tell_chairs(kept.conference, RoomsChanged(kept.told))
        if now >= self._tidy_at:
            self._tidy_at = now + TIDY_SECONDS
            self._tidy(now)

    def _tidy(self, now: float) -> None:
        for kept in list(self._kept.values()):
            idle = now - kept.touched >= IDLE_SECONDS and not kept.rooms.is_busy
            if idle and kept.news_at is None and not self._registry.present(kept.conference):
                del self._kept[kept.conference]

    # --- calls --------------------------------------------------------------------------------------

    async def _dial(self, kept: _Kept, wanted: Begin) -> None:
        record = kept.rooms.begin(wanted)
        if record is None:
            return

        def changed(view: CallView) -> None:
            kept.rooms.changed(wanted, view, now=self._clock())
            self._after(kept)

        try:
            call = await self._dialler.call(
                kept.conference, record.address, name=record.name, office=record.office, changed=changed
            )
        except RefusedError as error:
            log.info("room not called", conference=kept.conference, room=record.id, code=error.code)
            reason = told_refusal(error) or _REFUSALS.get(error.code, EndReason.RESOURCES)
            kept.rooms.refused(wanted, reason, now=self._clock())
        except Exception:  # a bug: the chair is told, and whoever runs this has the traceback and counts it
            log.error("calling a room failed", conference=kept.conference, room=record.id)
            kept.rooms.refused(wanted, EndReason.RESOURCES, now=self._clock())
            self._after(kept)
            raise
        else:
            kept.rooms.named(wanted, call)
        self._after(kept)

    async def _hang_up(self, call: str) -> None:
        try:
            await self._dialler.hang_up(call)
        except RefusedError as error:
            log.info("call was over already", call=call, code=error.code)

    def _after(self, kept: _Kept) -> None:
        """Do what the list wants, and see to it that chairs are told what is new."""
        now = self._clock()
        kept.touched = now
        wanted = kept.rooms.wants()
        self._turns.put([(kept, each) for each in wanted if isinstance(each, Begin)], now=now)
        for each in wanted:
            if isinstance(each, HangUp):
                self._registry.spawn(self._hang_up(each.call))
        rooms = kept.rooms.rooms()
        if rooms != kept.told:
            kept.told = rooms
            kept.news_at = kept.news_at or now + NEWS_SECONDS
        self._wake.set()

    # --- lists --------------------------------------------------------------------------------------

    async def _open(self, conference_id: str) -> _Kept:
        """The list in memory. Raises RefusedError when there is no such conference."""
        await self._registry.conference(conference_id)
        async with self._lock:
            kept = self._kept.get(conference_id)
            if kept is None:
                records = await self._registry.store.rooms(conference_id)
                now = self._clock()
                kept = self._kept[conference_id] = _Kept(
                    conference_id, RoomList(records), TokenBucket(CALLS, now=now), touched=now
                )
                kept.told = kept.rooms.rooms()
                self._wake.set()
            kept.touched = self._clock()
            return kept


_REFUSALS = {
    "h323-off": EndReason.UNREACHABLE,
    "not-permitted": EndReason.NOT_ALLOWED,
    "no-such-conference": EndReason.CONFERENCE_ENDED,
    "conference-ended": EndReason.CONFERENCE_ENDED,
}
