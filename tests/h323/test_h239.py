"""The presentation token: asked for, granted, refused, taken over, given back, and asked for by both at once."""

from __future__ import annotations

import random

import pytest

from mcu.h323.events import ContentHeld, ContentRefused
from mcu.h323.h239 import ANSWER, MAX_TRIES, PresentationToken
from mcu.h323.h245_messages import Presentation

OURS, THEIRS, NOBODY = ContentHeld(False, True), ContentHeld(True, False), ContentHeld(False, False)
CHANNEL = 105


def token(seed: int = 1) -> PresentationToken:
    return PresentationToken(rng=random.Random(seed))


def asking() -> tuple[PresentationToken, int]:
    """One that has asked, and its number."""
    ours = token()
    ours.ask(CHANNEL, 0.0)
    (request,) = ours.messages_to_send()
    assert (request.kind, request.parameters[:2]) == (3, ((44, 0), (42, CHANNEL)))
    return ours, dict(request.parameters)[43]


def request(symmetry: int, channel: int = 7) -> Presentation:
    return Presentation(3, ((44, 0), (42, channel), (43, symmetry)))


GRANT = Presentation(4, ((126, 0), (44, 0), (42, CHANNEL)))
REFUSAL = Presentation(4, ((127, 0), (44, 0), (42, CHANNEL)))


def test_a_grant_makes_it_ours_and_release_gives_it_back() -> None:
    ours, symmetry = asking()
    assert 1 <= symmetry <= 127
    ours.receive(GRANT, 1.0)
    assert ours.events_received() == [OURS]
    assert ours.next_timer() is None
    ours.release()
    assert ours.messages_to_send() == [Presentation(5, ((44, 0),))]
    assert ours.events_received() == [NOBODY]
    ours.release()
    assert ours.messages_to_send() == []


def test_behind_a_bridge_our_label_is_said() -> None:
    ours = token()
    ours.own_label = (2, 9)
    ours.ask(CHANNEL, 0.0)
    (message,) = ours.messages_to_send()
    assert dict(message.parameters)[44] == 2 * 256 + 9


def test_a_refusal_is_told() -> None:
    ours, _ = asking()
    ours.receive(REFUSAL, 1.0)
    assert ours.events_received() == [ContentRefused()]
    ours.receive(GRANT, 2.0)  # to nothing
    assert ours.events_received() == []


def test_no_answer_is_a_refusal() -> None:
    ours, _ = asking()
    assert ours.next_timer() == ANSWER
    ours.handle_timer(ANSWER)
    assert ours.events_received() == [ContentRefused()]
    assert ours.next_timer() is None


def test_one_request_at_a_time() -> None:
    ours, _ = asking()
    ours.ask(9, 1.0)
    assert ours.messages_to_send() == []
    ours.receive(GRANT, 1.0)
    ours.ask(9, 1.0)
    assert ours.messages_to_send() == []


def test_the_peer_gets_it_and_gives_it_back() -> None:
    theirs = token()
    theirs.receive(request(5), 0.0)
    assert theirs.messages_to_send() == [Presentation(4, ((126, 0), (44, 0), (42, 7)))]
    theirs.receive(request(6), 0.0)
    assert len(theirs.messages_to_send()) == 1
    theirs.receive(Presentation(5, ((44, 0),)), 1.0)
    theirs.receive(Presentation(5, ((44, 0),)), 1.0)
    assert theirs.events_received() == [THEIRS, NOBODY]


def test_the_last_to_present_wins() -> None:
    ours, _ = asking()
    ours.receive(GRANT, 1.0)
    ours.receive(request(1), 2.0)
    assert ours.events_received() == [OURS, THEIRS]
    ours.ask(CHANNEL, 3.0)
    ours.receive(GRANT, 3.5)
    assert ours.events_received() == [OURS]


def test_a_closed_door_refuses() -> None:
    theirs = token()
    theirs.is_open = False
    theirs.receive(request(5), 0.0)
    assert theirs.messages_to_send() == [Presentation(4, ((127, 0), (44, 0), (42, 7)))]
    assert theirs.events_received() == []


@pytest.mark.parametrize(("difference", "word", "events"), [(1, 126, [ContentRefused(), THEIRS]), (-1, 127, [])])
def test_of_two_that_ask_the_higher_number_wins(difference: int, word: int, events: list[object]) -> None:
    ours = token()
    for _ in range(100):  # until its number has neighbours
        ours = token(ours._rng.randrange(1 << 30))
        ours.ask(CHANNEL, 0.0)
        symmetry = dict(ours.messages_to_send()[0].parameters)[43]
        if 1 < symmetry < 127:
            break
    ours.receive(request(symmetry + difference), 0.5)
    assert ours.messages_to_send() == [Presentation(4, ((word, 0), (44, 0), (42, 7)))]
    assert ours.events_received() == events


def test_equal_numbers_are_drawn_again_a_few_times() -> None:
    ours, symmetry = asking()
    for turn in range(MAX_TRIES - 1):
        ours.receive(request(symmetry), 1.0)
        assert ours.messages_to_send() == [Presentation(4, ((127, 0), (44, 0), (42, 7)))]
        ours.receive(REFUSAL, 1.0)
        (again,) = ours.messages_to_send()
        assert (turn, again.kind) == (turn, 3)
        symmetry = dict(again.parameters)[43]
    ours.receive(request(symmetry), 1.0)
    ours.receive(REFUSAL, 1.0)
    assert ours.events_received() == [ContentRefused()]
    assert ours.next_timer() is None


def test_a_channel_without_a_token_is_a_token() -> None:
    theirs = token()
    theirs.content_opened()
    theirs.content_closed()
    assert theirs.events_received() == [THEIRS, NOBODY]


def test_a_wish_for_more_bits_is_granted() -> None:
    theirs = token()
    theirs.receive(Presentation(1, ((42, 7), (41, 9_000))), 0.0)
    assert theirs.messages_to_send() == [Presentation(2, ((126, 0), (42, 7)))]


@pytest.mark.parametrize("kind", [0, 2, 6, 99])
def test_other_words_change_nothing(kind: int) -> None:
    theirs = token()
    theirs.receive(Presentation(kind, ((44, 3),)), 0.0)
    assert theirs.messages_to_send() == theirs.events_received() == []
