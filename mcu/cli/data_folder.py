"""The folder of database, certificate and caches: made at the start, and what to do when it cannot be used."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from mcu.cli.faults import Fault, user
from mcu.store.health import MIN_FREE_BYTES

MAKE_ROOM = "Make room on that disk, or choose another folder with MCU_SERVER_DATA_DIR."
ELSEWHERE = "choose another folder with MCU_SERVER_DATA_DIR or [server] data_dir in mcu.toml"


def make(folder: Path) -> Path:
    """The folder, made when it is not there. Raises ConfigurationError; a full disk is no reason yet."""
    wrong = _unusable(folder)
    if wrong is not None:
        raise wrong.error()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Fault(
            f"[server] data_dir {folder} cannot be made: {error.strerror}", _advice(ELSEWHERE)
        ).error() from error
    return folder


def fault(folder: Path) -> Fault | None:
    """What must be mended before a server works with this folder; None when nothing."""
    wrong = _unusable(folder)
    if wrong is None and free_bytes(folder) < MIN_FREE_BYTES:
        return Fault(f"{free_bytes(folder) >> 20} MiB free for {folder}: the disk is full", MAKE_ROOM)
    return wrong


def free_bytes(folder: Path) -> int:
    """Free on the disk that has the folder, or will have it."""
    return shutil.disk_usage(_nearest(folder)).free


def _unusable(folder: Path) -> Fault | None:
    nearest = _nearest(folder)
    if not nearest.is_dir():
        return Fault(f"[server] data_dir {folder}: {nearest} is no folder", _advice(ELSEWHERE))
    if os.access(nearest, os.W_OK | os.X_OK):
        return None
    there = nearest == folder.resolve()
    problem = "cannot be written" if there else f"cannot be made: {nearest} cannot be written"
    detail = f"[server] data_dir {folder} {problem} by user {user()}"
    if os.statvfs(nearest).f_flag & os.ST_RDONLY:
        return Fault(f"{detail}: the file system is read-only", _advice(f"Mount it writable, or {ELSEWHERE}"))
    if not there:
        made = f"install -d -o {user()} -m 700 {folder.resolve()}"
        return Fault(detail, _advice(f"Run as root: {made} , or {ELSEWHERE}"))
    if nearest.stat().st_uid == os.geteuid():
        return Fault(detail, f"Run: chmod u+rwx {nearest}")
    owner = user(nearest.stat().st_uid)
    return Fault(
        f"{detail}; it belongs to {owner}",
        _advice(f"Start the server as {owner}, or run as root: chown -R {user()} {nearest} , or {ELSEWHERE}"),
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the deepest one above it that is there."""
    whole = folder.resolve()
    return next(path for path in (whole, *whole.parents) if os.path.lexists(path))


def _advice(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
