"""Whether the database takes writes, on a disk that is really full and one that is not."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mcu.errors import StorageError
from mcu.store.database import open_store
from mcu.store.health import CHECK_SECONDS, MIN_FREE_BYTES, Condition, Health
from mcu.store.store import Store
from tests.support.small_disk import fill, small_disk


async def checked(health: Health, now: float) -> Condition:
    """What `health` says at this second."""
    return await health.check(now=now, at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC) + timedelta(seconds=now))


async def test_a_database_that_takes_writes_is_good(store: Store) -> None:
    health = Health(store)
    for now in (0.0, CHECK_SECONDS):
        assert await checked(health, now) is Condition.GOOD


@pytest.mark.parametrize(("min_free", "condition"), [(MIN_FREE_BYTES, Condition.DISK_FULL), (0, Condition.FAILED)])
async def test_a_full_disk_is_noticed_and_so_is_room(tmp_path: Path, min_free: int, condition: Condition) -> None:
    """By its free bytes, and by the write itself when those are not looked at."""
    with small_disk(tmp_path / "disk", "1m" if min_free == 0 else "20m") as folder:
        async with open_store(f"sqlite+aiosqlite:///{folder / 'mcu.sqlite3'}") as store:
            health = Health(store, min_free_bytes=min_free)
            assert await checked(health, 0) is Condition.GOOD
            filling = fill(folder)
            with capture_logs() as logs:
                assert await checked(health, CHECK_SECONDS) is condition
                assert await checked(health, 2 * CHECK_SECONDS) is condition
            (told,) = logs
            assert told["log_level"] == "error"
            assert told["advice"]
            filling.unlink()
            assert await checked(health, 3 * CHECK_SECONDS) is Condition.GOOD


async def test_many_probes_are_one_try(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[datetime] = []

    async def fail(*, at: datetime) -> None:
        tries.append(at)
        raise StorageError("gone")

    monkeypatch.setattr(store, "ping", fail)
    health = Health(store)
    for now in (0.0, 1.0, CHECK_SECONDS - 0.1):
        assert await checked(health, now) is Condition.FAILED
    assert len(tries) == 1
    await checked(health, CHECK_SECONDS)
    assert len(tries) == 2


async def test_the_server_itself_notices_what_no_probe_asks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = asyncio.Semaphore(0)

    async def fail(*, at: datetime) -> None:
        tried.release()
        raise StorageError("gone")

    monkeypatch.setattr(store, "ping", fail)
    monkeypatch.setattr("mcu.store.health.WATCH_SECONDS", 0)
    seconds = itertools.count(0.0, CHECK_SECONDS)
    with capture_logs() as logs:
        watching = asyncio.create_task(
            Health(store).watch(clock=lambda: next(seconds), wall_clock=lambda: datetime(2026, 11, 21, tzinfo=UTC))
        )
        for _ in range(3):
            await tried.acquire()
        watching.cancel()
    assert [told["event"] for told in logs] == ["database takes no writes"]


async def test_a_database_that_does_not_answer_has_failed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*, at: datetime) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(store, "ping", never)
    health = Health(store, patience=0.01)
    assert await checked(health, 0.0) is Condition.FAILED
