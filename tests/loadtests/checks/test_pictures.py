"""Meetings as the server composes and codes them: clean ones have no fault, and each fault is found by its name."""

from __future__ import annotations

import time
from dataclasses import replace

import msgspec
import pytest

from loadtests.checks.judgement import Judgement
from loadtests.checks.pictures import judge_pictures
from loadtests.findings import Fault, Limits
from mcu.control import LayoutChoice
from tests.loadtests.checks.meeting import BEGIN, BEST, COMPOSITE_FPS, Broken, Meeting, Scene, record

SIZES = [1, 4, 9, 16, 25, 30]
Named = set[tuple[Fault, tuple[int, ...]]]


def judged(meeting: Meeting, **limits: float) -> Judgement:
    return judge_pictures(record(meeting), Limits(**limits))  # type: ignore[arg-type]


def named(judgement: Judgement) -> Named:
    return {(finding.fault, finding.people) for finding in judgement.findings}


class TestClean:
    @pytest.mark.parametrize("rung", [0, 1, 2])
    @pytest.mark.parametrize("people", SIZES)
    def test_everybody_is_seen_at_every_size(self, people: int, rung: int) -> None:
        found = judged(Meeting(people=people, rung=rung, seed=people))
        assert found.findings == ()
        figures = found.figures
        assert figures.fps == pytest.approx(COMPOSITE_FPS if rung < 2 else COMPOSITE_FPS / 2, rel=0.02)
        assert figures.longest_freeze is not None
        assert figures.longest_freeze < 120
        if rung == 2 and people >= 25:  # marks of less than two pixels a square
            assert (figures.tiles, figures.picture_delay) == (0, None)
            assert len(found.unjudged) == 1
            assert "too small to be read" in found.unjudged[0]
            return
        assert found.unjudged == ()
        assert (figures.tiles, figures.tiles_right) == (people, people)
        assert figures.tile_fps == pytest.approx(15 if rung < 2 else 12.5, rel=0.1)
        assert figures.picture_delay is not None
        assert 15 < figures.picture_delay < 80
        assert sorted(found.delays) == list(range(people))

    @pytest.mark.parametrize("seed", range(12))
    def test_nothing_is_found_at_any_moment(self, seed: int) -> None:
        rate, people = (1_200_000, 720_000, 400_000)[seed % 3], SIZES[seed % 6]
        found = judged(Meeting(people=people, seed=100 + seed, profile=replace(BEST, bitrate=rate)))
        assert (found.findings, found.unjudged) == ((), ())
        assert found.figures.tiles_right == people

    @pytest.mark.parametrize("people", [4, 30])
    def test_h264(self, people: int) -> None:
        found = judged(Meeting(people=people, profile=replace(BEST, codec="H264")))
        assert (found.findings, found.unjudged) == ((), ())
        assert found.figures.tiles_right == people

    @pytest.mark.parametrize("layout", ["speaker", "lecture", "presentation", "single"])
    def test_where_people_wait_for_a_place_nobody_is_missing(self, layout: str) -> None:
        scene = Scene(choice=LayoutChoice(layout, strip=5), speaker=3)
        found = judged(Meeting(people=12, scenes=(scene,)))
        assert (found.findings, found.unjudged) == ((), ())
        assert found.figures.tiles == found.figures.tiles_right == (1 if layout == "single" else 6)

    def test_pictures_with_bars(self) -> None:
        found = judged(Meeting(people=12, scenes=(Scene(choice=LayoutChoice("grid", fit="contain")),)))
        assert (found.findings, found.figures.tiles_right) == ((), 12)


