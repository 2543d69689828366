"""How many may check their line, and how often. Pure: time is an argument."""

from __future__ import annotations

from collections import Counter

from mcu.errors import RefusedError
from mcu.limits import Allowance, Buckets

CHECKS = Allowance(burst=40, rate=1 / 2)  # by address: a town hall that opens its pages, then one every two seconds
TRANSFERS = Allowance(burst=240, rate=3.0)  # by address; a check makes six at the most
MAX_TRANSFERS = 8  # at once in the whole server: together they take less than the line of one full conference
MAX_OF_ONE = 3  # at once from one address, so that nobody takes them all


class LobbyLimits:
    """Of one server."""

    def __init__(self) -> None:
        self._checks = Buckets(CHECKS)
        self._transfers = Buckets(TRANSFERS)
        self._transferring: Counter[str] = Counter()

    def pay_check(self, address: str, now: float) -> None:
        """Raises RefusedError."""
        if not self._checks.take(address, now=now):
            raise RefusedError("too-fast")

    def begin_transfer(self, address: str, now: float) -> None:
        """Count one more until `end_transfer`. Raises RefusedError."""
        if self.transferring >= MAX_TRANSFERS or self._transferring[address] >= MAX_OF_ONE:
            raise RefusedError("busy", f"{self.transferring} transfers, {self._transferring[address]} of this address")
        if not self._transfers.take(address, now=now):
            raise RefusedError("too-fast")
        self._transferring[address] += 1

    def end_transfer(self, address: str) -> None:
        self._transferring[address] -= 1
        if not self._transferring[address]:
            del self._transferring[address]

    @property
    def transferring(self) -> int:
        """At once, in the whole server."""
        return self._transferring.total()
