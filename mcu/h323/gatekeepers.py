"""Which gatekeepers there are, in which order they are tried, and which is ours.

Rules:
1. Those of the settings come first, then alternates that a gatekeeper named, by priority (H.225.0 AlternateGK).
2. A gatekeeper that refuses us in favour of others is tried after them, or not at all (altGKisPermanent), until the
   next round.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from mcu.h323.address import Address
from mcu.h323.ras_messages import Alternate, Alternates


class Gatekeepers:
    """`configured` are those of the settings; with none, the group is asked, and whoever answers is ours."""

    def __init__(self, configured: Iterable[Address]) -> None:
        self._configured = tuple(Alternate(address) for address in configured)
        self._candidates = list(self._configured)
        self._at = 0
        self._current: Address | None = None

    @property
    def current(self) -> Address | None:
        """Where the RAS of ours is."""
        return self._current

    @property
    def following(self) -> Alternate | None:
        """Who is tried when ours fails."""
        return self._candidates[self._at + 1] if self._at + 1 < len(self._candidates) else None

    def knows(self, source: Address) -> bool:
        return source == self._current or any(source == one.address for one in self._candidates)

    def begin_round(self) -> None:
        """All failed: from the first again."""
        configured = list(self._configured)
        self._candidates = [*configured, *_without(self._candidates, configured)] if configured else []
        self._at = 0

    def restart(self) -> bool:
        """The one whose turn it is becomes ours. False if there is none, and the group must be asked."""
        self._current = self._candidates[self._at].address if self._candidates else None
        return self._current is not None

    def advance(self) -> bool:
        """The next becomes ours; False if there is none."""
        following = self.following
        if following is None:
            return False
        self._at += 1
        self._current = following.address
        return True

    def found(self, said: Address | None, source: Address) -> None:
        """GCF came from `source` and said where RAS is."""
        self._current = _reachable(said, source)

    def named(self, identifier: str, alternates: Alternates) -> None:
        """Ours, called `identifier`, named others to be tried when it fails. A new list replaces the former."""
        if alternates.given is None or self._current is None:
            return
        ours = Alternate(self._current, identifier)
        others = _without(alternates.given, [ours])
        self._candidates = [ours, *others, *_without(self._configured, [ours, *others])]
        self._at = 0

    def redirected(self, alternates: Alternates) -> None:
        """Ours refused us in favour of others, of which the first is next."""
        others = [one for one in alternates.given or () if one.address != self._current]
        if not others:
            return
        rest = [] if alternates.permanent else _without(self._configured, others)
        self._candidates = [Alternate(others[0].address, others[0].identifier), *others[1:], *rest]
        self._at = 0


def _without(some: Iterable[Alternate], others: Iterable[Alternate]) -> list[Alternate]:
    addresses = {one.address for one in others}
    return [one for one in some if one.address not in addresses]


def _reachable(said: Address | None, source: Address) -> Address:
    """Where the gatekeeper's RAS is: as it says, unless it is behind NAT and says its inner address."""
    if said is None or not said.is_usable:
        return source
    inner, seen = ipaddress.ip_address(said.ip), ipaddress.ip_address(source.ip)
    hidden = (inner.is_private and not seen.is_private) or (inner.is_loopback and not seen.is_loopback)
    return source if hidden else said
