"""Digits in H.245 (UserInputIndication), as text and as signals.

Rules:
1. What is no digit is dropped; of one message at most MAX_DIGITS count.
2. Ours go as the peer's capability set prefers: as signals, or else as text.
"""

from __future__ import annotations

from mcu.h323.capabilities import CapabilitySet
from mcu.h323.h245_codec import DIGITS
from mcu.h323.h245_messages import UserInput

MAX_DIGITS = 64  # a conference number with a PIN is shorter


def digits_of(message: UserInput) -> str:
    """The digits that a peer sent."""
    text = message.text[:1] if message.is_signal else message.text
    return "".join(digit for digit in text.upper() if digit in DIGITS)[:MAX_DIGITS]


def messages_for(digits: str, theirs: CapabilitySet | None) -> list[UserInput]:
    """What tells the peer `digits`."""
    wanted = [digit for digit in digits.upper() if digit in DIGITS][:MAX_DIGITS]
    is_signal = theirs is not None and theirs.signals
    return [UserInput(digit, is_signal=is_signal) for digit in wanted]
