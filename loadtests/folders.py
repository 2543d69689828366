"""Folders of one process's run: each is removed by whoever made it, and all together when the process ends at once."""

from __future__ import annotations

import tempfile
from weakref import WeakSet

PREFIX = "mcu-loadtest-"
_made: WeakSet[tempfile.TemporaryDirectory[str]] = WeakSet()


def make(what: str = "") -> tempfile.TemporaryDirectory[str]:
    """An empty one, gone with `cleanup` or with the process. What a server still writes there is no reason to fail."""
    folder = tempfile.TemporaryDirectory(prefix=PREFIX + what, ignore_cleanup_errors=True)
    _made.add(folder)
    return folder


def remove_all() -> None:
    """Every one that is still there."""
    for folder in list(_made):
        folder.cleanup()
