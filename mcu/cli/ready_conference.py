"""The conference that is always there: made at the first start, the same at every later one."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import structlog

from mcu.cli.faults import unreadable
from mcu.controller.registry import Registry
from mcu.errors import ConfigurationError, StorageError

FILE = "ready-conference.json"
TITLE = "회의 · Meeting"

log = structlog.get_logger()


class ReadyConference(msgspec.Struct, frozen=True):
    """What its creator was told; the store itself keeps only hashes of PIN and key."""

    id: str  # of the link, /c/<id>
    number: str
    pin: str
    chair_key: str


async def ensure(registry: Registry, data: Path) -> ReadyConference:
    """The ready conference, created when there is none or when it was ended. Raises ConfigurationError."""
    path = data / FILE
    try:
        kept = _read(path)
    except OSError as error:
        raise unreadable(path, error).error() from error
    try:
        if kept is not None and await registry.exists(kept.id):
            return kept
        created = await registry.create_conference(title=TITLE)
    except StorageError as error:
        reason = str(error).splitlines()[0]
        raise ConfigurationError(
            f"The database takes no writes ({reason}). Check free space and permissions."
        ) from error
    ready = ReadyConference(created.link, created.number, created.pin, created.chair_key)
    try:
        _write(path, ready)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"{path} cannot be written: {reason}. Check free space and permissions.") from error
    return ready


def _write(path: Path, ready: ReadyConference) -> None:
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(msgspec.json.encode(ready))


def _read(path: Path) -> ReadyConference | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ReadyConference)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        log.warning("ready conference file is damaged; a new one is made", path=str(path), error=str(error))
        return None
