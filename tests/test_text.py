"""Text from people stays text."""

from __future__ import annotations

import pytest

from mcu import text
from mcu.errors import RefusedError


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  김  하나 ", "김 하나"),
        ("\u1100\u1161\u11a8", "각"),  # conjoining jamo become one syllable
        ("홍\u202e길동\u200f", "홍길동"),
        ("a\x00b\x07c\x7f", "abc"),
        ("두\r\n줄", "두 줄"),
        ("<b>이름</b>", "<b>이름</b>"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\ud800b", "a?b"),
        ("漢字", "漢字"),
        ("x\ue000y\u00ad", "xy"),
    ],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert text.clean_name(given) == kept


def test_length_is_counted_in_what_people_see() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    assert text.clean_name(family * 40) == family * 40
    with pytest.raises(RefusedError, match="name-too-long"):
        text.clean_name("가" * 41)


def test_stacked_marks_are_cut() -> None:
    cleaned = text.clean_name("e" + "\u0336" * 500)
    assert len(cleaned) == text.CLUSTER_CODE_POINTS


@pytest.mark.parametrize(("clean", "code"), [(text.clean_name, "name-empty"), (text.clean_chat, "chat-empty")])
@pytest.mark.parametrize("nothing", ["", "  ", "\u202e", "\n\n", "\u200b"])
def test_nothing_is_refused(clean: object, code: str, nothing: str) -> None:
    with pytest.raises(RefusedError, match=code):
        clean(nothing)  # type: ignore[operator]


def test_chat_keeps_its_lines() -> None:
    assert text.clean_chat("하나\r\n둘\u2028셋\n") == "하나\n둘\n셋"
    with pytest.raises(RefusedError, match="chat-too-long"):
        text.clean_chat("가" * 2001)


def test_an_office_may_be_missing() -> None:
    assert text.clean_office(" ") == ""


@pytest.mark.parametrize("given", ["\u200d", "\u3164", "\u115f\u1160", "\u200c \ufe0f"])
def test_what_nobody_can_see_is_no_name(given: str) -> None:
    with pytest.raises(RefusedError, match="name-empty"):
        text.clean_name(given)


def test_room_may_have_no_name_of_ours() -> None:
    assert text.clean_room(" 대회의실\u202e ") == "대회의실"
    assert text.clean_room("\u3164") == ""
    with pytest.raises(RefusedError, match="name-too-long"):
        text.clean_room("가" * 41)


def test_what_a_machine_says_is_cut_and_not_refused() -> None:
    assert text.cut_line(" 가\u202e  나\n다 ", limit=4) == "가 나"
    assert text.cut_line("👨\u200d👩\u200d👧" * 3, limit=2) == "👨\u200d👩\u200d👧" * 2
    assert text.cut_line("a" + "\u0301" * 50, limit=1) == "\u00e1" + "\u0301" * (text.CLUSTER_CODE_POINTS - 1)
    assert text.cut_line("\x00\ud800", limit=9) == "?"
