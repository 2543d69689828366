"""A database that cannot be used is said in words: which, why, and what to do; never its password, never SQL."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from mcu.errors import ConfigurationError
from mcu.store import complaints
from mcu.store.database import create_engine, open_store
from tests.support.small_disk import fill, small_disk


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://mcu:secret@db/mcu", "mysql is not supported"),
        ("postgresql://mcu:secret@db/mcu", "postgresql is not supported"),
        ("sqlite:///secret.sqlite3", "sqlite is not supported"),
        ("secret", "is not the URL of a database"),
        ("postgresql+asyncpg://mcu:secret@db:many/mcu", "is not the URL of a database"),
    ],
)
def test_a_url_that_cannot_be_used_says_which_can(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        create_engine(url)
    assert sentence in str(caught.value)
    assert "sqlite+aiosqlite" in str(caught.value)
    assert "postgresql+asyncpg" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mcu.sqlite3"
    path.write_text("certainly no database, of more than a hundred bytes" * 4)
    with pytest.raises(ConfigurationError) as caught:
        async with open_store(f"sqlite+aiosqlite:///{path}"):
            pass
    assert str(caught.value) == (
        f"The database {path} cannot be used: file is not a database. "
        "Restore it from a backup, or move it away to begin anew."
    )


def test_a_file_that_may_not_be_written_is_not_blamed_on_the_url(tmp_path: Path) -> None:
    (tmp_path / "mcu.sqlite3").mkdir()
    with pytest.raises(ConfigurationError) as caught:
        create_engine(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}")
    assert "mcu.sqlite3 cannot be used: Is a directory" in str(caught.value)
    assert "url" not in str(caught.value)


async def test_a_full_disk_is_told_to_be_emptied(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        fill(folder)
        with pytest.raises(ConfigurationError, match=r"Its disk is full: make room\.$"):
            async with open_store(f"sqlite+aiosqlite:///{folder / 'mcu.sqlite3'}"):
                pass


def test_postgresql_is_named_without_its_password() -> None:
    url = make_url("postgresql+asyncpg://mcu:secret@db.example.kr/meetings")
    said = str(complaints.unusable(url, ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed")))
    assert "meetings at db.example.kr:5432" in said
    assert "MCU_DATABASE_URL" in said
    assert "secret" not in said


def test_the_reason_is_the_databases_own_words() -> None:
    wrapped = Exception("<class 'asyncpg.exceptions.InvalidPasswordError'>: password is wrong")
    assert complaints.reason(OperationalError("SELECT name", {}, wrapped)) == "password is wrong"
    assert complaints.reason(TimeoutError()) == "TimeoutError"
