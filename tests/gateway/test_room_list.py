"""What is wanted of the calls to the rooms of one conference, event by event, with fake time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mcu.controller.member import Room, RoomCondition
from mcu.errors import RefusedError
from mcu.gateway.room_list import DROPPED, REDIAL_SECONDS, STEADY_SECONDS, Begin, HangUp, RoomList
from mcu.gateway.rooms import CallView
from mcu.h323.events import EndReason
from mcu.store.records import RoomRecord


def record(name: str) -> RoomRecord:
    return RoomRecord(
        id=name,
        conference_id="c",
        address=f"{name}.example",
        name="",
        office="",
        added_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


class Rig:
    """A list of rooms, and the calls that it wanted."""

    def __init__(self, *names: str) -> None:
        self.rooms = RoomList([record(name) for name in names])
        self.now = 100.0

    def begun(self, room: str) -> Begin:
        """The one call that is wanted now, which the dialler takes as `call-ROOM-ATTEMPT`."""
        (wanted,) = self.rooms.wants()
        assert isinstance(wanted, Begin)
        assert self.rooms.begin(wanted) == record(room)
        self.rooms.named(wanted, f"call-{room}-{wanted.attempt}")
        return wanted

    def tell(self, begun: Begin, state: str, **what: str) -> None:
        self.rooms.changed(begun, CallView("", state, **what), now=self.now)

    def connected(self, room: str = "a") -> Begin:
        self.rooms.call(room)
        begun = self.begun(room)
        self.tell(begun, "connected", participant="p")
        return begun

    def room(self, name: str = "a") -> Room:
        return next(room for room in self.rooms.rooms() if room.id == name)


def test_call_goes_through_its_states() -> None:
    rig = Rig("a")
    assert rig.room().condition is RoomCondition.IDLE
    rig.rooms.call("a")
    assert rig.room().condition is RoomCondition.CALLING
    begun = rig.begun("a")
    for state in ("calling", "ringing", "entering"):
        rig.tell(begun, state)
        assert rig.room().condition == state
    rig.tell(begun, "connected", participant="p7", name=" JONGNO\u202e  HDX ")
    assert (rig.room().participant, rig.room().said) == ("p7", "JONGNO HDX")
    rig.tell(begun, "ended", reason="hung-up", participant="p7")
    assert rig.room().condition is RoomCondition.ENDED
    assert (rig.room().participant, rig.room().said, rig.room().reason) == ("", "JONGNO HDX", "hung-up")
    assert rig.rooms.wants() == []


def test_room_called_twice_is_called_once() -> None:
    rig = Rig("a")
    rig.rooms.call("a")
    rig.rooms.call("a")
    begun = rig.begun("a")
    for state in ("calling", "ringing", "entering", "connected"):
        rig.tell(begun, state)
        rig.rooms.call("a")
        assert rig.rooms.idle() == ()
        assert rig.rooms.wants() == []


def test_room_whose_call_ended_is_called_anew_and_old_news_change_nothing() -> None:
    rig = Rig("a")
    old = rig.connected()
    rig.tell(old, "ended", reason="busy")
    rig.rooms.call("a")
    new = rig.begun("a")
    rig.tell(old, "connected", participant="old")
    assert rig.room().condition is RoomCondition.CALLING
    assert (new.attempt, old.attempt) == (2, 1)


def test_hanging_up_before_the_turn_takes_the_call_back() -> None:
    rig = Rig("a")
    rig.rooms.call("a")
    (wanted,) = rig.rooms.wants()
    rig.rooms.hang_up("a")
    assert (rig.room().condition, rig.room().reason) == (RoomCondition.ENDED, "hung-up")
    assert isinstance(wanted, Begin)
    assert rig.rooms.begin(wanted) is None
    assert rig.rooms.wants() == []


def test_hanging_up_while_the_dialler_works_waits_for_the_calls_name() -> None:
    rig = Rig("a")
    rig.rooms.call("a")
    (wanted,) = rig.rooms.wants()
    assert isinstance(wanted, Begin)
    rig.rooms.begin(wanted)
    rig.rooms.hang_up("a")
    assert rig.rooms.wants() == []
    rig.rooms.named(wanted, "call1")
    assert rig.rooms.wants() == [HangUp("call1")]
    rig.tell(wanted, "ended", reason="hung-up")
    assert rig.room().condition is RoomCondition.ENDED


def test_calling_while_hanging_up_calls_when_that_is_done() -> None:
    rig = Rig("a")
    begun = rig.connected()
    rig.rooms.hang_up("a")
    rig.rooms.hang_up("a")
    assert rig.rooms.wants() == [HangUp("call-a-1")]
    rig.rooms.call("a")
    assert rig.rooms.wants() == []
    rig.tell(begun, "ended", reason="hung-up")
    assert rig.rooms.wants() == [Begin("a", 2)]


def test_removed_room_is_hung_up_whenever_its_call_gets_a_name() -> None:
    rig = Rig("a", "b")
    rig.connected("a")
    rig.rooms.remove("a")
    assert rig.rooms.wants() == [HangUp("call-a-1")]
    rig.rooms.call("b")
    (wanted,) = rig.rooms.wants()
    assert isinstance(wanted, Begin)
    rig.rooms.begin(wanted)
    rig.rooms.remove("b")
    rig.rooms.named(wanted, "late")
    assert rig.rooms.wants() == [HangUp("late")]
    rig.tell(wanted, "connected", participant="p")
    assert rig.rooms.rooms() == ()


def test_call_that_ends_before_the_dialler_returns_is_not_hung_up() -> None:
    rig = Rig("a")
    rig.rooms.call("a")
    (wanted,) = rig.rooms.wants()
    assert isinstance(wanted, Begin)
    rig.rooms.begin(wanted)
    rig.tell(wanted, "ended", reason="unreachable")
    rig.rooms.named(wanted, "call1")
    assert rig.rooms.wants() == []
    rig.rooms.hang_up("a")
    assert rig.rooms.wants() == []
    assert rig.room().reason == "unreachable"


@pytest.mark.parametrize("reason", list(EndReason))
def test_only_a_drop_is_dialled_again_by_itself(reason: EndReason) -> None:
    rig = Rig("a")
    begun = rig.connected()
    rig.tell(begun, "ended", reason=reason.value)
    assert rig.room().reason == reason.value
    if reason not in DROPPED:
        assert rig.room().condition is RoomCondition.ENDED
        assert rig.rooms.next_timer() is None
        return
    assert rig.room().condition is RoomCondition.REDIALLING
    assert rig.rooms.next_timer() == rig.now + REDIAL_SECONDS
    rig.rooms.handle_timer(rig.now + REDIAL_SECONDS - 0.1)
    assert rig.rooms.wants() == []
    rig.rooms.handle_timer(rig.now + REDIAL_SECONDS)
    assert rig.rooms.wants() == [Begin("a", 2)]


def test_call_that_never_connected_is_not_dialled_again() -> None:
    rig = Rig("a")
    rig.rooms.call("a")
    rig.tell(rig.begun("a"), "ended", reason="connection-lost")
    assert rig.room().condition is RoomCondition.ENDED
    assert not rig.rooms.is_busy


@pytest.mark.parametrize(("held", "again"), [(STEADY_SECONDS - 1, False), (STEADY_SECONDS, True)])
def test_flapping_room_is_dialled_once_and_a_steady_one_again(held: float, again: bool) -> None:
    rig = Rig("a")
    rig.tell(rig.connected(), "ended", reason="connection-lost")
    rig.now += REDIAL_SECONDS
    rig.rooms.handle_timer(rig.now)
    begun = rig.begun("a")
    rig.tell(begun, "connected", participant="p")
    rig.now += held
    rig.tell(begun, "ended", reason="timed-out")
    assert rig.room().condition is (RoomCondition.REDIALLING if again else RoomCondition.ENDED)


def test_redial_that_fails_is_the_last_one_and_a_person_starts_anew() -> None:
    rig = Rig("a")
    rig.tell(rig.connected(), "ended", reason="connection-lost")
    rig.rooms.handle_timer(rig.now + REDIAL_SECONDS)
    rig.tell(rig.begun("a"), "ended", reason="no-answer")
    assert rig.room().condition is RoomCondition.ENDED
    rig.tell(rig.connected(), "ended", reason="connection-lost")
    assert rig.room().condition is RoomCondition.REDIALLING


def test_waiting_for_a_redial_can_be_given_up_and_cut_short() -> None:
    rig = Rig("a", "b", "c")
    for name in ("a", "b", "c"):
        rig.tell(rig.connected(name), "ended", reason="connection-lost")
    assert rig.rooms.is_busy
    rig.rooms.hang_up("a")
    assert (rig.room().condition, rig.room().reason) == (RoomCondition.ENDED, "hung-up")
    rig.rooms.call("b")
    rig.begun("b")
    rig.rooms.give_up_redials()
    assert (rig.room("c").condition, rig.room("c").reason) == (RoomCondition.ENDED, "connection-lost")
    assert rig.rooms.next_timer() is None


def test_hanging_up_a_dying_call_does_not_dial_again() -> None:
    rig = Rig("a")
    begun = rig.connected()
    rig.rooms.hang_up("a")
    rig.tell(begun, "ended", reason="connection-lost")
    assert rig.room().condition is RoomCondition.ENDED


def test_refusal_of_the_dialler_is_an_end() -> None:
    rig = Rig("a")
    rig.rooms.call("a")
    (wanted,) = rig.rooms.wants()
    assert isinstance(wanted, Begin)
    rig.rooms.begin(wanted)
    rig.rooms.refused(wanted, EndReason.RESOURCES, now=rig.now)
    assert (rig.room().condition, rig.room().reason) == (RoomCondition.ENDED, "resources")


def test_unknown_rooms_are_refused_and_nothing_is_called() -> None:
    rig = Rig("a")
    for ask in (rig.rooms.call, rig.rooms.hang_up, rig.rooms.remove, rig.rooms.record):
        with pytest.raises(RefusedError, match="no-such-room"):
            ask("x")
    with pytest.raises(RefusedError, match="no-such-room"):
        rig.rooms.idle(["a", "x"])
    assert rig.rooms.wants() == []


def test_room_may_be_renamed_in_its_call() -> None:
    rig = Rig("a")
    rig.connected()
    renamed = RoomRecord(
        id="a", conference_id="c", address="a.example", name="대회의실", office="", added_at=record("a").added_at
    )
    rig.rooms.put(renamed)
    assert (rig.room().name, rig.room().condition) == ("대회의실", RoomCondition.CONNECTED)
    assert rig.rooms.records() == (renamed,)
    assert len(rig.rooms) == 1
