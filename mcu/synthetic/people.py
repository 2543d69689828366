"""The people that code plays: the heads of Seoul's 25 districts, with invented names."""

from __future__ import annotations

from dataclasses import dataclass

# (district, invented name of its head, drawn as a woman)
_HEADS: tuple[tuple[str, str, bool], ...] = (
    ("종로구", "김도현", False),
    ("중구", "이수정", True),
    ("용산구", "박정우", False),
    ("성동구", "최은경", True),
    ("광진구", "정민호", False),
    ("동대문구", "강태식", False),
    ("중랑구", "윤서영", True),
    ("성북구", "조현우", False),
    ("강북구", "장미란", True),
    ("도봉구", "임재석", False),
    ("노원구", "한지원", True),
    ("은평구", "오승훈", False),
    ("서대문구", "서동민", False),
    ("마포구", "신혜진", True),
    ("양천구", "권영수", False),
    ("강서구", "황보라", True),
    ("구로구", "안상철", False),
    ("금천구", "송미경", True),
    ("영등포구", "류진혁", False),
    ("동작구", "남궁선", True),
    ("관악구", "전병규", False),
    ("서초구", "홍나영", True),
    ("강남구", "고성진", False),
    ("송파구", "문지혜", True),
    ("강동구", "배준영", False),
)


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic participant: `number` decides face and voice, and is what the mark in the picture says."""

    number: int
    name: str
    office: str
    woman: bool


def person(number: int) -> Person:
    """Person `number` (from 0). Beyond 24 the offices repeat with an ordinal, so that names stay different."""
    turn, row = divmod(number, len(_HEADS))
    district, name, woman = _HEADS[row]
    suffix = f" {turn + 1}" if turn else ""
    return Person(number=number, name=f"{name}{suffix}", office=f"{district}청장{suffix}", woman=woman)


def people(count: int) -> tuple[Person, ...]:
    """The first `count` people."""
    return tuple(person(number) for number in range(count))
