"""One call of ours in a state of call signaling, and messages of its peer made by hand."""

from __future__ import annotations

from mcu.h323 import h225_messages as h225
from mcu.h323 import q931
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions
from mcu.h323.events import CallEnded
from tests.h323 import by_hand
from tests.h323.by_hand import message, said, setup
from tests.h323.call_pair import CALLEE, USUAL, call_in, call_out, ports


def ringing() -> Call:
    """A call in that had its SETUP and rings."""
    call = call_in()
    call.receive_signaling(message(setup(), tunnelling=True), 0.0)
    call.prepare(media=ports(CALLEE.ip), offer=by_hand.small_offer())
    call.alert(0.0)
    said(call)
    call.events_received()
    return call


def active() -> Call:
    call = ringing()
    call.accept(0.0)
    said(call)
    call.events_received()
    return call


def dialled(options: CallOptions = USUAL) -> Call:
    """A call out whose SETUP was sent."""
    call = call_out(options)
    call.signaling_connected(0.0)
    said(call)
    return call


def answer(call: Call, body: h225.Body | None, *elements: q931.Element, **fields: object) -> bytes:
    """A message of the called side."""
    return message(body, *elements, reference=call.reference, by_destination=True, **fields)  # type: ignore[arg-type]


def ended(call: Call) -> CallEnded | None:
    return next((event for event in call.events_received() if isinstance(event, CallEnded)), None)
