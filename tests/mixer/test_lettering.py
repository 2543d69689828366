"""Words: Korean as it is read, shortened between characters and never inside one."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from mcu.mixer.lettering import (
    ELLIPSIS,
    KOREAN_FACE,
    MAX_CHARACTERS,
    Weight,
    clean,
    font_path,
    line_height,
    mask_of,
    shortened,
    width_of,
)
from mcu.text import graphemes

needs_font = pytest.mark.skipif(font_path(Weight.BOLD) is None, reason="fonts-noto-cjk is not installed")


class TestClean:
    def test_conjoining_jamo_become_syllables(self) -> None:
        assert clean(unicodedata.normalize("NFD", "종로구청장")) == "종로구청장"

    @pytest.mark.parametrize(
        "text", ["정\n문헌", "정\t문헌", " 정 \r\n 문헌 ", "정\x00문헌", "정\u202e문헌", "정\u2028문헌"]
    )
    def test_one_line_without_controls(self, text: str) -> None:
        assert clean(text) == "정 문헌"

    def test_lone_surrogates_are_dropped(self) -> None:
        assert clean("a\ud800b") == "a b"

    def test_joined_emoji_stay_joined(self) -> None:
        assert graphemes(clean("👨‍👩‍👧")) == ["👨‍👩‍👧"]

    def test_length_is_bounded(self) -> None:
        assert len(clean("장" * 10_000)) == MAX_CHARACTERS


@needs_font
class TestShortened:
    def test_what_fits_stays(self) -> None:
        assert shortened("정문헌", 16, Weight.BOLD, width=1000) == "정문헌"

    @pytest.mark.parametrize(
        "text",
        [
            "서울특별시 행정1부시장",
            "金浦市長 金秉洙 金浦市長",
            unicodedata.normalize("NFD", "종로구청장 정문헌"),
            "éééééééééé",
        ],
    )
    def test_the_cut_is_between_characters(self, text: str) -> None:
        whole = width_of(text, 16, Weight.REGULAR)
        beginnings = {"".join(graphemes(text)[:end]).rstrip() + ELLIPSIS for end in range(1, len(graphemes(text)))}
        for width in range(0, whole, 3):
            short = shortened(text, 16, Weight.REGULAR, width=width)
            assert short == "" or short in beginnings
            assert width_of(short, 16, Weight.REGULAR) <= width

    def test_as_long_as_possible(self) -> None:
        width = width_of("서울특별…", 16, Weight.BOLD)
        assert shortened("서울특별시장", 16, Weight.BOLD, width=width) == "서울특별…"

    def test_nothing_where_nothing_fits(self) -> None:
        assert shortened("종로구청장", 16, Weight.BOLD, width=5) == ""


@needs_font
class TestMask:
    def test_korean_face(self) -> None:
        from mcu.mixer.lettering import _font

        assert _font(16, Weight.BOLD).getname()[0] == KOREAN_FACE

    @pytest.mark.parametrize("text", ["정문헌", "金秉洙", "Ågy"])
    @pytest.mark.parametrize("size", [10, 13, 24])
    def test_ink_stays_inside(self, text: str, size: int) -> None:
        mask = mask_of(text, size, Weight.BOLD)
        assert mask.shape[0] == line_height(size)
        assert mask.max() > 0.5
        assert mask[0].max() == 0
        assert mask[-1].max() == 0

    def test_every_character_has_its_own_shape(self) -> None:
        shapes = {mask_of(character, 20, Weight.REGULAR).tobytes() for character in "종로구청장長市浦金"}
        assert len(shapes) == 9  # an absent glyph would be the same box again and again

    def test_hangul_stands_in_the_middle(self) -> None:
        rows = np.flatnonzero(mask_of("정문헌", 20, Weight.BOLD).max(axis=1) > 0.3)
        assert abs((rows[0] + rows[-1]) / 2 - (line_height(20) - 1) / 2) <= 1


def test_every_syllable_of_the_composite_has_a_letter() -> None:
    """Each of the 11,172 is drawn, and no two alike: the box of a font without Hangul looks like every other."""
    drawn = {mask_of(chr(code), 24, Weight.REGULAR).tobytes() for code in range(0xAC00, 0xD7A4)}
    assert len(drawn) == 11_172
    assert mask_of("\U0010ffff", 24, Weight.REGULAR).tobytes() not in drawn
