"""From where the packets of one stream are taken, and where packets go whose negotiated address leads nowhere.

Rules:
1. Only the addresses that the call named are allowed (media, media control, signaling). The port is learnt from the
   first packet that belongs to the stream: many rooms and all translators send from another than they receive on.
2. Another address or port of those allowed takes over only when nothing came from the present one for SWITCH_SECONDS.
3. Packets go where call control said. They follow the learnt address in two cases: call control named none that can be
   sent to; or it named a private one, and what comes, comes from an address that no channel names: then a translator
   stands between, whose address is that of the signaling. As only allowed addresses are learnt, nobody can
   have a third party flooded.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Collection

SWITCH_SECONDS = 2.0  # of silence; a hundred packets of sound, and less than a peer needs to move a call elsewhere

Place = tuple[str, int]  # numeric IP address and port
NOWHERE: Place = ("", 0)


def plain_ip(text: str) -> str:
    """A numeric address in the one form in which sockets of its family give it. Raises ValueError."""
    ip = ipaddress.ip_address(text)
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def is_usable(place: Place) -> bool:
    """Whether something can be sent there: some peers say 0.0.0.0 or port 0 for "not yet"."""
    ip, port = place
    return bool(ip) and port != 0 and not ipaddress.ip_address(ip).is_unspecified


class SourceLatch:
    """Of one stream."""

    def __init__(self) -> None:
        self.current = NOWHERE  # where packets come from
        self.heard = -math.inf  # when the last one came from there, monotonic seconds; set by whoever takes it
        self.reports_from = NOWHERE  # where reports come from; set by whoever takes them
        self._allowed: frozenset[str] = frozenset()

    def clear(self) -> None:
        """The stream is over: nothing is known, and nobody is allowed."""
        self.current = self.reports_from = NOWHERE
        self.heard = -math.inf
        self._allowed = frozenset()

    def allow(self, ips: Collection[str]) -> bool:
        """Take packets from these addresses alone; whether the present one is still among them."""
        self._allowed = frozenset(ips)
        if self.current != NOWHERE and self.current[0] not in self._allowed:
            self.current, self.heard = NOWHERE, -math.inf
            return False
        return True

    def allows(self, ip: str) -> bool:
        return ip in self._allowed

    def searching(self, now: float) -> bool:
        """Whether a packet from elsewhere would be listened to."""
        return now - self.heard >= SWITCH_SECONDS

    def take(self, place: Place, now: float) -> bool:
        """A packet of the stream came from there; False when the place has no say now."""
        if place[0] not in self._allowed or (place != self.current and not self.searching(now)):
            return False
        self.current, self.heard = place, now
        return True

    def destination(self, told: Place, named: Collection[str]) -> Place:
        """Where to send when call control `told` an address; `named` are the IP addresses of all channels. NOWHERE
        when nobody knows."""
        usable = is_usable(told)
        if self.current == NOWHERE:
            return told if usable else NOWHERE
        translated = usable and not ipaddress.ip_address(told[0]).is_global and self.current[0] not in named
        return self.current if translated or not usable else told
