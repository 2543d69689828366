"""Video delays from known arrivals: loops, losses, repeats and unreadable composites do not confuse them."""

from __future__ import annotations

import random

import pytest

from mcu.synthetic import picture_delay

FPS_IN, FPS_OUT = 15, 25
LOOP = 60  # pictures until numbers repeat
Shown = tuple[int, bool]

WHO: Shown = (4, False)
Composites = list[tuple[float, dict[Shown, int]]]


def sending(seconds: float, *, begin: float = 100.0) -> list[tuple[int, float]]:
    return [(index % LOOP, begin + index / FPS_IN) for index in range(round(seconds * FPS_IN))]


def composites(sent: list[tuple[int, float]], *, transit: float, seconds: float) -> tuple[Composites, list[float]]:
    """What a server that takes `transit` and paints the newest picture every 40 ms sends; and the delays of it."""
    made: Composites = []
    true: list[float] = []
    last = -1
    for tick in range(round(seconds * FPS_OUT)):
        painted = 100.0 + 0.013 + tick / FPS_OUT
        newest = max((place for place, (_, when) in enumerate(sent) if when <= painted), default=-1)
        if newest < 0:
            continue
        made.append((painted + transit, {WHO: sent[newest][0]}))
        if newest != last:
            true.append(painted + transit - sent[newest][1])
            last = newest
    return made, true


def measured(made: Composites, sent: list[tuple[int, float]]) -> list[float]:
    return picture_delay.delays(picture_delay.first_appearances(made)[WHO], sent)


@pytest.mark.parametrize("transit", [0.004, 0.030, 0.250])
def test_a_known_delay_comes_out(transit: float) -> None:
    sent = sending(12)
    made, true = composites(sent, transit=transit, seconds=11)
    found = measured(made, sent)
    assert found == pytest.approx(true[1:], abs=0.001)
    assert len(found) > 150


def test_a_picture_that_never_arrives_is_no_delay() -> None:
    sent = sending(12)
    made, true = composites([pair for index, pair in enumerate(sent) if index % 7], transit=0.02, seconds=11)
    assert measured(made, sent) == pytest.approx(true[1:], abs=0.001)


def test_lost_composites_make_the_next_one_the_first() -> None:
    sent = sending(12)
    made, true = composites(sent, transit=0.02, seconds=11)
    choose = random.Random("lost composites")
    found = measured([each for each in made if choose.random() > 0.1], sent)
    assert min(found) >= min(true) - 0.001
    assert max(found) <= max(true) + 3 / FPS_OUT
    assert sorted(found)[len(found) // 2] == pytest.approx(sorted(true)[len(true) // 2], abs=0.010)


def test_unreadable_composites_are_passed_over() -> None:
    sent = sending(4)
    made, _ = composites(sent, transit=0.02, seconds=3)
    blind = [(arrived, {} if index % 5 == 0 else numbers) for index, (arrived, numbers) in enumerate(made)]
    assert max(measured(blind, sent)) < 0.11


def test_pictures_sent_again_for_a_keyframe_are_not_new() -> None:
    sent = [(10, 1.0), (11, 1.1), (12, 1.2), (13, 1.3)]
    shown = [(1.05, 10), (1.15, 11), (1.25, 12), (1.29, 11), (1.35, 13)]
    made: Composites = [(when, {WHO: number}) for when, number in shown]
    assert measured(made, sent) == pytest.approx([0.05, 0.05, 0.05])


def test_numbers_that_were_never_sent_are_passed_over() -> None:
    made: Composites = [(1.0, {WHO: 3}), (1.1, {WHO: 4}), (1.2, {WHO: 99})]
    assert measured(made, [(3, 0.9), (4, 1.07)]) == pytest.approx([0.03])


def test_a_picture_is_not_older_than_the_most() -> None:
    made: Composites = [(10.0, {WHO: 1}), (10.1, {WHO: 2}), (10.2, {WHO: 3})]
    assert measured(made, [(2, 10.1 - picture_delay.MAX_DELAY - 0.1), (3, 10.15)]) == pytest.approx([0.05])


def test_whoever_knows_the_loop_may_ask_for_longer_delays() -> None:
    sent = sending(12)
    made, true = composites(sent, transit=3.4, seconds=8)
    found = picture_delay.delays(picture_delay.first_appearances(made)[WHO], sent, most=3.9)
    assert found == pytest.approx(true[1:], abs=0.001)


def test_people_are_told_apart() -> None:
    other: Shown = (7, False)
    made: Composites = [(1.0, {WHO: 1, other: 9}), (1.1, {WHO: 2, other: 9}), (1.2, {WHO: 2, other: 10})]
    assert picture_delay.first_appearances(made) == {WHO: [(1, 1.0), (2, 1.1)], other: [(9, 1.0), (10, 1.2)]}
