"""Names that come from calls, as the roster takes them."""

from __future__ import annotations

from mcu import text
from mcu.errors import RefusedError


def shortened(name: str) -> str:
    """Cut where a person would be asked to choose a shorter one; "" when there is nothing to see."""
    kept = text.graphemes(name)[: text.NAME_GRAPHEMES]
    while kept:
        try:
            return text.clean_name("".join(kept))
        except RefusedError:
            kept.pop()
    return ""
