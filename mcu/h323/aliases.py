"""Names of endpoints (H.225.0 AliasAddress): between values of the ASN.1 library and text.

In a list, what is no name that people use (isupNumber, mobileUIM of nobody here) is left out.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MAX_ALIASES = 32  # taken from one list; a message of a peer with more is not about names
_DIALLED = re.compile(r"[0-9#*,]{1,128}")
_URL = re.compile(r"(?i:h323|tel|sip):\S+")


class AliasKind(enum.StrEnum):
    """The alternatives of AliasAddress that are sent, by their names there."""

    DIGITS = "dialledDigits"
    H323_ID = "h323-ID"
    URL = "url-ID"
    EMAIL = "email-ID"


_KINDS = frozenset(kind.value for kind in AliasKind)


@dataclass(frozen=True, slots=True)
class Alias:
    """A name and what kind it is."""

    kind: AliasKind
    text: str

    def __str__(self) -> str:
        return self.text


def guess(text: str) -> Alias:
    """The alias that somebody means who typed `text`: digits, "h323:…" or any other name."""
    if _DIALLED.fullmatch(digits := text.removeprefix("+")):
        return Alias(AliasKind.DIGITS, digits)
    if _URL.fullmatch(text):
        return Alias(AliasKind.URL, text)
    return Alias(AliasKind.H323_ID, text)


def to_h225(alias: Alias) -> Any:
    """The AliasAddress. A text that its kind cannot hold becomes an h323-ID, which holds any of at most 256 units."""
    fits = {
        AliasKind.DIGITS: _DIALLED.fullmatch(alias.text) is not None,
        AliasKind.URL: alias.text.isascii() and 0 < len(alias.text) <= 512,
        AliasKind.EMAIL: alias.text.isascii() and 0 < len(alias.text) <= 512,
    }
    if fits.get(alias.kind, False):
        return alias.kind.value, alias.text
    return AliasKind.H323_ID.value, basic(alias.text)[:256] or "?"


def from_h225(value: Any) -> Alias | None:
    """The name in an AliasAddress; None for kinds that are not names."""
    name, content = value
    if name == "partyNumber":
        return _party_number(content)
    if name in _KINDS:
        text = str(content).rstrip("\0")
        return Alias(AliasKind(name), text) if text else None
    return None


def list_from_h225(values: Iterable[Any] | None) -> tuple[Alias, ...]:
    """The names in a list of AliasAddress, the first MAX_ALIASES of them."""
    found = (from_h225(value) for value in list(values or ())[:MAX_ALIASES])
    return tuple(alias for alias in found if alias is not None)


def basic(text: str) -> str:
    """`text` as BMPString can hold it: each character outside of the Basic Multilingual Plane is a "?"."""
    return "".join(sign if ord(sign) < 0x10000 and not 0xD800 <= ord(sign) < 0xE000 else "?" for sign in text)


def _party_number(content: Any) -> Alias | None:
    _, number = content
    digits = number if isinstance(number, str) else next((number[key] for key in number if key.endswith("Digits")), "")
    return Alias(AliasKind.DIGITS, digits) if digits else None
