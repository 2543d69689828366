"""What a conference decides, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from mcu.conference import commands as c
from mcu.conference import events as e
from mcu.conference.conference import CHAT_KEPT, Conference, Settings
from mcu.conference.layout import Holds, Layout, LayoutName, Slot
from mcu.conference.participant import Departure, Kind, Participant, Reaction, Role
from mcu.errors import RefusedError

GRACE = 30.0


def conference(*, capacity: int = 36, open_layout: bool = False) -> Conference:
    return Conference(
        Settings(id="c", title="회의", number="1", capacity=capacity, grace=GRACE, open_layout=open_layout)
    )


def do(state: Conference, *commands: c.Command) -> list[e.Event]:
    events: list[e.Event] = []
    for command in commands:
        decided = state.decide(command)
        for event in decided:
            state.apply(event)
        events += decided
    return events


def enter(state: Conference, *ids: str, role: Role = Role.ATTENDEE, office: str = "") -> None:
    do(state, *(c.Enter(participant=i, name=i.upper(), office=office, role=role) for i in ids))


def refused(state: Conference, command: c.Command) -> str:
    with pytest.raises(RefusedError) as error:
        state.decide(command)
    return error.value.code


def ids(people: Iterable[Participant]) -> list[str]:
    return [person.id for person in people]


def test_deciding_changes_nothing() -> None:
    state = conference()
    state.decide(c.Enter(participant="a", name="A"))
    assert state.participants == {}


def test_seats_count_from_one_and_viewers_have_none() -> None:
    state = conference()
    enter(state, "v", role=Role.VIEWER)
    enter(state, "a", "b")
    assert [(p.id, p.seat) for p in state.roster()] == [("a", 1), ("b", 2), ("v", 0)]
    assert state.participants["v"].silent


def test_capacity_counts_everybody() -> None:
    state = conference(capacity=2)
    enter(state, "a")
    enter(state, "v", role=Role.VIEWER)
    do(state, c.Disconnect("a", 0.0))
    assert refused(state, c.Enter(participant="b", name="B")) == "conference-full"


def test_lock_keeps_new_people_out_but_not_a_chair_nor_who_returns() -> None:
    state = conference()
    enter(state, "chair", role=Role.CHAIR)
    enter(state, "a")
    gone = state.participants["a"]
    do(state, c.Depart("a", Departure.LOST), c.SetLock("chair", True))
    assert refused(state, c.Enter(participant="b", name="B")) == "conference-locked"
    enter(state, "second", role=Role.CHAIR)
    do(state, c.Return(gone))
    assert ids(state.roster()) == ["chair", "second", "a"]


def test_broken_connection_is_waited_for() -> None:
    state = conference()
    enter(state, "a", "b")
    do(state, c.Disconnect("a", 100.0))
    assert (state.next_timer(), state.participants["a"].connected) == (100.0 + GRACE, False)
    assert state.overdue(100.0 + GRACE - 0.1) == ()
    do(state, c.Reconnect("a"))
    assert (state.next_timer(), state.overdue(1e9)) == (None, ())
    do(state, c.Disconnect("a", 200.0))
    events = do(state, *state.overdue(200.0 + GRACE))
    assert events == [e.ParticipantLeft("a", Departure.LOST)]


def test_chairs_mute_and_own_mute_are_two_switches() -> None:
    state = conference()
    enter(state, "chair", role=Role.CHAIR)
    enter(state, "a")
    do(state, c.SetSelf(actor="a", muted=True), c.Mute("chair", "a", True))
    assert refused(state, c.SetSelf(actor="a", muted=False)) == "muted-by-chair"
    do(state, c.Mute("chair", "a", False))
    assert state.participants["a"].silent
    do(state, c.SetSelf(actor="a", muted=False))
    assert not state.participants["a"].silent


def test_what_does_not_change_is_no_event() -> None:
    state = conference()
    enter(state, "chair", role=Role.CHAIR)
    nothing = [
        c.SetSelf(actor="chair", muted=False),
        c.SetSelf(actor="chair"),
        c.SetLock("chair", False),
        c.ChooseLayout("chair", Layout()),
        c.ShowContent("chair", False),
        c.LowerHand("chair", "chair"),
        c.Reconnect("chair"),
    ]
    assert do(state, *nothing) == []


def test_content_belongs_to_one_and_ends_with_the_connection() -> None:
    state = conference()
    enter(state, "chair", role=Role.CHAIR)
    enter(state, "a", "b")
    enter(state, "v", role=Role.VIEWER)
    assert refused(state, c.ShowContent("v", True)) == "not-permitted"
    assert do(state, c.ShowContent("a", True)) == [e.ContentChanged("a")]
    assert do(state, c.ShowContent("b", False)) == []
    assert do(state, c.ShowContent("a", True, sound=True)) == [e.ContentChanged("a", sound=True)]
    assert do(state, c.ShowContent("b", True)) == [e.ContentChanged("b")]  # takes over
    assert do(state, c.ShowContent("a", False)) == []  # comes too late to end anything
    assert do(state, c.ShowContent("chair", True)) == [e.ContentChanged("chair")]
    do(state, c.ShowContent("chair", False), c.ShowContent("a", True))
    assert do(state, c.ShowContent("chair", False)) == [e.ContentChanged(None)]
    assert refused(state, c.StopContent("b", "a")) == "not-permitted"
    do(state, c.ShowContent("b", True))
    assert do(state, c.StopContent("chair", "a")) == []  # meanwhile somebody else shares
    assert do(state, c.StopContent("chair", "b")) == [e.ContentChanged(None)]
    do(state, c.ShowContent("a", True))
    assert do(state, c.Disconnect("a", 0.0))[0] == e.ContentChanged(None)
    do(state, c.Reconnect("a"), c.ShowContent("a", True))
    assert do(state, c.Depart("a", Departure.LEFT))[0] == e.ContentChanged(None)


@pytest.mark.parametrize(
    "command",
    [
        c.ChooseLayout("a", Layout(name=LayoutName.SPEAKER)),
        c.SetLock("a", True),
        c.Mute("a", "chair", True),
        c.LowerHand("a", "chair"),
        c.Remove("a", "chair"),
        c.End("a"),
    ],
)
@pytest.mark.parametrize("role", [Role.ATTENDEE, Role.VIEWER])
def test_only_a_chair_may(command: c.Command, role: Role) -> None:
    state = conference()
    enter(state, "chair", role=Role.CHAIR)
    enter(state, "a", role=role)
    assert refused(state, command) == "not-permitted"


def test_first_is_no_chair() -> None:
    state = conference()
    enter(state, "a")
    assert refused(state, c.SetLock("a", True)) == "not-permitted"


def test_open_layout_is_for_those_who_have_a_seat() -> None:
    state = conference(open_layout=True)
    enter(state, "a")
    enter(state, "v", role=Role.VIEWER)
    layout = Layout(name=LayoutName.LECTURE)
    assert do(state, c.ChooseLayout("a", layout)) == [e.LayoutChanged(layout)]
    assert refused(state, c.ChooseLayout("v", Layout())) == "not-permitted"


def test_operator_may_everything() -> None:
    state = conference()
    enter(state, "a")
    do(state, c.SetSelf(actor="a", hand=True))
    do(state, c.Mute(None, "a", True), c.LowerHand(None, "a"), c.SetLock(None, True), c.Remove(None, "a"))
    assert do(state, c.End(None)) == [e.ConferenceEnded()]
    assert refused(state, c.End(None)) == "conference-ended"


def test_who_is_not_there_cannot_act_or_be_acted_on() -> None:
    state = conference()
    assert refused(state, c.SetSelf(actor="ghost", muted=True)) == "no-such-participant"
    assert refused(state, c.Mute(None, "ghost", True)) == "no-such-participant"
    enter(state, "a")
    assert refused(state, c.Enter(participant="a", name="A")) == "already-entered"


def test_chat_is_numbered_and_only_the_last_lines_are_kept() -> None:
    state = conference()
    enter(state, "a", office="종로구청장")
    do(state, *(c.Say("a", str(n), "2026-11-21T00:00:00Z") for n in range(CHAT_KEPT + 5)))
    assert [state.chat[0].number, state.chat[-1].number, len(state.chat)] == [6, CHAT_KEPT + 5, CHAT_KEPT]
    assert (state.chat[-1].name, state.chat[-1].office) == ("A", "종로구청장")


@pytest.mark.parametrize(
    "layout",
    [
        Layout(strip=0),
        Layout(strip=99),
        Layout(fit="stretch"),
        Layout(name=LayoutName.CUSTOM),
        Layout(name=LayoutName.GRID, slots=(Slot(x=0, y=0, width=1, height=1),)),
        Layout(name=LayoutName.CUSTOM, slots=(Slot(x=1900, y=0, width=100, height=100),)),
        Layout(name=LayoutName.CUSTOM, slots=(Slot(x=-1, y=0, width=10, height=10),)),
        Layout(name=LayoutName.CUSTOM, slots=(Slot(x=0, y=0, width=0, height=10),)),
        Layout(name=LayoutName.CUSTOM, slots=(Slot(x=0, y=0, width=9, height=9, holds=Holds.SEAT),)),
        Layout(name=LayoutName.CUSTOM, slots=(Slot(x=0, y=0, width=9, height=9, seat=1),)),
    ],
)
def test_layouts_that_cannot_be_drawn(layout: Layout) -> None:
    assert refused(conference(), c.ChooseLayout(None, layout)) == "layout-invalid"


def test_state_from_the_store_is_the_state_that_was() -> None:
    state = conference()
    enter(state, "a", office="종로구청장")
    enter(state, "b", office="중구청장")
    do(state, c.Depart("a", Departure.LEFT))
    again = Conference(
        state.settings,
        participants=[state.participants["b"]],
        former=[Participant(id="a", name="A", office="종로구청장", seat=1)],
    )
    enter(again, "x", office="용산구청장")
    enter(again, "y", office="종로구청장")
    assert [(p.id, p.seat) for p in again.roster()] == [("y", 1), ("b", 2), ("x", 3)]


def killed(state: Conference, *, role: Role = Role.CHAIR) -> None:
    """Kim of Jongno enters, somebody else does, and Kim's browser is killed."""
    do(state, c.Enter(participant="old", name="김하나", office="종로구청장", role=role))
    enter(state, "b", office="중구청장")
    do(state, c.Disconnect("old", now=100.0))


