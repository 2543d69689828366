"""What a database complains about, in words without SQL, addresses of libraries or the secrets of a URL."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mcu.errors import ConfigurationError

KINDS = "sqlite+aiosqlite:////FOLDER/mcu.sqlite3 and postgresql+asyncpg://USER:PASSWORD@HOST/NAME"
DRIVERS = {"sqlite+aiosqlite", "postgresql+asyncpg"}
SETTING = "[database] url"
MIN_START_BYTES = 1 << 20  # the log and the index of a new database take some tens of kilobytes


def reason(error: BaseException) -> str:
    """The database's own words; SQLAlchemy adds the statement and an address of its documentation."""
    said = str(getattr(error, "orig", None) or error).strip()
    # asyncpg's errors come wrapped as "<class '…'>: words"
    words = said.partition(">: ")[2] if said.startswith("<class ") else said
    return (words.splitlines() or [type(error).__name__])[0]


def read_url(text: str) -> URL:
    """The URL of a database of a kind that the server works with. Raises ConfigurationError, without the password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(f"{SETTING} is not the URL of a database. Supported are {KINDS}.") from error
    if url.drivername not in DRIVERS:
        raise ConfigurationError(f"{SETTING}: {url.drivername} is not supported. Supported are {KINDS}.")
    return url


def unusable(url: URL, error: BaseException) -> ConfigurationError:
    """The error to end with when the database at `url` cannot be opened."""
    if url.get_backend_name() != "sqlite":
        place = f"{url.host or 'localhost'}:{url.port or 5432}"
        return ConfigurationError(
            f"The database {url.database} at {place} cannot be used: {reason(error)}. "
            f"Check that it runs, and {SETTING} (MCU_DATABASE_URL)."
        )
    path = Path(str(url.database))
    words = error.strerror or str(error) if isinstance(error, OSError) else reason(error)
    return ConfigurationError(f"The database {path} cannot be used: {words}. {_advice(path, error)}")


def missing_driver(url: URL) -> ConfigurationError:
    """asyncpg is not installed with the server."""
    driver = url.drivername.partition("+")[2]
    return ConfigurationError(f"{SETTING} needs {driver}. Run: .venv/bin/pip install 'asyncpg>=0.30,<1'")


def _advice(path: Path, error: BaseException) -> str:
    if path.parent.exists() and shutil.disk_usage(path.parent).free < MIN_START_BYTES:  # SQLite calls it an I/O error
        return "Its disk is full: make room."
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return "Restore it from a backup, or move it away to begin anew."
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return "Let the user that runs the server write the file and its folder (chown, chmod)."
    return "Check the file, its folder and its disk."
