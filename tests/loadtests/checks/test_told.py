"""What was said, and since when."""

from __future__ import annotations

import msgspec
import pytest

from loadtests.checks.told import Told
from loadtests.recording import Known, Layout, Place, Present, Recording

LEFT, RIGHT = Place(1, False, 0, 0, 640, 720), Place(2, False, 640, 0, 640, 720)
OTHER = Place(3, False, 640, 0, 640, 720)
EMPTY = Recording(
    who=0,
    codec="VP8",
    begin=10.0,
    end=13.0,
    frames=(),
    layouts=(),
    present=(),
    sound=b"",
    sound_begin=10.0,
    concealed_samples=0,
    played_samples=0,
    sent=(),
    fps=25,
)


def layout(since: float, *places: Place, width: int = 1280) -> Layout:
    return Layout(since, width, 720, places, "grid")


def told(*layouts: Layout, present: tuple[Present, ...] = ()) -> Told:
    return Told(msgspec.structs.replace(EMPTY, layouts=layouts, present=present))


def test_what_stays_in_place_through_a_change() -> None:
    said = told(layout(0.0, LEFT, RIGHT), layout(11.0, LEFT, OTHER))
    assert said.places(10.0, 10.9) == {LEFT, RIGHT}
    assert said.places(10.5, 11.5) == {LEFT}
    assert said.places(11.0, 12.0) == {LEFT, OTHER}


def test_nothing_is_known_before_it_was_said() -> None:
    said = told(layout(11.0, LEFT))
    assert said.layout_at(10.9) is None
    assert said.places(10.9, 11.5) == frozenset()


def test_a_composite_of_another_size_is_another_picture() -> None:
    assert told(layout(0.0, LEFT), layout(11.0, LEFT, width=1920)).places(10.5, 11.5) == frozenset()


def test_the_order_of_hearing_is_the_order() -> None:
    said = told(layout(11.0, LEFT), layout(10.9999, RIGHT))
    assert said.layout_at(11.5) == layout(10.9999, RIGHT)


@pytest.mark.parametrize(
    ("later", "on"),
    [
        (Present(11.0, 1, True, False), True),
        (Present(11.0, 1, False, True), False),
        (Present(11.0, 1, False, False, here=False), False),
        (Present(11.0, 1, False, False, hidden=True), False),
        (Present(11.0, 2, False, True), True),
    ],
    ids=["muted", "camera off", "gone", "without a seat", "somebody else"],
)
def test_a_camera_is_on_all_through(later: Present, on: bool) -> None:
    said = told(present=(Present(5.0, 1, False, False), later))
    assert said.camera_on(1, 10.0, 10.9)
    assert said.camera_on(1, 10.5, 11.5) is on
    assert not said.camera_on(1, 4.0, 10.0)
    assert not said.camera_on(7, 10.0, 11.0)


def test_all_changes_in_order() -> None:
    present = (Present(5.0, 1, False, False), Present(12.0, 1, False, True), Present(14.0, 1, False, False))
    assert told(layout(0.0), layout(11.0), present=present).changes(10.0, 13.0) == [10.0, 11.0, 12.0, 13.0]


def test_who_stood_in_tiles_that_stayed() -> None:
    said = told(layout(0.0, LEFT, RIGHT), layout(11.0, OTHER), layout(12.0, LEFT, RIGHT))
    left, right = (0, 0, 640, 720), (640, 0, 640, 720)
    assert said.tenants(10.0, 10.9) == {left: {1}, right: {2}}
    assert said.tenants(10.5, 12.5) == {right: {2, 3}}
    assert said.tenants(-1.0, 12.5) == {}
    assert told(layout(0.0, LEFT), layout(11.0, LEFT, width=1920)).tenants(10.5, 11.5) == {}


def test_what_is_known_counts_for_a_camera_and_not_the_roster() -> None:
    known = (Known(5.0, 1, here=True, muted=None, camera_off=False), Known(11.0, 1, True, None, None))
    lied = msgspec.structs.replace(EMPTY, present=(Present(5.0, 1, False, True),), known=known)
    said = Told(lied)
    assert said.camera_on(1, 6.0, 10.9)
    assert not said.camera_on(1, 10.0, 11.0)
    assert not said.camera_on(1, 4.0, 10.0)
