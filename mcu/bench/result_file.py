"""The file that a measurement is written to: written as a whole, by one program at a time, and tried before anything is
measured.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mcu.errors import ConfigurationError


def write(path: Path, data: bytes) -> None:
    """A reader never sees half of it. Raises OSError."""
    partial = _partial(path)
    partial.write_bytes(data)
    partial.replace(path)


def require_writable(path: Path, advice: str = "run it in a folder of yours, or name a file with --output") -> None:
    """Raise ConfigurationError where `write` would fail: better before minutes of measuring than after."""
    if path.is_dir():
        raise ConfigurationError(f"{path.absolute()} is a folder; choose a file")
    if path.exists() and not path.is_file():  # a device may be read without end
        raise ConfigurationError(f"{path.absolute()} is no ordinary file; choose another")
    try:
        partial = _partial(path)
        partial.touch()
        partial.unlink()
    except OSError as error:
        raise ConfigurationError(f"{path.absolute()} cannot be written: {error.strerror}; {advice}") from error


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Nobody else measures into the same file: each would write away what the other found.

    Raises ConfigurationError where somebody does. What is locked is a file beside it, which stays.
    """
    with contextlib.ExitStack() as stack:
        name = path.with_name(f"{path.name}.lock")
        try:
            fcntl.flock(stack.enter_context(name.open("a")), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"another run measures into {path.absolute()}: wait for its end, for both would be measured busy"
            ) from error
        except OSError as error:
            raise ConfigurationError(f"{name.absolute()} cannot be locked: {error.strerror}; remove it") from error
        yield


def _partial(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_suffix(f".{os.getpid()}")
