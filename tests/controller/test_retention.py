"""Conferences that nobody uses any more, with a real store and fake time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcu.conference import commands as c
from mcu.conference.participant import Departure
from mcu.config import Conference, Config
from mcu.controller import registry as module
from mcu.controller.doors import ByLink, Created, Person
from mcu.controller.registry import RETENTION_SECONDS, Registry
from mcu.errors import RefusedError
from mcu.store.database import open_store
from mcu.store.store import Store
from tests.fakes.pool import FakeMember, FakePool

DAYS = 10
DAY = timedelta(days=1)


class World:
    """A registry in which days pass when the test says so."""

    def __init__(self, store: Store, *, days: int = DAYS) -> None:
        self.store = store
        self.today = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
        self.registry = Registry(
            store=store,
            pool=FakePool(),
            config=Config(conference=Conference(retention_days=days)),
            clock=lambda: 0.0,
            wall_clock=lambda: self.today,
        )

    async def create(self) -> Created:
        return await self.registry.create_conference(title="회의")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as opened:
        yield opened


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    made = World(store)
    yield made
    await made.registry.close()


async def test_ended_when_nobody_came_and_forgotten_when_nobody_asked(world: World) -> None:
    created = await world.create()
    for days, refusal in ((DAYS, ""), (1, "conference-ended"), (DAYS, "conference-ended"), (1, "no-such-conference")):
        world.today += days * DAY
        await world.registry.clear_out()
        if refusal:
            with pytest.raises(RefusedError, match=refusal):
                await world.registry.enter(ByLink(created.link), Person(name="가"), FakeMember())
        else:
            assert await world.registry.exists(created.link)


async def test_a_visit_begins_the_time_anew(world: World) -> None:
    created = await world.create()
    world.today += DAYS * DAY
    _, participant = await world.registry.enter(ByLink(created.link), Person(name="가"), FakeMember())
    await world.registry.execute(created.conference, c.Depart(participant, Departure.LEFT))
    world.today += DAYS * DAY
    await world.registry.clear_out()
    assert await world.registry.exists(created.link)


async def test_nobody_is_thrown_out(world: World) -> None:
    created = await world.create()
    member = FakeMember()
    await world.registry.enter(ByLink(created.link), Person(name="가"), member)
    world.today += 3 * DAYS * DAY
    told = len(member.news)
    await world.registry.clear_out()
    assert len(member.news) == told
    assert await world.registry.exists(created.link)


async def test_some_are_kept(world: World) -> None:
    kept, other = await world.create(), await world.create()
    world.registry.begin_retention(kept=frozenset({kept.link}))
    world.today += 2 * DAYS * DAY
    await world.registry.clear_out()
    assert [await world.registry.exists(created.link) for created in (kept, other)] == [True, False]


async def test_looked_for_at_the_start_and_every_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    async def look() -> None:
        looks.append(now)

    monkeypatch.setattr(world.registry, "clear_out", look)
    monkeypatch.setattr(module, "TICK_SECONDS", 1e6)  # time passes when the test says so
    running = asyncio.ensure_future(world.registry.run())
    for now in (-1.0, 0.0, 1.0, RETENTION_SECONDS - 1, RETENTION_SECONDS, RETENTION_SECONDS + 1, 3 * RETENTION_SECONDS):
        if now == 0.0:
            world.registry.begin_retention(kept=frozenset())
        await world.registry.handle_timer(now)
        for _ in range(5):
            await asyncio.sleep(0)
    assert looks == [0.0, RETENTION_SECONDS, 3 * RETENTION_SECONDS]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_all_is_kept_when_the_operator_says_so(store: Store) -> None:
    world = World(store, days=0)
    created = await world.create()
    world.today += 1_000 * DAY
    world.registry.begin_retention(kept=frozenset())
    await world.registry.handle_timer(1e9)
    assert await world.registry.exists(created.link)


async def test_more_than_one_portion(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENDED_AT_ONCE", 2)
    for _ in range(5):
        await world.create()
    world.today += 2 * DAYS * DAY
    await world.registry.clear_out()
    assert await world.store.count_conferences() == 0
