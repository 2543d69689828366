"""Keys that somebody presses for a room or a bridge, to get through its own menu: which there are, and how many."""

from __future__ import annotations

from mcu.errors import RefusedError
from mcu.h323.h245_codec import DIGITS
from mcu.limits import Allowance

MOST_KEYS = 32  # at once: a number and a PIN, each with its "#"
PACE = Allowance(burst=2 * MOST_KEYS, rate=8.0)  # to one call; no menu takes them faster


def clean_keys(keys: str) -> str:
    """`keys` in capitals. Raises RefusedError("keys-invalid") for none, too many, and what no telephone has."""
    cleaned = keys.upper()
    if not 0 < len(cleaned) <= MOST_KEYS or not set(cleaned) <= set(DIGITS):
        raise RefusedError("keys-invalid")
    return cleaned
