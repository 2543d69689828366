"""A call's media on the way to other ports: when the MP was lost, and from the entrance to a conference elsewhere.

Rules:
1. Ports first, then the peer is told (`Call.move_media`), then the MP what is open.
2. MOST_LOSSES in LOSS_SECONDS are healed; an MP that goes down more often is not worth a room's patience.
3. A peer that was sending and opens nothing at the new ports within WAIT_SECONDS is hung up: it would stay silent.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from mcu import control
from mcu.errors import RefusedError

MOST_LOSSES, LOSS_SECONDS = 3, 60.0
WAIT_SECONDS = 15.0  # an empty set that is not heeded, and requests to close, take 4; determination again up to 10

log = structlog.get_logger()


class MediaMoves:
    """Those of one call. `reserve` finds ports, `tell` gives them to the call, `give_up` ends it."""

    def __init__(
        self,
        *,
        reserve: Callable[[], Awaitable[tuple[control.RtpPorts, ...]]],
        tell: Callable[[tuple[control.RtpPorts, ...]], None],
        hears: Callable[[], bool],
        give_up: Callable[[], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """`hears` says whether the peer has a channel open to us."""
        self._reserve = reserve
        self._tell = tell
        self._hears = hears
        self._give_up = give_up
        self._spawn = spawn
        self._losses: deque[float] = deque(maxlen=MOST_LOSSES)
        self._count = 0
        self._watch: asyncio.TimerHandle | None = None

    def lost(self) -> None:
        """The ports are gone."""
        now = time.monotonic()
        if len(self._losses) == MOST_LOSSES and now - self._losses[0] < LOSS_SECONDS:
            self._give_up()
            return
        self._losses.append(now)
        self._count += 1
        self._spawn(self._heal(self._count))

    def move(self, ports: tuple[control.RtpPorts, ...]) -> None:
        """Media goes through `ports` from now on."""
        heard = self._hears()
        self._tell(ports)
        self.close()
        if heard:
            self._watch = asyncio.get_running_loop().call_later(WAIT_SECONDS, self._look)

    def close(self) -> None:
        """The call is over."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def _heal(self, count: int) -> None:
        try:
            ports = await self._reserve()
        except RefusedError as error:
            if count == self._count:  # else the next loss is being seen to
                log.info("no media any more", code=error.code, detail=error.detail)
                self._give_up()
            return
        self.move(ports)

    def _look(self) -> None:
        self._watch = None
        if not self._hears():
            log.info("a room opened no channel to its new ports")
            self._give_up()
