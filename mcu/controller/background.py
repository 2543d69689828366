"""Work that nobody waits for: one task group, and no failure that goes unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from mcu.errors import RefusedError, StorageError

log = structlog.get_logger()

Work = Coroutine[Any, Any, None]


class Background:
    """Work may be given before `run`; after `close` it is not begun any more."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None
        self._waiting: list[Work] = []  # until there is a task group
        self.closed = False  # the server stops
        self.failures = 0  # bugs caught here

    async def run(self, foreground: Work) -> None:
        """Own the tasks while `foreground` runs."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for work in self._waiting:
                    group.create_task(self.guarded(work))
                self._waiting.clear()
                try:
                    await foreground
                except BaseException:  # cancelled, too
                    self.close()  # the group takes no more from here on
                    raise
        finally:
            self.close()

    def spawn(self, work: Work) -> None:
        """Do `work` in the background; refusals and bugs are logged."""
        if self.closed:
            work.close()
        elif self._group is None:
            self._waiting.append(work)
        else:
            self._group.create_task(self.guarded(work))

    async def guarded(self, work: Work, **context: str) -> None:
        """Refusals and a failing database are logged, a bug with its traceback, and nobody else is disturbed."""
        try:
            await work
        except RefusedError as error:
            log.info("background work refused", code=error.code, detail=error.detail, **context)
        except StorageError as error:
            log.error("storage failed", error=str(error), **context)
        except Exception:  # it would end the task group, and with it all conferences
            log.exception("background work failed", **context)
            self.failures += 1

    def close(self) -> None:
        self.closed = True
        for work in self._waiting:
            work.close()
        self._waiting.clear()
