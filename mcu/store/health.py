"""Whether the database takes writes: asked by every probe and by the server itself, tried once in a few seconds."""

from __future__ import annotations

import asyncio
import enum
import shutil
from collections.abc import Callable
from datetime import datetime

import structlog

from mcu.errors import StorageError
from mcu.store.store import Store

CHECK_SECONDS = 5.0  # between two tries: each syncs the disk, and probes come from anybody
WATCH_SECONDS = 30.0  # between two tries of the server itself: a full disk should be in the log before people notice
PATIENCE_SECONDS = 4.0  # for one try: probes give up after about ten, and want to hear of it
# SQLite can go on for a while in the pages that its log has already; a log and a checkpoint of it take 4 MiB each.
MIN_FREE_BYTES = 16 << 20

log = structlog.get_logger()


class Condition(enum.StrEnum):
    """The values are codes of `mcu.signaling.messages`."""

    GOOD = "ok"
    FAILED = "database-failed"
    DISK_FULL = "disk-full"


class Health:
    """Of one store. Time is given: `now` in monotonic seconds, `at` in UTC."""

    def __init__(
        self, store: Store, *, min_free_bytes: int = MIN_FREE_BYTES, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._store = store
        self._patience = patience
        self._min_free_bytes = min_free_bytes
        self._trying = asyncio.Lock()
        self._tried: float | None = None
        self._condition = Condition.GOOD

    async def check(self, *, now: float, at: datetime) -> Condition:
        """The condition, at most CHECK_SECONDS old. Changes are logged."""
        async with self._trying:
            if self._tried is None or now - self._tried >= CHECK_SECONDS:
                before, (self._condition, reason) = self._condition, await self._try(at)
                self._tried = now
                if self._condition is not before:
                    _tell(self._condition, reason)
        return self._condition

    async def watch(self, *, clock: Callable[[], float], wall_clock: Callable[[], datetime]) -> None:
        """Check by itself until cancelled: where nobody asks, the log says it all the same."""
        while True:
            await self.check(now=clock(), at=wall_clock())
            await asyncio.sleep(WATCH_SECONDS)

    async def _try(self, at: datetime) -> tuple[Condition, str]:
        try:
            if self._store.folder is not None:
                free = shutil.disk_usage(self._store.folder).free
                if free < self._min_free_bytes:
                    return (
                        Condition.DISK_FULL,
                        f"{free >> 20} MiB free in {self._store.folder}, {self._min_free_bytes >> 20} are needed",
                    )
            async with asyncio.timeout(self._patience):
                await self._store.ping(at=at)
        except TimeoutError:
            return Condition.FAILED, f"no answer within {self._patience} s"
        except (StorageError, OSError) as error:
            return Condition.FAILED, str(error)
        return Condition.GOOD, ""


def _tell(condition: Condition, reason: str) -> None:
    match condition:
        case Condition.GOOD:
            log.info("database takes writes again")
        case Condition.DISK_FULL:
            log.error("disk is full", reason=reason, advice="Make room, or move [server] data_dir.")
        case Condition.FAILED:
            log.error("database takes no writes", reason=reason, advice="Check [database] url, permissions, disk.")
