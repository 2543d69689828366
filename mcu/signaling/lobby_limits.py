"""How many may check their line, and how often. Pure: time is an argument."""

from __future__ import annotations

from mcu.errors import RefusedError
from mcu.signaling.limits import Allowance, Buckets

CHECKS = Allowance(burst=40, rate=1 / 2)  # by address: a town hall that opens its pages, then one every two seconds
TRANSFERS = Allowance(burst=240, rate=3.0)  # by address; a check makes six at the most
MAX_TRANSFERS = 8  # at once in the whole server: together they take less than the line of one full conference


class LobbyLimits:
    """Of one server."""

    def __init__(self) -> None:
        self._checks = Buckets(CHECKS)
        self._transfers = Buckets(TRANSFERS)
        self.transferring = 0

    def pay_check(self, address: str, now: float) -> None:
        """Raises RefusedError."""
        if not self._checks.take(address, now=now):
            raise RefusedError("too-fast")

    def begin_transfer(self, address: str, now: float) -> None:
        """Count one more until `end_transfer`. Raises RefusedError."""
        if self.transferring >= MAX_TRANSFERS:
            raise RefusedError("busy", f"{MAX_TRANSFERS} transfers")
        if not self._transfers.take(address, now=now):
            raise RefusedError("too-fast")
        self.transferring += 1

    def end_transfer(self) -> None:
        self.transferring -= 1
