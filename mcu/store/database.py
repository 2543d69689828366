"""Opening the database, SQLite in one file or PostgreSQL by URL, and bringing its tables to the newest form."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as MigrationConfig
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from mcu.store import complaints
from mcu.store.store import Store

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 5  # how long one SQLite connection waits for another's write, which takes milliseconds
# WAL lets readers go on during a write; FULL syncs at every commit, so that what was acknowledged survives.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}")


@contextlib.asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """The store at `url`, created and migrated when needed. Raises ConfigurationError."""
    engine = create_engine(url)
    try:
        try:
            async with engine.begin() as connection:
                await connection.run_sync(migrate)
        except (SQLAlchemyError, OSError) as error:
            raise complaints.unusable(engine.url, error) from error
        yield Store(engine)
    finally:
        await engine.dispose()


def create_engine(url: str) -> AsyncEngine:
    """An engine for `url`. Raises ConfigurationError for a URL or driver that cannot be used."""
    parsed = complaints.read_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            _prepare_file(parsed)
        engine = create_async_engine(parsed, hide_parameters=True)  # errors are logged, and names and chat are not
    except ImportError as error:
        raise complaints.missing_driver(parsed) from error
    except (SQLAlchemyError, OSError) as error:
        raise complaints.unusable(parsed, error) from error
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest form."""
    config = MigrationConfig()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _prepare_file(url: URL) -> None:
    """Only the owner may read the file: it holds names and chat."""
    if url.database in (None, "", ":memory:"):
        return
    path = Path(str(url.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
