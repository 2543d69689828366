"""A running call that hears anything: it stays or it ends, in its own words, and no other call notices."""

from __future__ import annotations

import random
import time

from mcu.h323 import h225_messages as h225
from mcu.h323 import h245_codec, tpkt
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions
from mcu.h323.call_state import CallState
from mcu.h323.events import CallEnded
from mcu.h323.h245_messages import RoundTripDelayRequest
from tests.fuzz.mutations import INPUTS, mutations
from tests.h323.by_hand import message
from tests.h323.call_pair import CALLEE, OFFER, Pair, call_in, call_out, ports
from tests.h323.test_call import talking

COUNT = min(INPUTS, 10_000)  # each is 1 to 3 ms
SLOWEST = 0.1  # seconds of the processor's time for one message


def recorded(options: CallOptions) -> tuple[list[bytes], list[bytes]]:
    """What the caller of a good call says in call signaling, and in H.245 over its own connection; without the ends."""
    pair = Pair(call_out(options), call_in())
    pair.run(20)
    streams = [b"".join(data for way, data in pair.caller.sent if way == name) for name in ("signaling", "control")]
    signaling, control = (tpkt.Deframer().receive(stream) for stream in streams)
    return signaling, control


def callee_of(first: bytes, now: float) -> Call:
    """A call in that heard a good SETUP and was taken."""
    call = call_in(now=now)
    call.control_listening(Address(CALLEE.ip, 50002))
    call.receive_signaling(tpkt.frame(first), now)
    call.prepare(media=ports(CALLEE.ip, 6000), offer=OFFER)
    call.accept(now)
    return call


def heard(call: Call, data: bytes, now: float, *, is_control: bool) -> bool:
    """Give it, drain what comes, and say whether the call is over."""
    began = time.thread_time()
    if is_control:
        call.receive_control(data, now)
    else:
        call.receive_signaling(data, now)
    events = call.events_received()
    call.signaling_to_send()
    call.control_to_send()
    due = call.next_timer()
    if due is not None and due <= now:
        call.handle_timer(now)
        events += call.events_received()
    assert time.thread_time() - began < SLOWEST
    ends = [event for event in events if isinstance(event, CallEnded)]
    assert len(ends) <= 1
    return bool(ends)


def test_damaged_messages_cost_their_own_call_only() -> None:
    """Tunnelled and over a connection, each call hears damage until it ends; one beside them goes on talking."""
    beside = Pair(call_out(), call_in())
    beside.run(20)
    for options, seed in ((CallOptions(fast_start=True), 225), (CallOptions(tunnelling=False), 245)):
        signaling, control = recorded(options)
        first, calls = signaling[0], 1
        call = callee_of(first, 0.0)
        is_control = False
        for number, data in enumerate(mutations(control or signaling, seed=seed, count=COUNT // 2)):
            now = number * 0.01
            if not options.tunnelling and not is_control:
                call.control_connected(now)
                is_control = True
            if heard(call, tpkt.frame(data), now, is_control=is_control):
                call, is_control, calls = callee_of(first, now), False, calls + 1
        assert 1 < calls < COUNT // 10
    beside.caller.call.request_keyframe(next(iter(beside.caller.channels()))[1], beside.now)
    talking(beside)


def test_damaged_streams_of_a_whole_call() -> None:
    signaling, _ = recorded(CallOptions(h245_in_setup=True))
    stream = b"".join(map(tpkt.frame, signaling))
    rng = random.Random(323)
    over = 0
    for data in mutations([stream], seed=323, count=COUNT // 20):
        call = call_in()
        at = 0
        while at < len(data):
            piece = data[at : at + rng.choice((1, 10, 5000))]
            at += len(piece)
            before = call.state
            if heard(call, piece, at * 0.001, is_control=False):
                over += 1
                break
            if before is CallState.IDLE and call.state is CallState.CALL_PRESENT:
                call.prepare(media=ports(CALLEE.ip, 6000), offer=OFFER)
                call.accept(at * 0.001)
    assert over > COUNT // 200


def test_damaged_answers_to_a_call_out() -> None:
    answers = [h225.CallProceeding(), h225.Alerting(), h225.Connect(), h225.Facility(reason="startH245")]
    pdus = (h245_codec.build(RoundTripDelayRequest(3)),)
    call, calls = call_out(), 1
    for seed, body in enumerate(answers):
        valid = message(body, reference=call.reference, by_destination=True, tunnelling=True, control=pdus)[4:]
        for data in mutations([valid], seed=seed, count=COUNT // 20):
            call.signaling_to_send()
            if heard(call, tpkt.frame(data), 1.0, is_control=False):
                call, calls = call_out(), calls + 1
    assert calls > 1
