"""Too few composites, a tile that goes on now and then, cameras that are off, and shared screens."""

from __future__ import annotations

import msgspec
import pytest

from loadtests.checks.judgement import Judgement
from loadtests.checks.pictures import judge_pictures
from loadtests.findings import Fault, Limits
from loadtests.recording import Known, Recording
from mcu.control import LayoutChoice
from tests.loadtests.checks.meeting import BEGIN, Broken, Meeting, Scene, record

Named = set[tuple[Fault, tuple[int, ...]]]
SHARED = Scene(shares=1)


def named(judgement: Judgement) -> Named:
    return {(finding.fault, finding.people) for finding in judgement.findings}


def judged(recording: Recording) -> Judgement:
    return judge_pictures(recording, Limits())


class TestComposites:
    @pytest.mark.parametrize("every", [5, 8, 12, 24])
    def test_too_few_are_a_fault(self, every: int) -> None:
        slow = record(Meeting(broken=Broken(every=every)))
        assert named(judged(slow)) == {(Fault.SLOW, ())}
        strained = judged(msgspec.structs.replace(slow, strained=True))
        assert strained.findings == ()
        late = judged(msgspec.structs.replace(slow, held=0.2))
        assert late.findings == ()
        assert "rate of pictures: the agent itself was 200 ms late" in late.unjudged

    def test_every_second_one_is_not(self) -> None:
        assert judged(record(Meeting(broken=Broken(every=2)))).findings == ()

    @pytest.mark.parametrize("people", [1, 2])
    def test_few_people_move_less_often_than_there_might_be_composites(self, people: int) -> None:
        found = record(Meeting(people=people))
        fifteen = tuple(frame for index, frame in enumerate(found.frames) if index % 5 in (0, 2, 4) or frame.keyframe)
        spared = msgspec.structs.replace(found, frames=fifteen)
        assert Fault.SLOW not in {finding.fault for finding in judged(spared).findings}

    def test_the_smallest_rung_has_every_second_one(self) -> None:
        assert judged(record(Meeting(rung=2))).findings == ()


class TestTiles:
    @pytest.mark.parametrize("seconds", [0.5, 1.0, 1.9])
    def test_one_goes_on_now_and_then(self, seconds: float) -> None:
        slow = record(Meeting(seconds=5.0, broken=Broken(slow={1: seconds})))
        found = judged(slow)
        assert named(found) == {(Fault.TILE_SLOW, (1,))}
        assert found.figures.tiles_right == 3
        assert found.figures.tile_fps == pytest.approx(15, rel=0.1)
        assert found.figures.tile_fps_least == pytest.approx(1 / seconds, rel=0.3)
        assert judged(msgspec.structs.replace(slow, strained=True)).findings == ()

    def test_half_of_what_is_sent_is_enough(self) -> None:
        assert judged(record(Meeting(broken=Broken(slow={1: 0.1})))).findings == ()

    def test_one_standstill_is_none(self) -> None:
        assert judged(record(Meeting(seconds=4.0, broken=Broken(frozen={0: 2.4})))).findings == ()


def with_camera_off(recording: Recording, who: int, *, since: float) -> Recording:
    known = (Known(BEGIN - 60, who, True, False, False), Known(since, who, True, False, True))
    roster = tuple(
        msgspec.structs.replace(state, camera_off=True) if state.person == who else state for state in recording.present
    )
    others = tuple(state for state in recording.known if state.person != who)
    return msgspec.structs.replace(recording, known=(*others, *known), present=roster)


class TestCamerasOff:
    def test_who_is_seen_with_the_camera_off(self) -> None:
        recording = with_camera_off(record(Meeting(own_words=0.1)), 3, since=BEGIN - 5)
        assert named(judged(recording)) == {(Fault.CAMERA_OFF_SEEN, (3,))}

    def test_a_last_picture_that_stands_is_seen_too(self) -> None:
        stands = record(Meeting(own_words=0.1, broken=Broken(frozen={3: 0.0})))
        assert named(judged(with_camera_off(stands, 3, since=BEGIN - 5))) == {(Fault.CAMERA_OFF_SEEN, (3,))}

    def test_words_may_be_under_way(self) -> None:
        meeting = record(Meeting(own_words=0.1))
        assert judged(with_camera_off(meeting, 3, since=BEGIN - 0.9)).findings == ()
        slept = with_camera_off(meeting, 3, since=BEGIN - 3)
        assert judged(msgspec.structs.replace(slept, held=3.0)).findings == ()

    def test_a_camera_that_is_off_and_not_seen_is_well(self) -> None:
        off = Scene(cameras_off=frozenset({3}))
        assert judged(record(Meeting(own_words=0.1, scenes=(off,)))).findings == ()

    def test_a_camera_that_is_on_again(self) -> None:
        off, on = Scene(cameras_off=frozenset({3})), Scene(at=1.0)
        assert judged(record(Meeting(own_words=0.1, seconds=4.0, scenes=(off, on)))).findings == ()


class TestScreens:
    @pytest.mark.parametrize("layout", ["grid", "speaker", "presentation"])
    def test_a_screen_that_is_shown(self, layout: str) -> None:
        scene = Scene(shares=1, choice=LayoutChoice(layout))
        assert judged(record(Meeting(seconds=4.0, scenes=(scene,)))).findings == ()

    def test_a_black_one(self) -> None:
        broken = Meeting(seconds=4.0, scenes=(SHARED,), broken=Broken(blind_screen=True))
        assert named(judged(record(broken))) == {(Fault.SCREEN_BLACK, (1,))}

    def test_one_that_stands(self) -> None:
        broken = Meeting(seconds=4.0, scenes=(SHARED,), broken=Broken(still_screen=0.3))
        assert named(judged(record(broken))) == {(Fault.SCREEN_FROZEN, (1,))}
        assert judged(msgspec.structs.replace(record(broken), strained=True)).findings == ()

    def test_one_without_a_place(self) -> None:
        recording = record(Meeting(seconds=4.0, scenes=(SHARED,)))
        layout = recording.layouts[0]
        places = tuple(place for place in layout.places if not place.content)
        missing = msgspec.structs.replace(
            recording, layouts=(msgspec.structs.replace(layout, places=places, name="custom", choice="custom"),)
        )
        assert (Fault.SCREEN_MISSING, (1,)) in named(judged(missing))

    def test_what_has_just_begun_is_under_way(self) -> None:
        recording = record(Meeting(seconds=4.0, scenes=(Scene(), Scene(at=1.0, shares=1))))
        untold = msgspec.structs.replace(recording, layouts=recording.layouts[:1])
        assert Fault.SCREEN_MISSING not in {finding.fault for finding in judged(untold).findings}

    def test_a_screen_without_a_mark_is_told_of(self) -> None:
        plain = judged(record(Meeting(scenes=(SHARED,), marked_screen=False)))
        assert plain.findings == ()
        assert plain.unjudged == ("the shared screen of 1: it carries no mark",)
