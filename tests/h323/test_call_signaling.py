"""Call signaling of a running call message by message: inquiries, keys, what means nothing, and the end."""

from __future__ import annotations

import pytest

from mcu.h323 import call_signaling, q931, q931_contents, tpkt
from mcu.h323 import h225_messages as h225
from mcu.h323.call import Call
from mcu.h323.call_state import CallState
from mcu.h323.events import DigitsReceived, EndReason
from mcu.h323.q931 import ElementId, MessageType
from tests.h323 import by_hand
from tests.h323.by_hand import CALL_ID, bare, message, said, setup
from tests.h323.call_pair import CALLEE
from tests.h323.signaling_scene import active, ended, ringing


def settled(call: Call) -> None:
    """As if H.245 needed nothing: its timers are tested with it."""
    call._control.handle_timer = lambda now: None  # type: ignore[method-assign]


def test_an_inquiry_is_answered_with_the_state() -> None:
    call = active()
    call.receive_signaling(message(h225.StatusInquiry(call_identifier=CALL_ID)), 1.0)
    ((reply, information),) = said(call)
    assert reply.kind == MessageType.STATUS
    assert q931_contents.parse_call_state(reply.get(ElementId.CALL_STATE) or b"") == 10
    assert q931_contents.parse_cause(reply.get(ElementId.CAUSE) or b"") == 30
    assert isinstance(information.body, h225.Status)
    assert information.tunnelling is True  # not to be taken as the end of tunnelling


def test_a_silent_peer_that_answers_inquiries_is_missed() -> None:
    call = active()
    settled(call)
    silence = call_signaling.SILENCE
    call.handle_timer(silence)
    assert MessageType.STATUS_INQUIRY in by_hand.kinds(call)
    call.receive_signaling(bare(MessageType.STATUS), silence + 1)
    for n in range(1, call_signaling.MAX_INQUIRIES + 1):
        call.handle_timer(silence + 1 + n * silence)
        assert by_hand.kinds(call).count(MessageType.STATUS_INQUIRY) == 1
    call.handle_timer(silence + 1 + (call_signaling.MAX_INQUIRIES + 1) * silence)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.TIMED_OUT


def test_a_peer_that_never_answers_inquiries_is_not_judged_by_them() -> None:
    call = active()
    settled(call)
    for n in range(1, 20):
        call.handle_timer(n * call_signaling.SILENCE)
        said(call)
    assert call.state is CallState.ACTIVE


def test_a_peer_that_knows_nothing_of_the_call_ends_it() -> None:
    call = active()
    call.receive_signaling(bare(MessageType.STATUS, q931_contents.cause(30), q931_contents.call_state(10)), 1.0)
    assert ended(call) is None
    call.receive_signaling(bare(MessageType.STATUS, q931_contents.cause(30), q931_contents.call_state(0)), 1.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.CONNECTION_LOST


def test_keys_come_by_keypad() -> None:
    call = active()
    keys = q931_contents.keypad_facility("12#")
    call.receive_signaling(message(h225.Information(call_identifier=CALL_ID), keys), 1.0)
    call.receive_signaling(bare(MessageType.INFORMATION, q931_contents.keypad_facility("4")), 1.0)
    assert call.events_received() == [DigitsReceived("12#"), DigitsReceived("4")]


def test_keys_go_by_keypad_as_long_as_there_is_no_h245() -> None:
    call = active()
    call.send_digits("98*", 1.0)
    ((reply, _),) = said(call)
    assert reply.kind == MessageType.INFORMATION
    assert reply.get(ElementId.KEYPAD_FACILITY) == b"98*"


@pytest.mark.parametrize(
    "data",
    [
        bare(0x77),
        bare(MessageType.NOTIFY),
        bare(MessageType.PROGRESS, q931_contents.progress_indicator(8)),
        message(h225.SetupAcknowledge(), kind=MessageType.SETUP_ACK),
        message(h225.Notify(call_identifier=CALL_ID), kind=MessageType.NOTIFY),
        message(h225.Connect(), by_destination=True),
        message(None, kind=MessageType.CONNECT_ACK),
        tpkt.KEEPALIVE,
    ],
)
def test_messages_that_mean_nothing_here_change_nothing(data: bytes) -> None:
    call = active()
    call.receive_signaling(data, 1.0)
    assert call.state is CallState.ACTIVE
    assert said(call) == []
    assert ended(call) is None


def test_messages_that_cannot_be_read_are_counted_up_to_a_bound() -> None:
    call = active()
    flawed = tpkt.frame(b"\x08\x02\x12\x34")
    for _ in range(call_signaling.MAX_MALFORMED):
        call.receive_signaling(flawed, 1.0)
    assert call.state is CallState.ACTIVE
    assert call.counters["malformed"] == call_signaling.MAX_MALFORMED
    call.receive_signaling(flawed, 1.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.PROTOCOL_ERROR
    assert MessageType.RELEASE_COMPLETE in by_hand.kinds(call)


@pytest.mark.parametrize(
    "data",
    [
        bare(MessageType.RELEASE_COMPLETE, q931_contents.cause(17)),
        bare(MessageType.RELEASE_COMPLETE, q931_contents.cause(17), q931.Element(0x7E, b"\x05\xff")),
        bare(MessageType.RELEASE, q931_contents.cause(17)),
        message(h225.ReleaseComplete(reason="inConf")),
    ],
)
@pytest.mark.parametrize("begin", [ringing, active])
def test_a_release_counts_whatever_its_shape(data: bytes, begin: object) -> None:
    call = begin()  # type: ignore[operator]
    call.receive_signaling(data, 1.0)
    end = ended(call)
    assert end is not None
    assert end.reason is EndReason.BUSY
    assert call.signaling_to_send() == b""
    call.receive_signaling(message(setup()), 2.0)
    call.signaling_lost(3.0)
    assert call.events_received() == []


def test_nothing_happens_after_the_end() -> None:
    call = active()
    call.hang_up(EndReason.HUNG_UP, 1.0)
    assert by_hand.kinds(call)[-1] == MessageType.RELEASE_COMPLETE
    assert ended(call) is not None
    call.hang_up(EndReason.BUSY, 2.0)
    call.accept(2.0)
    call.send_digits("1", 2.0)
    call.control_listening(CALLEE)
    call.control_connected(2.0)
    call.receive_control(tpkt.frame(b"\x00"), 2.0)
    call.control_lost(2.0)
    call.handle_timer(1e9)
    assert (call.events_received(), call.signaling_to_send(), call.next_timer()) == ([], b"", None)
