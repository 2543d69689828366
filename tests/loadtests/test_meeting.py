"""Who speaks, leads and shares among the users of one conference."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from loadtests.conferences import Place
from loadtests.meeting import Meeting
from tests.loadtests.fakes import conference


@dataclass
class Guest:
    who: int


@pytest.fixture
def meeting() -> Meeting[Guest]:
    made: Meeting[Guest] = Meeting(Place(conference=conference(), speakers=3))
    for who in range(6):
        made.entered(Guest(who))
    return made


def test_three_speak_at_once(meeting: Meeting[Guest]) -> None:
    assert [meeting.begin_to_speak(who) for who in range(5)] == [True, True, True, False, False]
    meeting.stop_speaking(1)
    assert meeting.begin_to_speak(4)
    assert meeting.speaking == {0, 2, 4}


def test_who_goes_gives_everything_back(meeting: Meeting[Guest]) -> None:
    meeting.begin_to_speak(1)
    meeting.take_chair(1)
    meeting.begin_to_share(1)
    meeting.raise_hand(1)
    meeting.muted[1] = 5.0
    meeting.left(1)
    assert (meeting.speaking, meeting.chair, meeting.next_hand(), meeting.muted) == (set(), None, None, {})
    assert meeting.begin_to_share(2)
    assert meeting.take_chair(3)


def test_one_sends_and_is_there_to_see_once_in(meeting: Meeting[Guest]) -> None:
    assert not meeting.has_sender
    meeting.take_sending(9)
    assert meeting.has_sender
    assert meeting.sender is None
    meeting.entered(Guest(9))
    assert meeting.sender == 9
    meeting.left(0)
    assert meeting.sender == 9
    meeting.left(9)
    assert not meeting.has_sender


def test_the_muted_do_not_begin_to_speak(meeting: Meeting[Guest]) -> None:
    meeting.muted[2] = 1.0
    assert not meeting.begin_to_speak(2)


def test_one_chair(meeting: Meeting[Guest]) -> None:
    assert meeting.take_chair(4)
    assert meeting.take_chair(4)
    assert not meeting.take_chair(0)


def test_one_shares(meeting: Meeting[Guest]) -> None:
    assert meeting.begin_to_share(4)
    assert not meeting.begin_to_share(0)
    meeting.stop_sharing(0)  # it was not theirs
    assert not meeting.begin_to_share(0)
    meeting.stop_sharing(4)
    assert meeting.begin_to_share(0)


def test_hands_are_answered_in_turn_while_somebody_may_speak(meeting: Meeting[Guest]) -> None:
    meeting.raise_hand(3)
    meeting.raise_hand(1)
    meeting.raise_hand(3)
    assert meeting.next_hand() == 3
    meeting.give_word(3)
    assert meeting.has_word(3)
    assert meeting.next_hand() == 1
    for who in (3, 4, 5):
        meeting.begin_to_speak(who)
    assert not meeting.has_word(3)  # taken
    assert meeting.next_hand() is None