def again(*, office: str = "종로구청장", unheard: Iterable[str] = ("old",)) -> c.Enter:
    return c.Enter(participant="new", name="김하나", office=office, unheard=frozenset(unheard))


def test_who_comes_back_without_the_secret_stands_in_the_picture_once() -> None:
    state = conference(capacity=2)  # which the one who is gone does not fill
    killed(state)
    left, joined = do(state, again())
    assert left == e.ParticipantLeft("old", Departure.LOST)
    assert joined == e.ParticipantJoined(state.participants["new"])
    assert [(p.id, p.seat) for p in state.roster()] == [("new", 1), ("b", 2)]


def test_the_newcomer_gets_the_seat_and_neither_role_nor_switches() -> None:
    state = conference()
    killed(state)
    do(state, c.Mute(None, "old", True), again())
    new = state.participants["new"]
    assert (new.role, new.muted_by_chair, new.seat) == (Role.ATTENDEE, False, 1)


def test_who_was_taken_for_gone_returns_as_they_were_but_for_the_seat() -> None:
    state = conference()
    killed(state)
    old = state.participants["old"]
    do(state, again(), c.Return(old))
    back = state.participants["old"]
    assert (back.role, back.connected, back.seat) == (Role.CHAIR, True, 3)


@pytest.mark.parametrize(
    "command",
    [again(office="중구청장"), again(unheard=()), again(unheard=("b",))],
    ids=["another office", "media still comes", "media of another is gone"],
)
def test_nobody_else_is_taken_for_gone(command: c.Enter) -> None:
    state = conference()
    killed(state)
    do(state, command)
    assert "old" in state.participants


