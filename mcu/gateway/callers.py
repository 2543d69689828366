"""Who may call, from where, and how many at once. Pure: time is an argument.

Rules:
1. A call comes from a configured network, or from the gatekeeper at which this server is registered; else it is cut
   off before its first byte is read.
2. Calls at once are limited in all and for one address; so is how fast one address begins them. Whoever is refused for
   that gets an answer in the protocol's own words.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable

from mcu.errors import ConfigurationError
from mcu.limits import IPV6_PREFIX, Allowance, Buckets, address_key

MOST_BY_ADDRESS = 60  # a bridge that brings the rooms of many centres; a gatekeeper that routes has no such limit
NONSENSE = 20  # calls that one counts as which ended for what its peer sent: to read it took that long
IPV4_PREFIX = 24
BEGUN = Allowance(burst=100, rate=20)  # begun by one address: a bridge that calls all its rooms makes ten a second


class Callers:
    """The calls that there are, by the address they came from."""

    def __init__(self, networks: Iterable[str], *, most: int) -> None:
        """Raises ConfigurationError."""
        self._networks = [_network(text) for text in networks]
        self._most = most
        self._calls: Counter[str] = Counter()
        self._begun = Buckets(BEGUN)
        self._gatekeepers: frozenset[str] = frozenset()
        self.refused: Counter[str] = Counter()  # by reason: network, busy, address-busy, too-fast

    @property
    def count(self) -> int:
        return self._calls.total()

    def trust(self, gatekeepers: Iterable[str]) -> None:
        """Calls that a gatekeeper routes come from its address."""
        self._gatekeepers = frozenset(gatekeepers)

    def is_gatekeeper(self, ip: str) -> bool:
        """Whether calls that come from there are others', routed."""
        return ip in self._gatekeepers

    def is_known(self, ip: str) -> bool:
        """Whether anything is read from there at all; one that is not is counted."""
        address = ipaddress.ip_address(ip)
        known = ip in self._gatekeepers or any(address in network for network in self._networks)
        self.refused["network"] += not known
        return known

    def begin(self, ip: str, *, now: float) -> bool:
        """One more call from or to `ip`, which `end` must follow; False, counted, when that is too many."""
        key = address_key(ip)
        if self.count >= self._most:
            self.refused["busy"] += 1
        elif self._calls[key] >= MOST_BY_ADDRESS and ip not in self._gatekeepers:
            self.refused["address-busy"] += 1
        elif not self._begun.take(key, now=now):
            self.refused["too-fast"] += 1
        else:
            self._calls[key] += 1
            return True
        return False

    def spoke_nonsense(self, ip: str) -> None:
        """A call with `ip` ended for what was sent; that address begins fewer for a while."""
        if ip not in self._gatekeepers:
            self._begun.charge(address_key(ip), cost=NONSENSE)

    def end(self, ip: str) -> None:
        key = address_key(ip)
        self._calls[key] -= 1
        if self._calls[key] <= 0:
            del self._calls[key]


def network_of(ip: str) -> str:
    """The network of an address, for a log in which addresses have no place."""
    address = ipaddress.ip_address(ip)
    return str(ipaddress.ip_network((address, IPV4_PREFIX if address.version == 4 else IPV6_PREFIX), strict=False))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise ConfigurationError(f"[h323] networks: {text} is no network: {error}") from error
