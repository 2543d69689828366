"""Faults of an installation: what is wrong and what to do, for `mcu serve` to end with and `mcu doctor` to list."""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mcu.errors import ConfigurationError, McuError


@dataclass(frozen=True, slots=True)
class Fault:
    """`detail` says what is wrong, without a full stop; `advice` says what to do."""

    detail: str
    advice: str

    def error(self) -> ConfigurationError:
        return ConfigurationError(f"{self.detail}. {self.advice}")


@contextlib.contextmanager
def one_sentence(*kinds: type[McuError], prefix: str = "") -> Iterator[None]:
    """Errors of `kinds` leave a task group as one ConfigurationError; a bug among them leaves with its traceback."""
    try:
        yield
    except BaseExceptionGroup as group:
        _, bugs = group.split(kinds)
        if bugs is not None:
            raise
        sentences = dict.fromkeys(str(error) for error in _leaves(group))
        raise ConfigurationError(prefix + "; ".join(sentences)) from None


def user(uid: int | None = None) -> str:
    """The name of a user, of the one that this process runs as when left out; the number where there is no name."""
    number = os.geteuid() if uid is None else uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def unreadable(path: Path, error: OSError) -> Fault:
    """A file of ours that is there and cannot be read."""
    detail = f"{path} cannot be read: {error.strerror or error}"
    if isinstance(error, PermissionError):
        return Fault(detail, f"Let user {user()} read it (chown, chmod), or start the server as its owner.")
    return Fault(detail, "Check the file and its disk.")


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
