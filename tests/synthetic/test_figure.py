"""Faces: the right size, different from each other, moving where they should."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mcu.synthetic.figure import Artist
from mcu.synthetic.look import Backdrop, Clothes, Hair, look_of
from mcu.synthetic.motion import Pose
from mcu.synthetic.people import people


def artist(number: int, width: int = 320, height: int = 180) -> Artist:
    return Artist(look_of(number, woman=people(25)[number].woman), width, height)


@pytest.mark.parametrize(("width", "height"), [(320, 180), (640, 360), (176, 144)])
def test_size_is_what_was_asked_for(width: int, height: int) -> None:
    assert artist(0, width, height).draw(Pose()).shape == (height, width, 3)


def test_neighbours_look_different() -> None:
    faces = [artist(number).draw(Pose()).astype(int) for number in range(25)]
    for one, two in itertools.combinations(faces, 2):
        assert np.abs(one - two).mean() > 6


def test_all_cuts_clothes_and_rooms_are_used() -> None:
    looks = [look_of(person.number, woman=person.woman) for person in people(25)]
    assert {look.hair for look in looks} == set(Hair)
    assert {look.clothes for look in looks} == set(Clothes)
    assert {look.backdrop for look in looks} == set(Backdrop)


def test_an_open_mouth_changes_the_mouth_and_little_else() -> None:
    one = artist(0)
    changed = np.abs(one.draw(Pose()).astype(int) - one.draw(Pose(mouth=1.0))).max(axis=2) > 12
    rows, columns = np.nonzero(changed)
    assert 0.45 < rows.mean() / 180 < 0.8
    assert abs(columns.mean() / 320 - 0.5) < 0.05
    assert changed.mean() < 0.05


def test_the_room_stands_still() -> None:
    one = artist(2)
    turned = np.abs(one.draw(Pose()).astype(int) - one.draw(Pose(yaw=0.3, roll=0.1))).max(axis=2)
    assert not turned[:, :60].any()
    assert not turned[:, -60:].any()
    assert turned[20:120, 110:210].mean() > 5


def test_drawing_twice_gives_the_same() -> None:
    one = artist(4)
    assert np.array_equal(one.draw(Pose(yaw=0.1)), one.draw(Pose(yaw=0.1)))