class TestOneFault:
    def test_two_are_swapped(self) -> None:
        found = judged(Meeting(people=16, broken=Broken(shows={4: 11, 11: 4})))
        assert named(found) == {(Fault.WRONG_PERSON, (4, 11))}
        assert found.findings[0].detail == "4 and 11 are swapped: the tile of each shows the other"
        assert found.figures.tiles_right == 14

    def test_three_stand_in_each_others_places(self) -> None:
        found = judged(Meeting(people=9, broken=Broken(shows={1: 2, 2: 5, 5: 1})))
        assert named(found) == {(Fault.WRONG_PERSON, (owner, seen)) for owner, seen in ((1, 2), (2, 5), (5, 1))}

    @pytest.mark.parametrize("rung", [0, 1])
    def test_somebody_takes_the_place_of_another_and_keeps_the_own(self, rung: int) -> None:
        found = judged(Meeting(people=25, rung=rung, broken=Broken(shows={20: 7})))
        assert named(found) == {(Fault.WRONG_PERSON, (20, 7)), (Fault.TWICE, (7,))}
        assert found.figures.tiles_right == 24

    def test_the_server_says_itself_that_somebody_stands_twice(self) -> None:
        recording = record(Meeting(people=9, broken=Broken(shows={3: 6})))
        layout = recording.layouts[0]
        places = tuple(msgspec.structs.replace(p, person=6 if p.person == 3 else p.person) for p in layout.places)
        gone = tuple(state for state in recording.present if state.person != 3)
        doubled = msgspec.structs.replace(layout, places=places)
        found = judge_pictures(msgspec.structs.replace(recording, layouts=(doubled,), present=gone), Limits())
        assert named(found) == {(Fault.TWICE, (6,))}

    @pytest.mark.parametrize("people", [1, 4, 30])
    def test_a_black_tile(self, people: int) -> None:
        found = judged(Meeting(people=people, broken=Broken(black=frozenset({people - 1}))))
        assert named(found) == {(Fault.TILE_BLACK, (people - 1,))}
        assert (found.figures.tiles, found.figures.tiles_right) == (people, people - 1)

    def test_several_black_tiles_are_one_finding(self) -> None:
        found = judged(Meeting(people=9, broken=Broken(black=frozenset({2, 5, 8}))))
        assert named(found) == {(Fault.TILE_BLACK, (2, 5, 8))}
        assert "the tiles of 2, 5 and 8" in found.findings[0].detail

    @pytest.mark.parametrize("people", [1, 9, 30])
    def test_a_tile_that_stands_still(self, people: int) -> None:
        found = judged(Meeting(people=people, broken=Broken(frozen={0: 0.3})))
        assert (Fault.TILE_FROZEN, (0,)) in named(found)
        if people > 1:  # alone in the picture, its composites need not come either
            assert len(found.findings) == 1
            assert found.figures.tiles_right == people - 1

    def test_a_tile_that_stands_still_for_less_than_is_allowed(self) -> None:
        assert judged(Meeting(people=9, broken=Broken(frozen={0: 1.5}))).findings == ()
        assert named(judged(Meeting(people=9, broken=Broken(frozen={0: 1.5})), tile_freeze=1.0)) == {
            (Fault.TILE_FROZEN, (0,))
        }

    @pytest.mark.parametrize("people", [3, 30])
    def test_somebody_has_no_tile(self, people: int) -> None:
        found = judged(Meeting(people=people, broken=Broken(missing=frozenset({1}))))
        assert named(found) == {(Fault.TILE_MISSING, (1,))}
        assert (found.figures.tiles, found.figures.tiles_right) == (people, people - 1)

    @pytest.mark.parametrize("stopped", [(0.8, 2.3), (1.6, 9.0)], ids=["goes on", "to the end"])
    def test_the_picture_stops(self, stopped: tuple[float, float]) -> None:
        found = judged(Meeting(people=9, broken=Broken(stopped=stopped)))
        assert named(found) == {(Fault.FROZEN, ())}
        assert found.figures.longest_freeze == pytest.approx(1000 * (min(3.0, stopped[1]) - stopped[0]), abs=90)
        assert found.figures.tiles_right == 9

    def test_a_short_stop_is_a_figure_only(self) -> None:
        found = judged(Meeting(people=9, broken=Broken(stopped=(1.0, 1.8))))
        assert found.findings == ()
        assert found.figures.longest_freeze == pytest.approx(800, abs=90)

    @pytest.mark.parametrize("delay", [0.2, 0.45])
    def test_pictures_come_late(self, delay: float) -> None:
        found = judged(Meeting(people=9, broken=Broken(delay=delay)))
        assert named(found) == {(Fault.LATE_PICTURE, tuple(range(9)))}
        assert found.figures.tiles_right == 9

    def test_what_the_agent_slept_is_not_called_late(self) -> None:
        recording = record(Meeting(people=4, broken=Broken(delay=0.2)))
        found = judge_pictures(msgspec.structs.replace(recording, late=0.2), Limits())
        assert found.findings == ()
        assert any("agent itself" in each for each in found.unjudged)

    def test_what_the_line_takes_is_not_called_late(self) -> None:
        recording = record(Meeting(people=4, broken=Broken(delay=0.2)))
        assert judge_pictures(recording, Limits().over(0.2)).findings == ()


