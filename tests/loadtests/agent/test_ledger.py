"""What an agent knows of its people without the roster."""

from __future__ import annotations

import pytest

from loadtests.agent.ledger import MAX_PEOPLE, Ledger
from loadtests.agent.names import STRANGER
from loadtests.recording import Known
from loadtests.wire import Enter, Kind

LINK = "a" * 22


def enter(ledger: Ledger, who: int, conference: str = LINK, *, kind: Kind = "attendee", chair: bool = False) -> None:
    ledger.enter(Enter(number=0, who=who, kind=kind, server="x", conference=conference, chair_key="key" * chair))


def state(since: float, who: int = 1, *, here: bool = True, muted: bool | None = False) -> Known:
    return Known(since, who, here, muted, camera_off=False)


def test_who_comes_by_the_same_link_or_number_is_together() -> None:
    ledger = Ledger()
    enter(ledger, 1)
    enter(ledger, 2)
    enter(ledger, 3, "b" * 22)
    enter(ledger, 4, "123456789##1234", kind="room")
    enter(ledger, 5, kind="whep")
    enter(ledger, 6, kind="whep")
    assert ledger.together(1, 2)
    assert not ledger.together(1, 3)
    assert not ledger.together(1, 4)
    assert not ledger.together(5, 6)
    assert not ledger.together(1, 9)
    ledger.identify(1, "id-of-1", "123456789")
    assert ledger.together(1, 4)
    assert not ledger.together(3, 4)
    assert (ledger.who_has("id-of-1"), ledger.who_has("id-of-2")) == (1, STRANGER)


def test_states_in_force_come_first() -> None:
    ledger = Ledger()
    for who in (1, 2):
        enter(ledger, who)
    enter(ledger, 3, "b" * 22)
    for each in (state(1.0), state(2.0), state(5.0, muted=True), state(9.0), state(20.0, muted=True)):
        ledger.note(each)
    ledger.note(state(8.0, 2))
    ledger.note(state(8.0, 3))
    ledger.note(state(8.0, 4))  # nobody here
    assert ledger.known(LINK, 6.0, 10.0) == (state(5.0, muted=True), state(9.0), state(8.0, 2))
    assert ledger.known(LINK, 4.0, 4.5) == (state(1.0),)
    assert ledger.known("", 0.0, 10.0) == ()


def test_who_enters_anew_begins_anew() -> None:
    ledger = Ledger()
    enter(ledger, 1)
    ledger.note(state(1.0))
    assert ledger.is_steady(1, 2.0, 3.0)
    ledger.gone(1, 4.0)
    assert not ledger.is_steady(1, 2.0, 5.0)
    assert ledger.is_steady(1, 2.0, 3.0)
    enter(ledger, 1, "b" * 22)
    assert ledger.known("b" * 22, 0.0, 9.0) == ledger.known(LINK, 0.0, 9.0) == ()
    assert not ledger.is_steady(1, 2.0, 3.0)


def test_a_chair_of_the_agent_says_who_is_muted() -> None:
    ledger = Ledger()
    enter(ledger, 1, chair=True)
    enter(ledger, 2)
    assert ledger.muted_by_chair(2, True, {1}) is False
    ledger.chair_mutes(2, None)
    assert ledger.muted_by_chair(2, False, {1}) is None
    ledger.chair_mutes(2, True)
    assert ledger.muted_by_chair(2, False, {1}) is True
    ledger.chair_mutes(2, False)
    assert ledger.muted_by_chair(2, True, ()) is False


@pytest.mark.parametrize("chairs", [{1, 7}, {STRANGER}])
def test_another_chair_may_have_muted(chairs: set[int]) -> None:
    ledger = Ledger()
    enter(ledger, 1, chair=True)
    enter(ledger, 2)
    enter(ledger, 3, "b" * 22)
    assert ledger.muted_by_chair(2, True, chairs) is True
    assert ledger.muted_by_chair(2, None, chairs) is None
    assert ledger.muted_by_chair(3, True, ()) is True  # where no chair of the agent leads
    assert ledger.muted_by_chair(8, True, ()) is True


@pytest.mark.parametrize(("muted", "told", "then"), [(True, False, False), (True, True, True), (False, True, False)])
def test_a_mute_may_be_over_after_coming_back_but_does_not_come_of_itself(muted: bool, told: bool, then: bool) -> None:
    ledger = Ledger()
    enter(ledger, 1, chair=True)
    enter(ledger, 2)
    ledger.chair_mutes(2, muted)
    ledger.came_back(2, told)
    assert ledger.muted_by_chair(2, None, {1}) is then


def test_what_a_chair_asked_for_in_vain_is_as_the_server_says() -> None:
    ledger = Ledger()
    enter(ledger, 1, chair=True)
    enter(ledger, 2)
    ledger.chair_mutes(2, None)
    ledger.chair_failed(2)
    assert ledger.muted_by_chair(2, True, {1}) is True
    assert ledger.muted_by_chair(2, False, {1}) is False
    ledger.came_back(2, False)
    assert ledger.muted_by_chair(2, True, {1}) is False


def test_it_is_bounded() -> None:
    ledger = Ledger()
    for who in range(MAX_PEOPLE + 5):
        enter(ledger, who)
        ledger.identify(who, f"id {who}", f"{who}")
    assert ledger.place(4) == ""
    assert ledger.place(5) == LINK
    assert ledger.who_has("id 4") == STRANGER
