"""How much one connection, one address and one conference may ask. Pure: time is an argument.

A token bucket holds up to `burst` tokens and gains `rate` a second; what is asked for costs tokens.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakValueDictionary

MAX_KEYS = 10_000  # buckets kept; beyond that the one used longest ago is forgotten, which only helps its owner
IPV6_PREFIX = 64  # a single customer has at least this much, so each address of it counts as one


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` tokens at once, `rate` tokens a second afterwards."""

    burst: float
    rate: float


MESSAGES = Allowance(burst=60, rate=20)  # a browser that joins sends about 30 candidates at once
REQUESTS = Allowance(burst=100, rate=20)  # REST, WHIP and WHEP, by address
ADDRESS_ATTEMPTS = Allowance(burst=10, rate=1 / 30)  # failures to enter, by address: a PIN lasts a year
CONFERENCE_ATTEMPTS = Allowance(burst=30, rate=1 / 30)  # and by meeting number, from however many addresses

REACTIONS = Allowance(burst=60, rate=20)  # in one conference: applause of all is seen, and floods nobody's line

# What costs more than one token: it is written to disk, told to everybody, or makes a processor work.
COSTS = {
    "chat": 4.0,
    "react": 10.0,
    "caption": 4.0,
    "offer": 10.0,
    "layout": 4.0,
    "enter": 5.0,
    "resume": 5.0,
    "candidate": 0.5,
    "moderate": 2.0,
    "add_rooms": 10.0,
    "call_rooms": 10.0,
    "hang_up_room": 2.0,
    "remove_room": 4.0,
    "send_keys": 2.0,
}


class TokenBucket:
    """Full at first."""

    def __init__(self, allowance: Allowance, *, now: float) -> None:
        self._allowance = allowance
        self._tokens = allowance.burst
        self._at = now

    def take(self, cost: float, *, now: float) -> bool:
        """Pay `cost` if there is enough; says whether."""
        elapsed = max(0.0, now - self._at)
        self._tokens = min(self._allowance.burst, self._tokens + elapsed * self._allowance.rate)
        self._at = now
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True

    def charge(self, cost: float) -> None:
        """Take what was not asked for first; at most a whole burst is owed."""
        self._tokens = max(-self._allowance.burst, self._tokens - cost)

    def give_back(self, cost: float) -> None:
        """Undo a `take`."""
        self._tokens = min(self._allowance.burst, self._tokens + cost)


class Buckets:
    """A bucket for each key, the least recently used forgotten beyond MAX_KEYS."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def take(self, key: str, *, now: float, cost: float = 1.0) -> bool:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self._allowance, now=now)
            if len(self._buckets) > MAX_KEYS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket.take(cost, now=now)

    def charge(self, key: str, *, cost: float) -> None:
        if bucket := self._buckets.get(key):
            bucket.charge(cost)

    def give_back(self, key: str, *, cost: float = 1.0) -> None:
        if bucket := self._buckets.get(key):
            bucket.give_back(cost)


class Attempts:
    """Failed attempts to enter, and wrong API keys.

    Paid before trying, so that many at once do not get through; given back on success.
    """

    def __init__(self) -> None:
        self._addresses = Buckets(ADDRESS_ATTEMPTS)
        self._conferences = Buckets(CONFERENCE_ATTEMPTS)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, address: str) -> asyncio.Lock:
        """Held while somebody at `address` tries: an office that comes all at once is not somebody who guesses."""
        return self._turns.setdefault(address, asyncio.Lock())

    def begin(self, address: str, number: str | None, *, now: float) -> bool:
        """Whether somebody at `address` may try, with meeting `number` when that is how."""
        if not self._addresses.take(address, now=now):
            return False
        if number is not None and not self._conferences.take(number, now=now):
            self._addresses.give_back(address)
            return False
        return True

    def succeeded(self, address: str, number: str | None) -> None:
        self._addresses.give_back(address)
        if number is not None:
            self._conferences.give_back(number)


class Connections:
    """How many connections are open, in all and by address."""

    def __init__(self, *, most: int, most_by_address: int) -> None:
        self._most = most
        self._most_by_address = most_by_address
        self._open: dict[str, int] = {}
        self.count = 0

    def begin(self, address: str) -> bool:
        """Count one more, unless there are too many."""
        if self.count >= self._most or self._open.get(address, 0) >= self._most_by_address:
            return False
        self._open[address] = self._open.get(address, 0) + 1
        self.count += 1
        return True

    def end(self, address: str) -> None:
        self.count -= 1
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


def address_key(host: str) -> str:
    """The key for limits: an IPv4 address, or the /64 of an IPv6 address; mapped IPv4 counts as IPv4."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)


def is_loopback(host: str) -> bool:
    """Whether `host` is an address of this machine alone."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback
