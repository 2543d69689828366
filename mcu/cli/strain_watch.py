"""Tells whoever watches a demo in time that the machine is too busy for one more participant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mcu.controller.pool import MOST_STRAIN, REPORT_SECONDS, ProcessorPool

NEAR = 0.9 * MOST_STRAIN  # of a thread's time: somebody who joins costs some more
REPORTS = 2  # in a row: one alone may be the moment in which everybody enters
CALM_REPORTS = 10  # in a row, before it is told again...
QUIET_SECONDS = 300.0  # ...and not before this: a machine at its limit crosses it again and again
QUIET_REPORTS = round(QUIET_SECONDS / REPORT_SECONDS)


class StrainWatch:
    """Judges load reports; `update` is true once for each time that the machine becomes too busy."""

    def __init__(self) -> None:
        self._near = self._calm = 0  # reports in a row
        self._calmed = True  # since it was told
        self._since = QUIET_REPORTS  # reports since it was told

    def update(self, strain: float) -> bool:
        """Take the strain of a report, of the least strained MP."""
        self._near, self._calm = (self._near + 1, 0) if strain > NEAR else (0, self._calm + 1)
        self._calmed = self._calmed or self._calm == CALM_REPORTS
        self._since += 1
        if self._near < REPORTS or not self._calmed or self._since < QUIET_REPORTS:
            return False
        self._calmed, self._since = False, 0
        return True


async def watch(pool: ProcessorPool, tell: Callable[[], None]) -> None:
    """Call `tell` whenever the machine becomes too busy, until cancelled."""
    watched = StrainWatch()
    while True:
        await asyncio.sleep(REPORT_SECONDS)
        strains = [load.strain for load in pool.loads.values()]
        if strains and watched.update(min(strains)):
            tell()
