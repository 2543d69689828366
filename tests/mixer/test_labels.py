"""Name plates: what is said in how much room, and that they are drawn once."""

from __future__ import annotations

import pytest

from mcu.mixer import labels
from mcu.mixer.labels import fitted, label_of, text_size
from mcu.mixer.lettering import Weight, font_path, width_of

pytestmark = pytest.mark.skipif(font_path(Weight.BOLD) is None, reason="fonts-noto-cjk is not installed")


def test_drawn_once() -> None:
    first = label_of("정문헌", "종로구청장", muted=False, width=204, height=134)
    again = label_of("정문헌", "종로구청장", muted=False, width=204, height=134)
    assert first is not None
    assert again is not None
    assert first[0] is again[0]


def test_the_cache_is_bounded() -> None:
    assert labels._plate.cache_parameters()["maxsize"] == labels.CACHED_LABELS


@pytest.mark.parametrize("size", [(1264, 704), (404, 228), (246, 134), (196, 110), (112, 64), (72, 40)])
@pytest.mark.parametrize("muted", [True, False])
@pytest.mark.parametrize("name", ["정문헌", "대한민국 지방자치 연구회 서울특별시지부장 홍길동", "W" * 90])
def test_inside_its_tile(size: tuple[int, int], muted: bool, name: str) -> None:
    width, height = size
    placed = label_of(name, "서울특별시 행정1부시장", muted=muted, width=width, height=height)
    assert placed is not None
    sprite, x, y = placed
    assert 0 < x < x + sprite.width <= width
    assert 0 < y < y + sprite.height < height
    assert x % 2 == y % 2 == 0


def test_none_in_a_tile_that_a_plate_would_fill() -> None:
    assert label_of("정문헌", "", muted=True, width=70, height=38) is None


def test_none_without_words() -> None:
    assert label_of("", "", muted=False, width=204, height=134) is None


def test_the_mark_alone_for_somebody_without_a_name() -> None:
    assert label_of("", "", muted=True, width=204, height=134) is not None


def test_an_office_stands_for_a_missing_name() -> None:
    assert label_of("", "종로구청장", muted=False, width=204, height=134) is not None


def test_the_name_stays_whole_longer_than_the_office() -> None:
    room = width_of("남궁선우", 14, Weight.BOLD) + 60
    name, office = fitted("남궁선우", "서울특별시 행정1부시장", 14, room=room)
    assert name == "남궁선우"
    assert office.endswith("…")
    assert fitted("남궁선우", "서울특별시 행정1부시장", 14, room=room - 58) == ("남궁선우", "")


def test_text_grows_slower_than_the_tile() -> None:
    sizes = [text_size(height) for height in (54, 110, 134, 228, 348, 704, 1064)]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (10, 24)
