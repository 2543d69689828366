"""What rooms dial, and what is dialled to reach them: text to values.

Dialled in: a conference's number or link, `number##PIN`, `number*PIN`, `room@host`, `host##alias`, our address alone.
Dialled out: an address, `address##alias`, `alias@address`, an E.164 number or a name by the gatekeeper, with or
without "h323:" in front.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mcu.errors import ProtocolError, RefusedError
from mcu.h323.address import parse

SIGNALING_PORT = 1720  # H.225.0
MAX_DIALLED = 256  # characters of an alias that are looked at
NUMBER_DIGITS, PIN_DIGITS = 9, 6
_LINK = re.compile(r"[A-Za-z0-9_-]{22}")
_NUMBER = re.compile(rf"(\d{{{NUMBER_DIGITS}}})(?:(?:##|#|\*\*|\*|,)(\d{{{PIN_DIGITS}}})#?)?")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_E164 = re.compile(r"[0-9*#,+]{1,128}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conference a call is for: by `link`, or by `number` and perhaps `pin`; all "" when it did not say."""

    link: str = ""
    number: str = ""
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """Whom to call: at `host` directly when that is given, and there for `alias`; otherwise `alias` by the gatekeeper.

    `host` is a numeric address or a name of the DNS.
    """

    host: str = ""
    port: int = SIGNALING_PORT
    alias: str = ""

    @property
    def is_number(self) -> bool:
        return bool(_E164.fullmatch(self.alias))


def wanted(called: Iterable[str]) -> Wanted:
    """The conference among the names that a call came with, in their order."""
    for name in called:
        text = _bare(name)
        for part in (text, text.partition("@")[0], text.rpartition("##")[2], text.partition("##")[2]):
            if found := _NUMBER.fullmatch(part):
                return Wanted(number=found[1], pin=found[2] or "")
            if _LINK.fullmatch(part):
                return Wanted(link=part)
    return Wanted()


def destination(dialled: str) -> Destination:
    """Whom somebody wants to call. Raises RefusedError("address-invalid") with what is wrong."""
    text = _bare(dialled)
    host, separator, alias = text.partition("##")
    if not separator:
        alias, separator, host = text.rpartition("@")
    if separator:
        host, port = _host(host)
        return Destination(host, port, alias)
    if not text:
        raise RefusedError("address-invalid", "empty")
    try:
        address = parse(text, SIGNALING_PORT)
    except ProtocolError:
        return Destination(alias=text)
    return Destination(address.ip, address.port)


def _host(text: str) -> tuple[str, int]:
    """A numeric address or a name, and the port behind it."""
    try:
        address = parse(text, SIGNALING_PORT)
    except ProtocolError:
        name, _, port = text.partition(":")
        if not _NAME.fullmatch(name) or not (
            port == "" or (port.isascii() and port.isdigit() and 0 < int(port) < 65_536)
        ):
            raise RefusedError("address-invalid", f"{text!r} is neither an address nor a name") from None
        return name, int(port or SIGNALING_PORT)
    return address.ip, address.port


def _bare(name: str) -> str:
    return name[:MAX_DIALLED].strip().removeprefix("h323:")
