"""Text files as gzip (RFC 1952), made lean and compressed once each: lines are slow.

Only files of the web client, which hold no secret: what is personal is never compressed together with what others
choose (BREACH).
"""

from __future__ import annotations

import gzip
import os
from collections import OrderedDict
from pathlib import Path

from mcu.signaling.lean import lean

MOST_FILES = 512  # kept; the web client has under a hundred
MOST_BYTES = 1 << 20  # of a file: compressed between two requests it must not hold the others up
LEVEL = 9

_Key = tuple[str, int, int]  # path, modification time in ns, bytes


class Compressor:
    """Keeps what it has compressed until the file changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()

    def compressed(self, path: Path | str, details: os.stat_result) -> bytes | None:
        """The file as gzip, or None when it is too large to be worth it."""
        if details.st_size > MOST_BYTES:
            return None
        key = (str(path), details.st_mtime_ns, details.st_size)
        found = self._kept.get(key)
        if found is None:
            text = lean(Path(path).read_text(encoding="utf-8"), Path(path).suffix)
            found = gzip.compress(text.encode(), LEVEL, mtime=0)
            self._kept[key] = found
            if len(self._kept) > MOST_FILES:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return found


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a request's Accept-Encoding allows gzip (RFC 9110, 12.5.3)."""
    allowed: dict[str, bool] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        allowed[name.strip()] = not (weight and weight.strip("0.") == "")
    return allowed.get("gzip", allowed.get("*", False))
