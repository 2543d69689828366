"""An empty database for each test, in SQLite and in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from mcu.store.database import open_store
from mcu.store.store import Store
from tests.support.postgres import reason_to_skip, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    if reason := reason_to_skip():
        pytest.skip(reason)
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Where each test finds an empty database, in either kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'store' / 'mcu.sqlite3'}"
        return
    whole = request.getfixturevalue("postgres")
    await _administer(whole, "CREATE DATABASE one_test")
    yield whole.replace("/postgres?", "/one_test?")
    await _administer(whole, "DROP DATABASE one_test WITH (FORCE)")


async def _administer(url: str, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with open_store(url) as opened:
        yield opened