class TestNoPicture:
    def test_nothing_came(self) -> None:
        recording = record(Meeting(people=2, seconds=0.2))
        silent = msgspec.structs.replace(recording, codec="", frames=(), end=BEGIN + 3)
        assert named(judge_pictures(silent, Limits())) == {(Fault.NO_PICTURE, ())}

    def test_no_keyframe_came_in_a_short_check(self) -> None:
        recording = record(Meeting(people=2, seconds=0.2))
        found = judge_pictures(msgspec.structs.replace(recording, frames=(), end=BEGIN + 1), Limits())
        assert found.findings == ()
        assert found.unjudged == ("pictures: no keyframe came in 1.0 s",)

    def test_nothing_can_be_decoded(self) -> None:
        recording = record(Meeting(people=2, seconds=0.4))
        noise = tuple(msgspec.structs.replace(frame, data=b"\x50\x42" * 40) for frame in recording.frames)
        found = judge_pictures(msgspec.structs.replace(recording, frames=noise), Limits())
        assert named(found) == {(Fault.NO_PICTURE, ())}

    def test_a_codec_without_marks_is_not_judged(self) -> None:
        found = judge_pictures(msgspec.structs.replace(record(Meeting(seconds=0.2)), codec="H261"), Limits())
        assert (found.findings, len(found.unjudged)) == ((), 1)


class TestBeforeTheBeginning:
    """Frames are kept from a keyframe on, for which is waited; only what comes after the beginning is judged."""

    def test_what_came_before_is_decoded_only(self) -> None:
        recording = msgspec.structs.replace(record(Meeting(people=9)), begin=BEGIN + 1)
        figures = judge_pictures(recording, Limits()).figures
        assert (figures.seconds, figures.tiles_right) == (2.0, 9)
        assert 49 <= figures.frames <= 51
        assert figures.longest_freeze is not None
        assert figures.longest_freeze < 120

    def test_a_freeze_that_began_before(self) -> None:
        stopped = record(Meeting(people=9, broken=Broken(stopped=(0.5, 1.9))))
        found = judge_pictures(msgspec.structs.replace(stopped, begin=BEGIN + 1.5), Limits())
        assert named(found) == {(Fault.FROZEN, ())}
        assert found.figures.longest_freeze == pytest.approx(1_400, abs=90)

    def test_nothing_came_since(self) -> None:
        stopped = record(Meeting(people=9, broken=Broken(stopped=(0.9, 9.0))))
        found = judge_pictures(msgspec.structs.replace(stopped, begin=BEGIN + 1), Limits())
        assert named(found) == {(Fault.FROZEN, ())}
        assert found.figures.frames == 0


@pytest.mark.parametrize("people", [1, 9, 30])
def test_what_is_added_to_the_delay_is_told_within_one_composite(people: int) -> None:
    before, after = (judged(Meeting(people=people, broken=Broken(delay=delay))).figures for delay in (0.0, 0.2))
    for one, other in (
        (before.picture_delay, after.picture_delay),
        (before.picture_delay_worst, after.picture_delay_worst),
    ):
        assert one is not None
        assert other is not None
        assert other - one == pytest.approx(200, abs=1000 / COMPOSITE_FPS)


def test_thirty_tiles_are_judged_in_a_fifth_of_their_time() -> None:
    recording = record(Meeting(people=30))
    began = time.process_time()
    found = judge_pictures(recording, Limits())
    assert found.figures.tiles_right == 30
    assert time.process_time() - began < 0.6
