"""The keypad dialogue: what is asked, what is tried, and when it ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mcu.gateway.entrance import MAX_PROMPTED, MAX_WRONG, PATIENCE_SECONDS, Entrance, GiveUp, Say, Step, Try


def begun(number: str = "") -> Entrance:
    entrance = Entrance()
    entrance.begin(0.0, number=number)
    entrance.actions()
    return entrance


def test_number_and_pin_are_asked_for_and_tried() -> None:
    entrance = Entrance()
    entrance.begin(0.0)
    assert entrance.actions() == [Say(("number",), Step.NUMBER, "")]
    entrance.press("123456789", 1.0)
    assert entrance.actions()[-1] == Say(("pin",), Step.PIN, "")
    entrance.press("#", 1.5)  # the prompt asked for it: nothing more to do
    for key in "65432":
        entrance.press(key, 2.0)
    assert entrance.actions()[-1] == Say((), Step.PIN, "65432")
    entrance.press("1", 3.0)
    assert entrance.actions() == [Try("123456789", "654321")]
    assert entrance.next_timer() is None


def test_a_dialled_number_leaves_the_pin() -> None:
    entrance = Entrance()
    entrance.begin(0.0, number="123456789")
    assert entrance.actions() == [Say(("pin",), Step.PIN, "")]
    entrance.press("654321#", 1.0)
    assert entrance.actions()[-1] == Try("123456789", "654321")


def test_a_star_begins_again() -> None:
    entrance = begun("123456789")
    entrance.press("99*654321", 0.0)
    assert entrance.actions()[-1] == Try("123456789", "654321")


def test_too_short_an_entry_is_wrong_at_once_and_counts() -> None:
    entrance = begun()
    entrance.press("12#", 0.0)
    assert entrance.actions()[-1] == Say(("wrong", "number"), Step.NUMBER, "")
    entrance.press("1234567893#", 0.0)
    assert entrance.actions()[-1] == Say(("wrong", "number"), Step.NUMBER, "")
    entrance.press("#12#", 0.0)
    assert entrance.actions()[-1] == GiveUp("wrong")


def test_the_pin_pressed_again_and_again_is_three_tries() -> None:
    """A wrong PIN is followed by the question for the number, which many answer with the PIN."""
    entrance = begun("123456789")
    said = []
    for _ in range(6):
        entrance.press("000000#", 0.0)
        if entrance.step is Step.TRYING:
            entrance.refused(0.0, wrong=True)
        said += entrance.actions()
    assert sum(isinstance(each, Say) and "wrong" in each.sentences for each in said) == MAX_WRONG - 1
    assert said[-1] == GiveUp("wrong")
    assert said.count(GiveUp("wrong")) == 1


def test_wrong_ones_are_asked_again_and_not_for_ever() -> None:
    entrance = begun()
    for attempt in range(1, MAX_WRONG + 1):
        entrance.press("123456789000000", 0.0)
        assert entrance.actions()[-1] == Try("123456789", "000000")
        entrance.refused(0.0, wrong=True)
        if attempt < MAX_WRONG:
            assert entrance.actions() == [Say(("wrong", "number"), Step.NUMBER, "")]
    assert entrance.actions() == [GiveUp("wrong")]


def test_a_conference_that_cannot_be_entered_ends_the_call() -> None:
    entrance = begun("123456789")
    entrance.press("654321", 0.0)
    entrance.actions()
    entrance.refused(0.0, wrong=False)
    assert entrance.actions() == [GiveUp("closed")]


def test_silence_is_prompted_and_then_let_go() -> None:
    entrance, now, said = begun(), 0.0, []
    while entrance.next_timer() is not None:
        now += PATIENCE_SECONDS
        entrance.handle_timer(now)
        said += entrance.actions()
    assert said == [Say(("number",), Step.NUMBER, "")] * (MAX_PROMPTED - 1) + [GiveUp("goodbye")]
    assert now == MAX_PROMPTED * PATIENCE_SECONDS


def test_every_key_gives_more_time() -> None:
    entrance = begun()
    entrance.press("1", PATIENCE_SECONDS - 1)
    entrance.actions()
    entrance.handle_timer(PATIENCE_SECONDS)
    assert entrance.actions() == []
    assert entrance.next_timer() == 2 * PATIENCE_SECONDS - 1


@given(st.lists(st.one_of(st.text(max_size=30), st.booleans()), max_size=40))
def test_whatever_is_pressed_it_stays_bounded(keys: list[str | bool]) -> None:
    entrance, tried = begun(), 0
    for key in keys:
        if isinstance(key, bool):
            if entrance.step is Step.TRYING:
                entrance.refused(0.0, wrong=key)
        else:
            entrance.press(key, 0.0)
        for action in entrance.actions():
            tried += isinstance(action, Try)
            if isinstance(action, Say):
                assert len(action.digits) < 9
    assert tried <= MAX_WRONG
