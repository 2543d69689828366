"""What waits to be sent on one connection: bounded, and broken rather than late.

A consumer that lets MAX_MESSAGES or MAX_BYTES pile up does not read; losing single messages would leave it with a wrong
picture of the conference, so it loses the connection, resumes, and is told everything anew.
"""

from __future__ import annotations

import asyncio
from collections import deque

MAX_MESSAGES = 1_000  # over a minute of everything that happens in a lively conference of 100
MAX_BYTES = 4 << 20


class Outbox:
    """Filled without waiting, emptied by one writer. `overflowed` is set when it broke."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._finished = False
        self.overflowed = asyncio.Event()

    def put(self, text: str) -> None:
        """Add a message; nothing is added any more after `finish` or an overflow."""
        if self._finished or self.overflowed.is_set():
            return
        if len(self._waiting) >= MAX_MESSAGES or self._bytes + len(text) > MAX_BYTES:
            self.overflowed.set()
            return
        self._waiting.append(text)
        self._bytes += len(text)
        self._changed.set()

    def finish(self) -> None:
        """What was put so far is still sent, nothing more."""
        self._finished = True
        self._changed.set()

    async def get(self) -> str | None:
        """The next message, or None after the last one."""
        while not self._waiting:
            if self._finished:
                return None
            self._changed.clear()
            await self._changed.wait()
        text = self._waiting.popleft()
        self._bytes -= len(text)
        return text
