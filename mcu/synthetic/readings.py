"""Sockets that are read together at intervals, instead of each as soon as something comes.

On one machine whoever sends a datagram does the kernel's work of waking whoever waits for it. A crowd that is woken
for each of its packets would so put its own cost on the server's account, and turn the server's code out of the caches
between one packet and the next. From elsewhere a server is not charged for that, so a crowd does not wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

READING_SECONDS = 0.02  # of one participant at 1.2 Mbit/s, four packets; the socket takes those of half a second

log = structlog.get_logger()


class Readings:
    """`add` and `discard` what reads a socket. Has a timer only while there is something to read."""

    def __init__(self) -> None:
        self.failed = 0  # that raised, and are read no more
        self._reads: dict[Callable[[], None], None] = {}  # in order; as many as there are clients
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0  # on the loop's clock

    def add(self, read: Callable[[], None]) -> None:
        """From now on call `read` every READING_SECONDS."""
        self._reads[read] = None
        if self._timer is None:
            self._due = asyncio.get_running_loop().time()
            self._arm()

    def discard(self, read: Callable[[], None]) -> None:
        """Call it no more; nothing if it was not there."""
        self._reads.pop(read, None)
        if not self._reads:
            self.close()

    def close(self) -> None:
        """Forget all of them."""
        self._reads.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = max(self._due + READING_SECONDS, loop.time())  # what was late is not made up for
        self._timer = loop.call_at(self._due, self._run)

    def _run(self) -> None:
        self._arm()
        for read in tuple(self._reads):
            if read not in self._reads:  # ended by one before it
                continue
            try:
                read()
            except Exception:  # a bug costs one of a hundred participants, and is counted
                log.exception("a synthetic participant could not be read")
                self.failed += 1
                self.discard(read)
