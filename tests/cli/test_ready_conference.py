"""The conference that is always there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcu.cli.ready_conference import FILE, ensure
from mcu.config import Config
from mcu.controller.registry import Registry
from mcu.errors import ConfigurationError, StorageError
from mcu.store.database import open_store
from tests.fakes.pool import FakePool


async def test_the_same_at_every_start(tmp_path: Path) -> None:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as store:
        registry = Registry(store=store, pool=FakePool(), config=Config())
        first = await ensure(registry, tmp_path)
        assert await ensure(registry, tmp_path) == first
        assert await registry.title(first.id) == "회의 · Meeting"  # 회의실 is a room that dials it
        await registry.close()


async def test_a_full_disk_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise StorageError("OperationalError: database or disk is full\n[SQL: ...]")

    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as store:
        registry = Registry(store=store, pool=FakePool(), config=Config())
        monkeypatch.setattr(store, "add_conference", full)
        with pytest.raises(ConfigurationError, match=r"takes no writes .*disk is full\). Check free space"):
            await ensure(registry, tmp_path)
        await registry.close()


async def test_a_file_that_cannot_be_read_is_said_to_be_that(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as store:
        registry = Registry(store=store, pool=FakePool(), config=Config())
        with pytest.raises(ConfigurationError, match=f"{FILE} cannot be read: Is a directory"):
            await ensure(registry, tmp_path)
        await registry.close()
