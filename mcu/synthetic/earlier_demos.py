"""What demos leave behind: a note of each conference while its demo runs, found by the next one when a demo was killed.

Rules:
1. A title is no proof: only what a demo has noted is ended.
2. A running demo holds a lock on its note, which the kernel gives up with the process, however that ends.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec


class _Note(msgspec.Struct, frozen=True):
    server: str
    conference: str  # its id in REST


class Trace:
    """The note of one conference; `erase` it once the conference has ended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def erase(self) -> None:
        self._path.unlink(missing_ok=True)


@contextmanager
def note(folder: Path, *, server: str, conference: str) -> Iterator[Trace]:
    """Keep a note in `folder`, locked while the context lasts; it stays when it is not erased. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{conference}.json"
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(msgspec.json.encode(_Note(server, conference)))
        file.flush()
        yield Trace(path)


def left_behind(folder: Path, *, server: str) -> list[str]:
    """The conferences on `server` whose demos do not run any more; their notes are taken away. Raises OSError."""
    found = []
    for path in sorted(folder.glob("*.json")):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                noted = msgspec.json.decode(file.read(), type=_Note)
            except BlockingIOError:
                continue  # its demo runs
            except msgspec.DecodeError:
                path.unlink(missing_ok=True)  # killed while it wrote
                continue
            if noted.server == server:
                path.unlink(missing_ok=True)
                found.append(noted.conference)
    return found
