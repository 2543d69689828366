"""What is open in a call, told to the MP as a whole: one update at a time, always the newest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from mcu.errors import RefusedError

log = structlog.get_logger()


class MediaUpdates:
    """Those of one call. `update` tells the MP, and is False while there is nowhere to tell it."""

    def __init__(
        self,
        *,
        call: str,
        update: Callable[[], Awaitable[bool]],
        is_over: Callable[[], bool],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """`call` is the call's id, for the log."""
        self._call = call
        self._update = update
        self._is_over = is_over
        self._spawn = spawn
        self._dirty = self._pushing = False

    def push(self) -> None:
        """Tell the MP what is open now."""
        self._dirty = True
        if not self._pushing:
            self._pushing = True
            self._spawn(self._push_newest())

    async def _push_newest(self) -> None:
        try:
            while self._dirty and not self._is_over():
                self._dirty = False
                if not await self._update():
                    break
        except RefusedError as error:
            log.info("no media any more", call=self._call, code=error.code, detail=error.detail)
        finally:
            self._pushing = False
