"""What rooms dial, and what is dialled to reach them: text to values.

Dialled in: a conference's number or link, `number##PIN`, `number*PIN`, `room@host`, `host##alias`, our address alone.
Dialled out: an address, `address##alias`, `alias@address`, an E.164 number or a name by the gatekeeper, with or
without "h323:" in front. An address is numeric or a name of the DNS. Text that is written like one and is none is
refused: who mistyped an address does not want to read about gatekeepers.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from mcu.errors import ProtocolError, RefusedError
from mcu.h323.address import parse

SIGNALING_PORT = 1720  # H.225.0
MAX_DIALLED = 256  # characters of an alias that are looked at
NUMBER_DIGITS, PIN_DIGITS = 9, 6
_LINK = re.compile(r"[A-Za-z0-9_-]{22}")
_NUMBER = re.compile(rf"(\d{{{NUMBER_DIGITS}}})(?:(?:##|#|\*\*|\*|,)(\d{{{PIN_DIGITS}}})#?)?")
MAX_HOST = 253  # characters of a name of the DNS (RFC 1035 2.3.4)
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_WRITTEN_LIKE_ADDRESS = re.compile(r"[A-Za-z0-9_%/-]*[.:\[\]][A-Za-z0-9_%/.:\[\]-]*")
_ADDRESS_IN_TEXT = re.compile(r"(?<![^\s,;])[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2,}(?![^\s,;:/#])")  # 10.1.1.1, hall.gu.kr
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://|(?:sips?|tel|mailto|callto|im|xmpp|h320):", re.IGNORECASE)
_SCHEME = re.compile(r"h323:(?://)?", re.IGNORECASE)
_CONTROL = frozenset({"Cc", "Zl", "Zp"})  # general categories of Unicode: control characters, line breaks
_E164 = re.compile(r"[0-9*#,+]{1,128}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conference a call is for: by `link`, or by `number` and perhaps `pin`; all "" when it did not say."""

    link: str = ""
    number: str = ""
    pin: str = ""

    @property
    def kind(self) -> str:
        """What was dialled, for the log, in which the rest has no place."""
        if self.link:
            return "link"
        return {(True, True): "number and PIN", (True, False): "number"}.get(
            (bool(self.number), bool(self.pin)), "nothing"
        )


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
    text = _bare(one_line(dialled))
    if _OTHER_SCHEME.match(text):
        raise RefusedError("address-invalid", f"{text!r} is no h323: address")
    host, separator, alias = text.partition("##")
    if not separator:
        alias, separator, host = text.rpartition("@")
    if separator:
        host, port = _host(host)
        return Destination(host, port, alias)
    if not text:
        raise RefusedError("address-invalid", "empty")
    if not _WRITTEN_LIKE_ADDRESS.fullmatch(text):
        if _ADDRESS_IN_TEXT.search(text):
            raise RefusedError("address-invalid", f"{text!r} has more than an address in it")
        return Destination(alias=text)
    host, port = _host(text)
    return Destination(host, port)


def one_line(typed: str) -> str:
    """`typed` without blanks around it. Raises RefusedError("address-invalid") for lines and control characters."""
    text = typed.strip()
    if any(unicodedata.category(character) in _CONTROL for character in text):
        raise RefusedError("address-invalid", "a control character or a line break")
    return text


def _host(text: str) -> tuple[str, int]:
    """A numeric address or a name, and the port behind it."""
    try:
        address = parse(text, SIGNALING_PORT)
    except ProtocolError:
        name, _, digits = text.partition(":")
        port = int(digits) if digits.isascii() and digits.isdigit() else SIGNALING_PORT if not digits else 0
        if not _is_name(name) or not 0 < port < 65_536:
            raise RefusedError("address-invalid", f"{text!r} is neither an address nor a name") from None
        return name, port
    ip = ipaddress.ip_address(address.ip)
    if ip.is_unspecified or ip.is_multicast or address.ip == "255.255.255.255":
        raise RefusedError("address-invalid", f"{address.ip} is nobody's address")
    return address.ip, address.port


def _is_name(text: str) -> bool:
    """Whether the DNS may know it. Of what ends in digits it knows nothing: that is a numeric address mistyped."""
    return len(text) <= MAX_HOST and bool(_NAME.fullmatch(text)) and not text.rpartition(".")[2].isdigit()


def _bare(name: str) -> str:
    text = name[:MAX_DIALLED].strip()
    return text[found.end() :] if (found := _SCHEME.match(text)) else text
