"""Words as coverage masks: Noto Sans CJK through Pillow and raqm, shortened by whole characters.

A character is what its reader takes for one: an extended grapheme cluster (UAX #29), so a syllable written in
conjoining jamo, a base with its marks or a joined emoji is kept or left out as a whole.
"""

from __future__ import annotations

import enum
import functools
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mcu.text import graphemes

FONT_FOLDER = Path("/usr/share/fonts/opentype/noto")  # Debian's fonts-noto-cjk
KOREAN_FACE = "Noto Sans CJK KR"  # the collection holds one face per language; Hanja must have their Korean shapes
ELLIPSIS = "…"
MAX_CHARACTERS = 120  # of a label; nothing that long fits a tile, and measuring stays cheap
CACHED_MEASURES = 4_096  # widths kept: some 30 characters' prefixes for a hundred people

_UNPRINTABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+")


class Weight(enum.StrEnum):
    """The two weights that Debian's package has."""

    REGULAR = "NotoSansCJK-Regular.ttc"
    BOLD = "NotoSansCJK-Bold.ttc"


def font_path(weight: Weight) -> Path | None:
    """Where the font is, or None when fonts-noto-cjk is not installed: Korean then shows as empty boxes."""
    path = FONT_FOLDER / weight
    return path if path.is_file() else None


def clean(text: str) -> str:
    """`text` in NFC, on one line, without control characters and bidirectional overrides."""
    words = _UNPRINTABLE.sub(" ", unicodedata.normalize("NFC", text)).split()
    return "".join(graphemes(" ".join(words))[:MAX_CHARACTERS])


@functools.lru_cache(maxsize=CACHED_MEASURES)
def width_of(text: str, size: int, weight: Weight) -> int:
    """Pixels that `text` takes at `size` pixels."""
    return int(np.ceil(_font(size, weight).getlength(text)))


def shortened(text: str, size: int, weight: Weight, *, width: int) -> str:
    """`text` if it fits into `width` pixels, else its longest beginning that fits with an ellipsis; "" if none does."""
    if width_of(text, size, weight) <= width:
        return text
    characters = graphemes(text)
    fitting, too_many = 0, len(characters)
    while too_many - fitting > 1:
        middle = (fitting + too_many) // 2
        candidate = _with_ellipsis(characters[:middle])
        fitting, too_many = (middle, too_many) if width_of(candidate, size, weight) <= width else (fitting, middle)
    return _with_ellipsis(characters[:fitting]) if fitting else ""


def mask_of(text: str, size: int, weight: Weight) -> NDArray[np.float32]:
    """Coverage (0...1) of one line of text, `line_height(size)` pixels high, on a common baseline."""
    font = _font(size, weight)
    image = Image.new("L", (max(1, width_of(text, size, weight)), line_height(size)), 0)
    middle = line_height(size) / 2
    baseline = round(middle + size * 0.37)  # a capital or a syllable reaches as far above the middle
    ImageDraw.Draw(image).text((0, baseline), text, fill=255, font=font, anchor="ls")
    return np.asarray(image, np.float32) / np.float32(255)


def line_height(size: int) -> int:
    """Pixels from the top of one line to the next, even."""
    return (size * 8 // 5 + 1) // 2 * 2


@functools.lru_cache(maxsize=64)
def _font(size: int, weight: Weight) -> Any:
    path = font_path(weight)
    if path is None:
        return ImageFont.load_default(size)
    for index in range(16):
        font = ImageFont.truetype(str(path), size, index=index)
        if font.getname()[0] == KOREAN_FACE:
            return font
    return ImageFont.truetype(str(path), size)


def _with_ellipsis(characters: list[str]) -> str:
    return "".join(characters).rstrip() + ELLIPSIS
