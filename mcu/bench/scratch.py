"""Folders for as long as something is measured; what a killed run left behind goes when the next one begins."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

NAME = re.compile(r"mcu-bench-(\d{1,9})-")  # with the process that made it


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty one, removed at the end with all that is in it."""
    _remove_orphans(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=f"mcu-bench-{os.getpid()}-", ignore_cleanup_errors=True) as path:
        yield Path(path)


def _remove_orphans(where: Path) -> None:
    """Those of ours whose process is gone."""
    for path in where.glob("mcu-bench-*"):
        named = NAME.match(path.name)
        if named is None or Path("/proc", named[1]).exists():
            continue
        with contextlib.suppress(FileNotFoundError):  # another run was quicker
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid():
                shutil.rmtree(path, ignore_errors=True)
