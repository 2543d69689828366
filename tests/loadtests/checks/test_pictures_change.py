"""What changes during a check: layouts, people, cameras, senders, sizes. None of it is a fault by itself."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from loadtests.checks.pictures import judge_pictures
from loadtests.findings import Fault, Limits
from loadtests.recording import Place
from mcu.control import LayoutChoice
from tests.loadtests.checks.meeting import Broken, Meeting, Scene, record

LAYOUTS = ("grid", "speaker", "lecture", "presentation", "single")


def scenes(chance: random.Random, people: int) -> tuple[Scene, ...]:
    """Up to four, at any time, of which participants are told a little earlier or later."""
    times = [0.0, *sorted(chance.uniform(0.1, 2.9) for _ in range(chance.randrange(4)))]
    told = 0.0
    made = []
    for at in times:
        told = max(told, at + chance.uniform(-0.25, 0.4))
        made.append(
            Scene(
                at=at,
                told=told - at,
                choice=LayoutChoice(chance.choice(LAYOUTS)),
                people=tuple(sorted(chance.sample(range(people), chance.randint(max(1, people - 3), people)))),
                cameras_off=frozenset(chance.sample(range(people), chance.randint(0, min(2, people - 1)))),
                speaker=chance.randrange(people),
            )
        )
    return tuple(made)


@pytest.mark.parametrize("seed", range(16))
def test_a_restless_meeting_is_no_fault(seed: int) -> None:
    chance = random.Random(f"restless {seed}")
    people = chance.choice((2, 4, 6, 9, 12, 16, 25))
    delay = chance.choice((0.0, 0.0, 0.1, 0.25))
    meeting = Meeting(people=people, seed=seed, rung=chance.choice((0, 0, 1)), scenes=scenes(chance, people))
    recording = record(replace(meeting, broken=Broken(delay=delay), own_words=0.4))
    found = judge_pictures(msgspec.structs.replace(recording, known=()), Limits().over(delay))
    assert found.findings == ()
    assert found.figures.tiles_right == found.figures.tiles
    found = judge_pictures(recording, Limits().over(delay))
    assert found.findings == ()
    assert found.figures.tiles_right == found.figures.tiles


def changed(at: float, told: float) -> tuple[Scene, ...]:
    """Everybody but one is elsewhere after it."""
    return Scene(), Scene(at=at, told=told, choice=LayoutChoice("speaker"), speaker=5)


@pytest.mark.parametrize("told", [-0.25, 0.0, 0.45])
@pytest.mark.parametrize("at", [0.2, 1.5, 2.8])
def test_words_and_pictures_of_a_new_layout_need_not_come_together(at: float, told: float) -> None:
    found = judge_pictures(record(Meeting(people=6, scenes=changed(at, told))), Limits())
    assert found.findings == ()


def test_pictures_that_follow_the_words_too_late_show_the_wrong_people() -> None:
    choice = LayoutChoice("speaker")
    words_first = (Scene(choice=choice, speaker=0), Scene(at=1.8, told=-1.2, choice=choice, speaker=5))
    found = judge_pictures(record(Meeting(people=6, scenes=words_first)), Limits())
    assert (Fault.WRONG_PERSON, (5, 0)) in {(finding.fault, finding.people) for finding in found.findings}


def test_pictures_that_are_late_themselves_may_follow_later() -> None:
    meeting = Meeting(people=6, scenes=changed(1.0, 0.05), broken=Broken(delay=0.9))
    found = judge_pictures(record(meeting), Limits(picture_delay=2.0))
    assert found.findings == ()


def test_a_fault_after_a_change_is_found() -> None:
    shared = {"people": 9, "scenes": (Scene(people=tuple(range(8))), Scene(at=1.0))}
    assert judge_pictures(record(Meeting(**shared)), Limits()).findings == ()  # type: ignore[arg-type]
    broken = Broken(black=frozenset({8}))
    found = judge_pictures(record(Meeting(**shared, broken=broken)), Limits())  # type: ignore[arg-type]
    assert [(finding.fault, finding.people) for finding in found.findings] == [(Fault.TILE_BLACK, (8,))]


def test_whose_camera_is_off_is_not_judged() -> None:
    found = judge_pictures(record(Meeting(people=6, scenes=(Scene(cameras_off=frozenset({2, 3})),))), Limits())
    assert (found.findings, found.unjudged) == ((), ())
    assert (found.figures.tiles, found.figures.tiles_right) == (4, 4)


def test_whose_camera_is_off_has_no_place_to_miss() -> None:
    meeting = Meeting(people=6, scenes=(Scene(cameras_off=frozenset({2})),), broken=Broken(missing=frozenset({2})))
    assert judge_pictures(record(meeting), Limits()).findings == ()


def test_who_left_is_not_missed() -> None:
    meeting = Meeting(people=6, scenes=(Scene(), Scene(at=0.5, people=(0, 1, 2, 3, 5))))
    assert judge_pictures(record(meeting), Limits()).findings == ()


def test_who_comes_back_may_be_shown_as_they_were() -> None:
    """The last picture before the camera went off stands for a tick when it is on again: that is not what is late."""
    off = Scene(at=0.9, cameras_off=frozenset(range(4)))
    found = judge_pictures(record(Meeting(people=4, scenes=(Scene(), off, Scene(at=2.7)))), Limits())
    assert found.findings == ()
    assert found.figures.picture_delay_worst is not None
    assert found.figures.picture_delay_worst < 100


def test_strangers_are_not_judged() -> None:
    broken = Broken(black=frozenset({1}), frozen={2: 0.0})
    found = judge_pictures(record(Meeting(people=6, strangers=frozenset({1, 2}), broken=broken)), Limits())
    assert (found.findings, found.unjudged) == ((), ())
    assert (found.figures.tiles, found.figures.tiles_right) == (4, 4)


def test_who_sends_nothing_is_not_called_black() -> None:
    found = judge_pictures(record(Meeting(people=4, paused={2: (-9.0, 9.0)})), Limits())
    assert found.findings == ()
    assert found.unjudged == ("the tile of 2: no picture was sent",)
    assert found.figures.tiles == 3


def test_who_stops_to_send_is_not_called_frozen() -> None:
    found = judge_pictures(record(Meeting(people=4, paused={2: (0.2, 9.0)})), Limits())
    assert (found.findings, found.figures.tiles_right) == ((), 4)


def test_a_picture_in_which_nobody_moves_may_stop() -> None:
    """The server codes once a second what does not change."""
    everybody = dict.fromkeys(range(3), (0.3, 9.0))
    found = judge_pictures(record(Meeting(people=3, paused=everybody, broken=Broken(stopped=(0.6, 2.8)))), Limits())
    assert found.findings == ()
    assert found.figures.fps is None
    assert found.figures.longest_freeze is not None
    assert found.figures.longest_freeze < 150


def test_a_server_without_cpu_may_let_pictures_stand() -> None:
    recording = record(Meeting(people=4, broken=Broken(frozen={1: 0.0, 2: 0.0}, stopped=(1.0, 2.3))))
    found = judge_pictures(msgspec.structs.replace(recording, strained=True), Limits())
    assert found.findings == ()
    assert len(found.unjudged) == 1
    assert found.unjudged[0].startswith("the tiles of 1 and 2 stood still for 2.")
    assert found.figures.longest_freeze is not None
    assert found.figures.longest_freeze > 1_200
    stopped = record(Meeting(people=4, broken=Broken(stopped=(0.9, 2.7))))
    found = judge_pictures(msgspec.structs.replace(stopped, strained=True), Limits())
    assert [finding.fault for finding in found.findings] == [Fault.FROZEN]


def test_of_whom_nothing_is_told_only_the_person_is_judged() -> None:
    recording = record(Meeting(people=4, broken=Broken(frozen={2: 0.0}, shows={1: 3, 3: 1})))
    untold = msgspec.structs.replace(
        recording, sent=tuple(sent for sent in recording.sent if sent.person not in (1, 2))
    )
    found = judge_pictures(untold, Limits())
    assert [(finding.fault, finding.people) for finding in found.findings] == [(Fault.WRONG_PERSON, (1, 3))]
    assert found.unjudged == ("whether the tiles of 1 and 2 stood still: what they sent was not told",)


@pytest.mark.parametrize("rungs", [(0, 1), (1, 0), (0, 2), (2, 0)])
def test_another_rung_during_the_check(rungs: tuple[int, int]) -> None:
    found = judge_pictures(record(Meeting(people=9, rung=rungs[0], rung_later=(1.4, rungs[1]))), Limits())
    assert (found.findings, found.unjudged) == ((), ())
    assert found.figures.tiles_right == 9


def test_whose_screen_is_shown() -> None:
    shared = (Scene(shares=3),)
    found = judge_pictures(record(Meeting(people=6, scenes=shared)), Limits())
    assert (found.findings, found.unjudged, found.figures.tiles_right) == ((), (), 5)
    swapped = judge_pictures(record(Meeting(people=6, scenes=shared, broken=Broken(shows={3: 4}))), Limits())
    assert {finding.detail for finding in swapped.findings if finding.fault is Fault.WRONG_PERSON} == {
        "the tile of 3 shows 4",
        "the shared screen of 3 shows 4",
    }


def test_a_screen_without_a_mark_is_not_judged() -> None:
    found = judge_pictures(record(Meeting(people=6, scenes=(Scene(shares=3),), marked_screen=False)), Limits())
    assert (found.findings, found.unjudged) == ((), ("the shared screen of 3: it carries no mark",))


def test_nobody_is_missing_beside_a_shared_screen() -> None:
    scene = Scene(shares=3, choice=LayoutChoice("grid", strip=2))
    assert judge_pictures(record(Meeting(people=6, scenes=(scene,))), Limits()).findings == ()


def overlapped(places: Sequence[Place]) -> tuple[Place, ...]:
    """The last one lies over the upper half of the first."""
    first = places[0]
    return (*places[:-1], Place(places[-1].person, False, first.x, first.y, first.width, first.height // 2))


def test_a_tile_under_another_is_not_judged() -> None:
    recording = record(Meeting(people=4))
    layout = recording.layouts[0]
    moved = msgspec.structs.replace(layout, places=overlapped(layout.places), name="custom")
    found = judge_pictures(msgspec.structs.replace(recording, layouts=(moved,)), Limits())
    assert any(each == "the tile of 0: covered by another" for each in found.unjudged)


def test_a_picture_without_tiles_is_one_persons() -> None:
    """As another server forwards it: no layout is told."""
    recording = record(Meeting(people=1, broken=Broken(delay=0.1)))
    found = judge_pictures(msgspec.structs.replace(recording, layouts=(), present=()), Limits())
    assert found.findings == ()
    assert found.figures.picture_delay == pytest.approx(138, abs=20)
    assert found.unjudged == ("tiles: the server told of none",)


@pytest.mark.parametrize("size", [(960, 720), (1024, 480)])
def test_a_composite_between_bars(size: tuple[int, int]) -> None:
    """As a room takes it whose screen has another shape."""
    found = judge_pictures(record(Meeting(people=9, size=size, broken=Broken(shows={2: 6, 6: 2}))), Limits())
    assert [(finding.fault, finding.people) for finding in found.findings] == [(Fault.WRONG_PERSON, (2, 6))]
    assert found.figures.tiles_right == 7
