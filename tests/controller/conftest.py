"""A registry with a fake pool, a real store and fake time, at rest and running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcu.store.database import open_store
from tests.fakes.world import World, settle


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as store:
        opened = World(store)
        yield opened
        await opened.registry.close()


@pytest.fixture
async def running(world: World) -> AsyncIterator[World]:
    task = asyncio.ensure_future(world.registry.run())
    await settle()
    yield world
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
