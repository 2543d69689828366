"""Transport addresses, as H.225.0, H.245 and capture files have them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from mcu.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Address:
    """A numeric IP address and a port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    @property
    def is_usable(self) -> bool:
        """Whether something can be sent there: some peers say 0.0.0.0 or port 0 for "not yet"."""
        return self.port != 0 and not ipaddress.ip_address(self.ip).is_unspecified


def to_h225(address: Address) -> Any:
    """The TransportAddress of H.225.0."""
    name, field = ("ipAddress", "ip") if ":" not in address.ip else ("ip6Address", "ip")
    return name, {field: ipaddress.ip_address(address.ip).packed, "port": address.port}


def from_h225(value: Any) -> Address | None:
    """The address in a TransportAddress; None for kinds that nobody sends over IP."""
    name, fields = value
    if name not in {"ipAddress", "ip6Address"}:
        return None
    return _address(fields["ip"], fields["port"])


def to_h245(address: Address) -> Any:
    """The TransportAddress of H.245."""
    packed = ipaddress.ip_address(address.ip).packed
    name = "iPAddress" if len(packed) == 4 else "iP6Address"
    return "unicastAddress", (name, {"network": packed, "tsapIdentifier": address.port})


def from_h245(value: Any) -> Address | None:
    """The address in an H.245 TransportAddress; None for multicast and for kinds that nobody sends over IP."""
    kind, unicast = value
    if kind != "unicastAddress" or unicast[0] not in {"iPAddress", "iP6Address"}:
        return None
    return _address(unicast[1]["network"], unicast[1]["tsapIdentifier"])


def parse(text: str, default_port: int) -> Address:
    """The address in "192.0.2.1", "192.0.2.1:1720", "2001:db8::1" or "[2001:db8::1]:1720". Raises ProtocolError."""
    host, _, port = text.rpartition(":")
    if text.startswith("["):
        host, end, rest = text[1:].partition("]")
        if not end or (rest and not rest.startswith(":")):
            raise ProtocolError(f"{text[:80]!r} is no address")
        port = rest.removeprefix(":")
    elif text.count(":") != 1:
        host, port = text, ""
    try:
        ip = ipaddress.ip_address(host)
        if port and not (port.isascii() and port.isdigit()):  # int() reads more than that
            raise ValueError(port)
        number = int(port) if port else default_port
    except ValueError as error:
        raise ProtocolError(f"{text[:80]!r} is no address") from error
    if not 0 < number < 65_536:
        raise ProtocolError(f"{number} is no port")
    return Address(str(getattr(ip, "ipv4_mapped", None) or ip), number)


def _address(packed: bytes, port: int) -> Address:
    ip = ipaddress.ip_address(packed)
    return Address(str(getattr(ip, "ipv4_mapped", None) or ip), port)
