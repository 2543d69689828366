"""Who is where and how, as the server tells it."""

from __future__ import annotations

from loadtests.agent.names import STRANGER, who_is
from loadtests.agent.proceedings import Proceedings
from loadtests.recording import Layout, Place, Present
from mcu.signaling import protocol as p
from mcu.synthetic.people import person
from mcu.synthetic.picture_code import MAX_PERSON
from tests.loadtests.agent.told import entered, line, tiles


class Notes:
    """A follower."""

    def __init__(self) -> None:
        self.layouts: list[Layout] = []
        self.lines: list[Present] = []
        self.strained: list[bool] = []

    def layout(self, layout: Layout) -> None:
        self.layouts.append(layout)

    def present(self, present: Present) -> None:
        self.lines.append(present)

    def strain(self, strained: bool) -> None:
        self.strained.append(strained)


def test_everybody_of_a_run_is_known_by_name() -> None:
    assert [who_is(person(number).name) for number in (0, 24, 25, 26, MAX_PERSON)] == [0, 24, 25, 26, MAX_PERSON]
    assert who_is("홍길동") == STRANGER


def test_a_follower_is_told_how_things_are_and_what_changes() -> None:
    told, notes = Proceedings(), Notes()
    told.take(entered(line("a", person(5).name), line("b", person(6).name, muted=True), line("z", "홍길동")), 1.0)
    told.take(tiles("a", "z", "b"), 2.0)
    told.follow(notes, 3.0)
    assert [(each.since, each.name, each.places) for each in notes.layouts] == [
        (
            2.0,
            "grid",
            (Place(5, False, 0, 0, 320, 180), Place(-1, False, 0, 180, 320, 180), Place(6, True, 0, 360, 320, 180)),
        )
    ]
    assert notes.lines == [
        Present(3.0, 5, muted=False, camera_off=False),
        Present(3.0, 6, muted=True, camera_off=False),
    ]
    notes.lines.clear()
    told.take(p.ParticipantJoined(participant=line("c", person(7).name, role="viewer")), 4.0)
    told.take(p.ParticipantChanged(participant=line("b", person(6).name, camera_off=True)), 5.0)
    told.take(p.ParticipantLeft(participant="c", reason="left"), 6.0)
    told.take(p.ParticipantLeft(participant="z", reason="left"), 6.5)
    told.take(tiles("a"), 7.0)
    told.take(p.Lines(poor=(), strained=True), 7.0)
    told.unfollow(notes)
    told.take(p.ParticipantLeft(participant="b", reason="left"), 8.0)
    assert notes.lines == [
        Present(4.0, 7, muted=False, camera_off=False, hidden=True),
        Present(5.0, 6, muted=False, camera_off=True),
        Present(6.0, 7, muted=False, camera_off=False, here=False),
        Present(6.5, -1, muted=False, camera_off=False, here=False),
    ]
    assert [each.since for each in notes.layouts] == [2.0, 7.0]
    assert notes.strained == [False, True]
    told.follow(notes, 9.0)
    assert notes.strained == [False, True, True]


def test_who_comes_anew_is_here_though_the_old_line_waits() -> None:
    told, notes = Proceedings(), Notes()
    told.take(entered(line("b", person(6).name)), 1.0)
    told.follow(notes, 1.0)
    notes.lines.clear()
    told.take(p.ParticipantChanged(participant=line("b", person(6).name, presence="reconnecting")), 2.0)
    told.take(p.ParticipantJoined(participant=line("c", person(6).name, muted=True)), 3.0)
    told.take(p.ParticipantLeft(participant="b", reason="lost"), 4.0)
    assert [(each.here, each.muted) for each in notes.lines] == [(False, False), (True, True), (True, True)]
    known = told.line(6)
    assert known is not None
    assert known.participant == "c"


def test_entering_anew_tells_who_left_meanwhile() -> None:
    told, notes = Proceedings(), Notes()
    told.take(entered(line("a", person(5).name), line("b", person(6).name)), 1.0)
    told.follow(notes, 1.0)
    notes.lines.clear()
    told.take(entered(line("a", person(5).name)), 2.0)
    assert notes.lines == [
        Present(2.0, 5, muted=False, camera_off=False),
        Present(2.0, 6, muted=False, camera_off=False, here=False),
    ]


def test_the_conference_itself() -> None:
    told = Proceedings()
    assert (told.conference, told.mine, told.lists(5)) == ("", None, False)
    told.take(entered(line("a", person(5).name)), 1.0)
    assert (told.conference, told.own, told.fps, told.layout, told.content) == ("c1", "a", 30, "speaker", "b")
    assert told.mine is not None
    assert told.lists(5)
    told.take(p.LayoutChanged(choice=p.LayoutChoice(name="grid")), 2.0)
    told.take(p.ContentChanged(participant=None), 2.0)
    assert (told.layout, told.content) == ("grid", None)


def test_whom_the_roster_leaves_out_has_the_tile_by_the_own_id() -> None:
    told, notes = Proceedings(who_has={"b": 6}.get), Notes()  # type: ignore[arg-type]
    told.take(entered(line("a", person(5).name)), 1.0)
    told.follow(notes, 1.0)
    told.take(tiles("a", "b"), 2.0)
    assert [place.person for place in notes.layouts[0].places] == [5, 6]


def test_the_choice_of_the_layout_is_told_beside_its_tiles() -> None:
    told, notes = Proceedings(), Notes()
    told.take(entered(line("a", person(5).name)), 1.0)
    told.take(tiles("a"), 2.0)
    told.follow(notes, 2.5)
    told.take(p.LayoutChanged(choice=p.LayoutChoice(name="lecture", strip=7)), 3.0)
    assert [(each.since, each.name, each.choice, each.strip) for each in notes.layouts] == [
        (2.0, "grid", "speaker", 5),
        (3.0, "grid", "lecture", 7),
    ]
    assert notes.layouts[0].places == notes.layouts[1].places


def test_who_leads_and_by_which_number_rooms_come() -> None:
    told = Proceedings()
    told.take(entered(line("a", person(5).name, role="chair"), line("z", "홍길동", role="chair")), 1.0)
    assert (told.number, told.chairs) == ("123456789", {5, -1})
    told.take(p.ParticipantLeft(participant="z", reason="left"), 2.0)
    assert told.chairs == {5}
