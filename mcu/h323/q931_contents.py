"""What is in the information elements of Q.931, as far as H.225.0 clause 7.2.2 uses them.

Rules:
1. A function named like an element makes one; `parse_…` reads its contents and takes whatever comes: what is missing
   or of another shape is 0, None or "".
2. Text and digits that are too long are cut.
"""

from __future__ import annotations

from mcu.h323.q931 import USER_INFORMATION, Element, ElementId

_RATES = {64_000: 0x10, 128_000: 0x11, 384_000: 0x13, 1_536_000: 0x15, 1_920_000: 0x17}
_MULTIRATE = 0x18
_MAX_DISPLAY = 80  # octets; Q.931 clause 4.5.16 has 82 with the header
_MAX_DIGITS = 128


def bearer_capability(bitrate: int) -> Element:
    """For a call of `bitrate` bit/s with picture (H.225.0 clause 7.2.2.1); of 64 kbit/s for one of sound only."""
    channels = max(1, min(127, -(-bitrate // 64_000)))
    rate = _RATES.get(channels * 64_000)
    octets = (0x80 | rate,) if rate else (_MULTIRATE, 0x80 | channels)
    return Element(ElementId.BEARER_CAPABILITY, bytes((0x88, *octets, 0xA5)))  # unrestricted digital, H.221 and H.242


def parse_bearer_capability(contents: bytes) -> int:
    """The call's rate in bit/s; 0 where it says none that can be understood."""
    if len(contents) < 2:
        return 0
    rate = contents[1] & 0x1F
    if rate == _MULTIRATE:
        return (contents[2] & 0x7F) * 64_000 if len(contents) > 2 else 0
    return next((bits for bits, code in _RATES.items() if code == rate), 0)


def cause(value: int, *, location: int = 0) -> Element:
    """A cause of Q.850, said by the user."""
    return Element(ElementId.CAUSE, bytes((0x80 | location, 0x80 | value)))


def parse_cause(contents: bytes) -> int:
    """The value of Q.850; 0 where it is missing."""
    at = 1 if contents and contents[0] & 0x80 else 2
    return contents[at] & 0x7F if len(contents) > at else 0


def display(text: str) -> Element:
    """A name to be shown."""
    return Element(ElementId.DISPLAY, text.encode()[:_MAX_DISPLAY].decode(errors="ignore").encode())


def parse_display(contents: bytes) -> str:
    """The text: UTF-8 if it can be, else Latin-1. Some end it with a zero octet, some begin with a character set."""
    if contents[:1] in {b"\xb0", b"\xb1"}:  # neither begins a letter of UTF-8
        contents = contents[1:]
    try:
        text = contents.decode()
    except UnicodeDecodeError:
        text = contents.decode("latin-1")
    return text.replace("\0", "").strip()


def called_party_number(digits: str) -> Element:
    """Unknown type, ISDN numbering plan."""
    return Element(ElementId.CALLED_PARTY_NUMBER, b"\x81" + digits.encode("ascii", "ignore")[:_MAX_DIGITS])


def calling_party_number(digits: str) -> Element:
    """Unknown type, ISDN numbering plan, may be shown, not screened."""
    return Element(ElementId.CALLING_PARTY_NUMBER, b"\x01\x80" + digits.encode("ascii", "ignore")[:_MAX_DIGITS])


def parse_number(contents: bytes) -> str:
    """The digits of a called or calling party number."""
    at = 1 if contents and contents[0] & 0x80 else 2
    return contents[at:].decode("ascii", "ignore").replace("\0", "")[:_MAX_DIGITS]


def keypad_facility(digits: str) -> Element:
    """Digits pressed."""
    return Element(ElementId.KEYPAD_FACILITY, digits.encode("ascii", "ignore")[:_MAX_DIGITS])


def parse_keypad(contents: bytes) -> str:
    """The digits pressed, and nothing but keys of a telephone."""
    return "".join(c for c in contents.decode("ascii", "ignore") if c in "0123456789*#ABCD!")[:_MAX_DIGITS]


def progress_indicator(description: int, *, location: int = 0) -> Element:
    """A description of table 4-17: 8 is "in-band information is available"."""
    return Element(ElementId.PROGRESS_INDICATOR, bytes((0x80 | location, 0x80 | description)))


def parse_progress_indicator(contents: bytes) -> int:
    """The description; 0 where it is missing."""
    return contents[1] & 0x7F if len(contents) > 1 else 0


def call_state(value: int) -> Element:
    """A state of Q.931 table 4-8, coded as ITU-T."""
    return Element(ElementId.CALL_STATE, bytes((value & 0x3F,)))


def parse_call_state(contents: bytes) -> int | None:
    """The state; None where it is missing."""
    return contents[0] & 0x3F if contents else None


def signal(value: int) -> Element:
    """A tone or alerting pattern of table 4-20."""
    return Element(ElementId.SIGNAL, bytes((value,)))


def parse_signal(contents: bytes) -> int | None:
    """The tone; None where it is missing."""
    return contents[0] if contents else None


def user_user(pdu: bytes) -> Element:
    """The element that holds an H323-UserInformation PDU."""
    return Element(ElementId.USER_USER, bytes((USER_INFORMATION,)) + pdu)
