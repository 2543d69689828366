"""Which conferences are in memory: those in which somebody is. The others are in the store alone.

Rules:
1. A conference is in memory at most once, and taken up by one caller at a time.
2. It is put away when nobody is left; whoever comes while its bridge is being closed waits for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog

from mcu import control
from mcu.conference.conference import Conference, Settings
from mcu.config import Config
from mcu.controller import doors
from mcu.controller.background import Background
from mcu.controller.live import LiveConference
from mcu.controller.member import Pool
from mcu.errors import RefusedError
from mcu.store.records import ConferenceRecord
from mcu.store.store import Store

log = structlog.get_logger()


class Conferences:
    """Made by the registry, which reads the clocks that are handed in."""

    def __init__(
        self,
        *,
        store: Store,
        pool: Pool,
        config: Config,
        background: Background,
        clock: Callable[[], float],
        wall_clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._pool = pool
        self._config = config.conference
        self._background = background
        self._clock = clock
        self._wall_clock = wall_clock
        self._live: dict[str, LiveConference] = {}
        self._loading = asyncio.Lock()
        self._closing: dict[str, asyncio.Event] = {}
        self._legs: dict[str, tuple[LiveConference, str]] = {}  # by leg: conference, participant

    def __len__(self) -> int:
        return len(self._live)

    def get(self, conference_id: str) -> LiveConference | None:
        """The conference if it is in memory."""
        return self._live.get(conference_id)

    async def record(self, conference_id: str) -> ConferenceRecord:
        """Raises RefusedError."""
        return doors.require_open(await self._store.conference(conference_id))

    async def open(self, conference_id: str) -> LiveConference:
        """The conference in memory, loaded when it is not. Raises RefusedError."""
        while True:
            if closing := self._closing.get(conference_id):
                await closing.wait()  # not under the lock: an MP that hangs would hold up the conferences of others
            if found := self._live.get(conference_id):
                return found
            async with self._loading:
                if conference_id in self._live or conference_id in self._closing:
                    continue
                if self._background.closed:
                    raise RefusedError("server-stopping")
                live = self._live[conference_id] = await self.load(conference_id)
                if not live.is_empty:
                    live.legs.state_changed()
                return live

    async def load(self, conference_id: str) -> LiveConference:
        """The conference as it is stored, not kept in memory. Raises RefusedError."""
        record = await self.record(conference_id)
        people = await self._store.people(conference_id)
        lost_at = self._clock() + self._config.grace_seconds
        conference = Conference(
            Settings(
                id=record.id,
                title=record.title,
                number=record.number,
                capacity=record.capacity,
                grace=self._config.grace_seconds,
                open_layout=self._config.open_layout,
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
            store=self._store,
            pool=self._pool,
            spawn=self._background.spawn,
            wall_clock=self._wall_clock,
            on_index=on_index,
        )
        return live

    async def end_idle(self, *, before: datetime, kept: frozenset[str], limit: int) -> int:
        """End at most `limit` conferences that nobody was in since `before`; how many. `kept` are links that stay.

        None is taken up meanwhile, so that nobody enters one that is just being ended.
        """
        async with self._loading:
            return await self._store.end_idle(
                before=before, at=self._wall_clock(), sparing=frozenset(self._live), links=kept, limit=limit
            )

    async def handle_timer(self, now: float) -> None:
        """Let those go who were away for too long, and put conferences away that nobody is in."""
        for live in list(self._live.values()):
            due = live.conference.next_timer()
            if due is not None and due <= now:
                await self._background.guarded(live.handle_timer(now), conference=live.id)
            self.put_away(live)

    def put_away(self, live: LiveConference) -> None:
        """Forget a conference that nobody is in, and close its bridge."""
        if live.closed or not live.is_idle:
            return
        live.closed = True
        live.legs.bridge_lost()
        del self._live[live.id]
        if self._background.closed:
            return  # the MPs end, and their bridges with them
        closing = self._closing[live.id] = asyncio.Event()
        self._background.spawn(self._close_bridge(live.id, closing))

    async def _close_bridge(self, conference_id: str, closing: asyncio.Event) -> None:
        try:
            await self._pool.request(conference_id, control.CloseBridge(conference_id))
        finally:
            del self._closing[conference_id]
            closing.set()

    # --- what the MPs say ---------------------------------------------------------------------------

    def notice(self, notice: control.Notice) -> None:
        match notice:
            case control.Ready():
                for each in self._live.values():
                    each.catch_up()
            case control.TilesChanged(conference_id) if live := self._live.get(conference_id):
                live.tiles_changed(notice)
            case control.SpeakerChanged(conference_id) if live := self._live.get(conference_id):
                live.speaker_changed(notice)
            case control.LinesChanged(conference_id) if live := self._live.get(conference_id):
                live.lines_changed(notice)
            case control.LegState(leg) if found := self._legs.get(leg):
                found[0].leg_changed(found[1], notice)
            case control.PictureNeeded(leg) if found := self._legs.get(leg):
                found[0].picture_needed(found[1], notice)
            case control.KeyframeNeeded(leg) | control.DigitReceived(leg) if found := self._legs.get(leg):
                found[0].tell(found[1], notice)

    def processor_lost(self, conference_ids: tuple[str, ...]) -> None:
        for conference_id in conference_ids:
            if live := self._live.get(conference_id):
                log.warning("bridge lost", conference=conference_id)
                live.bridge_lost()
