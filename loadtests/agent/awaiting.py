"""Waiting for something that callbacks bring about, with a limit, and with an end when nothing can come any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from loadtests.agent.member import Failed


class News:
    """`stir` whenever something happened; `close` when nothing will any more."""

    def __init__(self) -> None:
        self._stirred = asyncio.Event()
        self._end: Failed | None = None

    def stir(self) -> None:
        """Whoever waits looks again."""
        self._stirred.set()

    def close(self, why: Failed) -> None:
        """Whoever waits, now or later, fails with this; the first reason stays."""
        self._end = self._end or why
        self.stir()

    def check_open(self) -> None:
        """Raises Failed after `close`."""
        if self._end is not None:
            raise Failed(self._end.kind, self._end.detail)

    async def until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until it holds. Raises Failed: "timeout", or why nothing comes."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self.check_open()
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            raise Failed("timeout", f"{what}: not within {seconds:g} s") from None