def test_whose_connection_stands_is_never_taken_for_gone() -> None:
    state = conference()
    killed(state)
    do(state, c.Reconnect("old"), again())
    assert ids(state.roster()) == ["old", "b", "new"]


def test_a_refused_newcomer_takes_nobody_out() -> None:
    state = conference()
    killed(state)
    do(state, c.SetLock(None, True))
    assert refused(state, again()) == "conference-locked"
    assert "old" in state.participants


def test_captions_are_written_by_whom_the_chair_appoints() -> None:
    state = conference()
    enter(state, "chair", role=Role.CHAIR)
    enter(state, "v", role=Role.VIEWER)
    line = c.Caption("v", "지금부터 회의를 시작하", final=False)
    assert refused(state, line) == "not-permitted"
    assert refused(state, c.Appoint("v", "v", True)) == "not-permitted"
    do(state, c.Appoint("chair", "v", True))
    assert do(state, line) == [e.Captioned("v", "지금부터 회의를 시작하", final=False)]
    do(state, c.Appoint("chair", "v", False))
    assert refused(state, line) == "not-permitted"


def test_everybody_may_react_and_nothing_of_it_stays() -> None:
    state = conference()
    enter(state, "v", role=Role.VIEWER)
    before = state.roster()
    assert do(state, c.React("v", Reaction.APPLAUSE)) == [e.Reacted("v", Reaction.APPLAUSE)]
    assert state.roster() == before


def test_room_is_a_participant_of_its_kind() -> None:
    state = conference()
    do(state, c.Enter(participant="a", name="대회의실", kind=Kind.ROOM), c.Enter(participant="b", name="김하나"))
    do(state, c.Mute(None, "a", True))
    assert [(who.kind, who.silent) for who in state.roster()] == [(Kind.ROOM, True), (Kind.PERSON, False)]


def test_whom_a_chair_has_called_comes_in_although_it_is_locked() -> None:
    state = conference()
    do(state, c.SetLock(None, True))
    assert refused(state, c.Enter(participant="a", name="대회의실", kind=Kind.ROOM)) == "conference-locked"
    do(state, c.Enter(participant="b", name="소회의실", kind=Kind.ROOM, invited=True))
    assert list(state.participants) == ["b"]
