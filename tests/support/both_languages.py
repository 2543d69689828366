"""What has to be said in Korean and in English, each on a line of its own."""

from __future__ import annotations

import re

HANGUL = re.compile("[가-힣]")


def in_both_languages(text: str) -> str:
    """`text` without what surrounds it. Raises AssertionError when it is not Korean first and then English."""
    said = text.strip()
    korean, _, english = said.partition("\n")
    assert HANGUL.search(korean), said
    assert english, said
    assert not HANGUL.search(english), said
    return said
