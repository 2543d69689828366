"""What stands for a name: the cases of the page's rule as well, and what no name does."""

from __future__ import annotations

import json
import random
import time
import unicodedata
from pathlib import Path

import pytest

from mcu.mixer.initials import initials
from mcu.synthetic.people import people
from mcu.text import NAME_GRAPHEMES, graphemes

CASES = json.loads((Path(__file__).parents[2] / "web-client/tests/initials.json").read_text())
SEED = 7
NAMES = 3_000
PIECES = "종로구청시도군남북충전라경상장실제1790.#:+-*() /·aZß é👨‍👩‍👧\u1100\u1161\u0301\u200d金さ"
SLOWEST_SECONDS = 0.05


@pytest.mark.parametrize(("name", "office", "expected"), CASES)
def test_initials(name: str, office: str, expected: str) -> None:
    assert initials(name, office) == expected
    assert initials(unicodedata.normalize("NFD", name), unicodedata.normalize("NFD", office)) == expected


@pytest.mark.parametrize("place", ["", "청", "청장", "청 대회의실"])
def test_no_two_districts_look_alike(place: str) -> None:
    districts = {person.office.removesuffix("청장") for person in people(25)}
    assert len({initials(district + place, "") for district in districts}) == len(districts) == 25


def test_whatever_the_name_it_is_short_and_soon_there() -> None:
    rng = random.Random(SEED)
    for _ in range(NAMES):
        name, office = ("".join(rng.choices(PIECES, k=rng.randint(0, NAME_GRAPHEMES))) for _ in range(2))
        begin = time.thread_time()
        short = initials(name, office)
        assert time.thread_time() - begin < SLOWEST_SECONDS
        assert len(graphemes(short)) <= 2 or "ß" in name + office  # as a capital it is two letters
        assert bool(short) == bool(name.strip() or office.strip()), (name, office)
