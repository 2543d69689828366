"""A call as a whole: two of ours back to back through every way of beginning, and what goes wrong."""

from __future__ import annotations

import dataclasses
import itertools
import random
from pathlib import Path

import pytest

from mcu.h323 import h225_messages as h225
from mcu.h323 import vendors
from mcu.h323.call_options import CallOptions
from mcu.h323.call_state import CallState
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction
from mcu.h323.events import (
    Alerting,
    Answered,
    CallEnded,
    ControlReady,
    DigitsReceived,
    EndReason,
    IncomingCall,
    KeyframeRequested,
)
from mcu.h323.q931 import ElementId, MessageType
from mcu.media.types import StreamKind
from tests.h323 import by_hand, shark
from tests.h323.call_pair import CALLEE, CALLER, USUAL, Pair, call_in, call_out, ports

BOTH_WAYS = {(direction, kind) for direction in Direction for kind in (StreamKind.AUDIO, StreamKind.MAIN)}
WAYS = ["fast_start", "tunnelling", "h245_in_setup", "accept_fast_start", "accept_tunnelling", "accept_h245_in_setup"]
VARIANTS = [
    CallOptions(**dict(zip(WAYS, chosen, strict=True))) for chosen in itertools.product((False, True), repeat=len(WAYS))
]


def described(options: CallOptions) -> str:
    return ",".join(way for way in WAYS if getattr(options, way)) or "none"


def talking(pair: Pair) -> None:
    """Sound and picture flow both ways, to where the other side receives."""
    for side, their_ports in ((pair.caller, ports(CALLEE.ip, 6000)), (pair.callee, ports(CALLER.ip))):
        channels = side.channels()
        assert set(channels) >= BOTH_WAYS, side.events
        for (direction, kind), channel in channels.items():
            if direction is Direction.SENT:
                assert (channel.rtp, channel.rtcp) == (their_ports[kind].rtp, their_ports[kind].rtcp)
        assert side.call.state is CallState.ACTIVE
        assert side.said(ControlReady), side.events
        assert side.ended() is None
    for kind in (StreamKind.AUDIO, StreamKind.MAIN):
        for one, other in ((pair.caller, pair.callee), (pair.callee, pair.caller)):
            sent, received = (
                one.channels()[Direction.SENT, kind].media,
                other.channels()[Direction.RECEIVED, kind].media,
            )
            assert (sent.codec, sent.payload_type) == (received.codec, received.payload_type)


def started(options: CallOptions = USUAL, **kwargs: object) -> Pair:
    pair = Pair(call_out(options), call_in(options), **kwargs)  # type: ignore[arg-type]
    pair.run(20)
    return pair


@pytest.mark.parametrize("options", VARIANTS, ids=described)
def test_every_way_of_beginning_ends_in_sound_and_picture(options: CallOptions) -> None:
    pair = started(options)
    talking(pair)
    assert pair.caller.said(Alerting)
    assert pair.caller.said(Answered)
    pair.caller.call.hang_up(EndReason.HUNG_UP, pair.now)
    pair.run(5)
    for side in (pair.caller, pair.callee):
        assert side.ended() == side.events[-1]
        assert side.events[-1].reason is EndReason.HUNG_UP  # type: ignore[union-attr]
        assert sum(isinstance(event, CallEnded) for event in side.events) == 1


@pytest.mark.parametrize("tunnelling", [False, True])
def test_who_hangs_up_because_nothing_is_shared_is_understood(tunnelling: bool) -> None:
    options = CallOptions(tunnelling=tunnelling)
    only_g711 = Offer(audio=("PCMU",), audio_received=(), video=(), content=())
    only_g722 = Offer(audio=("G722",), audio_received=(), video=(), content=())
    pair = Pair(call_out(options, offer=only_g711), call_in(options), offer=only_g722)
    pair.run(5)
    assert not pair.caller.channels()
    pair.callee.call.hang_up(EndReason.HUNG_UP, pair.now)
    pair.run(5)
    assert pair.caller.ended().reason is EndReason.NOTHING_IN_COMMON  # type: ignore[union-attr]
    assert pair.callee.ended().reason is EndReason.HUNG_UP  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("tunnelling", [False, True])
def test_bytes_in_any_pieces_at_any_time(seed: int, tunnelling: bool) -> None:
    options = CallOptions(fast_start=bool(seed % 2), tunnelling=tunnelling)
    pair = Pair(call_out(options, seed=seed), call_in(options, seed=seed + 100), seed=seed, most_delay=0.4)
    pair.run(60)
    talking(pair)


@pytest.mark.parametrize("where", [MessageType.CALL_PROCEEDING, MessageType.ALERTING, MessageType.CONNECT])
def test_answers_may_hold_addresses_and_fast_start(where: MessageType) -> None:
    ours = CallOptions(fast_start=True, tunnelling=False, fast_start_in=where, h245_address_in=where)

    def prepared_first(pair: Pair) -> None:
        pair.callee.call.prepare(media=ports(CALLEE.ip, 6000), offer=pair.offer)
        pair.callee.call.proceed(pair.now)
        pair.callee.call.alert(pair.now)
        pair.at(0.5, lambda: pair.callee.call.accept(pair.now))

    pair = started(ours, on_incoming=prepared_first)
    talking(pair)


@pytest.mark.parametrize("listens", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("in_setup", [False, True])
def test_either_side_can_be_the_one_that_is_connected_to(listens: tuple[bool, bool], in_setup: bool) -> None:
    talking(started(CallOptions(tunnelling=False, h245_in_setup=in_setup), listens=listens))


def test_without_any_connection_for_h245_the_call_ends() -> None:
    pair = Pair(call_out(CallOptions(tunnelling=False)), call_in(), listens=(False, False))
    pair.run(60)
    assert {side.ended().reason for side in (pair.caller, pair.callee)} <= {EndReason.TIMED_OUT}  # type: ignore[union-attr]


def test_without_any_connection_for_h245_fast_start_is_enough() -> None:
    options = CallOptions(tunnelling=False, fast_start=True)
    pair = Pair(call_out(options), call_in(), listens=(False, False))
    pair.run(200)
    assert set(pair.caller.channels()) == BOTH_WAYS
    assert pair.caller.ended() is None
    assert pair.callee.ended() is None


@pytest.mark.parametrize("options", VARIANTS[::7], ids=described)
@shark.needs_tshark
def test_tshark_understands_all_that_was_said(options: CallOptions, tmp_path: Path) -> None:
    pair = started(options)
    pair.caller.call.request_keyframe(StreamKind.MAIN, pair.now)
    pair.callee.call.send_digits("12#", pair.now)
    pair.run(1)
    pair.callee.call.hang_up(EndReason.CONFERENCE_ENDED, pair.now)
    pair.run(1)
    port = {"signaling": shark.CALL_SIGNALING, "control": shark.CONTROL}
    for side in (pair.caller, pair.callee):
        sent = [(port[way], data) for way, data in side.sent]
        assert shark.malformed(sent, tmp_path) == []
        assert len(shark.summaries(sent, tmp_path)) == len(sent)


def test_who_calls_whom_is_told() -> None:
    pair = started()
    incoming = next(event for event in pair.callee.events if isinstance(event, IncomingCall))
    assert incoming.called == ("600",)
    assert (incoming.party.display, incoming.party.product, incoming.party.source) == ("caller", "tested", CALLER)
    assert incoming.party.vendor == (9, 0, 61)
    assert not incoming.party.is_mcu
    answered = next(event for event in pair.caller.events if isinstance(event, Answered))
    assert (answered.party.display, answered.party.is_mcu, answered.party.source) == ("callee", True, CALLEE)
    assert pair.caller.call.identifier == pair.callee.call.identifier != bytes(16)
    assert pair.caller.call.conference_id == pair.callee.call.conference_id
    assert pair.caller.call.reference == pair.callee.call.reference != 0


def test_keyframes_limits_and_digits_reach_the_other_side() -> None:
    pair = started()
    pair.caller.call.request_keyframe(StreamKind.MAIN, pair.now)
    pair.callee.call.send_digits("12#", pair.now)
    pair.run(2)
    assert KeyframeRequested(StreamKind.MAIN) in pair.callee.events
    assert "".join(event.digits for event in pair.caller.events if isinstance(event, DigitsReceived)) == "12#"


@pytest.mark.parametrize("reason", [r for r in EndReason if r is not EndReason.CONFERENCE_ENDED])
def test_refusals_are_understood(reason: EndReason) -> None:
    pair = Pair(call_out(), call_in(), on_incoming=lambda pair: pair.callee.call.reject(reason, pair.now))
    pair.run(5)
    assert pair.caller.ended().reason is reason  # type: ignore[union-attr]
    assert pair.callee.ended().reason is reason  # type: ignore[union-attr]


def test_a_caller_that_changes_its_mind() -> None:
    pair = Pair(call_out(), call_in(), on_incoming=lambda pair: pair.callee.call.alert(pair.now))
    pair.run(5)
    assert pair.caller.call.state is CallState.CALL_DELIVERED
    pair.caller.call.hang_up(EndReason.HUNG_UP, pair.now)
    pair.run(5)
    assert pair.callee.ended().reason is EndReason.HUNG_UP  # type: ignore[union-attr]


def test_answers_without_call_proceeding_and_alerting() -> None:
    def at_once(pair: Pair) -> None:
        pair.callee.call.prepare(media=ports(CALLEE.ip, 6000), offer=pair.offer)
        pair.callee.call.accept(pair.now)

    pair = started(on_incoming=at_once)
    talking(pair)
    assert not pair.caller.said(Alerting)


def test_options_say_what_is_offered() -> None:
    assert dataclasses.fields(CallOptions)[0].name == "fast_start"
    plain = started(CallOptions(tunnelling=False))
    assert any(way == "control" for way, _ in plain.caller.sent)
    tunnelled = started(CallOptions(tunnelling=True))
    assert all(way == "signaling" for way, _ in tunnelled.caller.sent)


@pytest.mark.parametrize("seed", range(30))
def test_a_connection_that_breaks_at_any_moment_ends_both_once(seed: int) -> None:
    rng = random.Random(seed)
    options = CallOptions(
        fast_start=rng.random() < 0.5, tunnelling=rng.random() < 0.5, h245_in_setup=rng.random() < 0.5
    )
    pair = Pair(call_out(options), call_in(), seed=seed, most_delay=0.2)
    pair.run(rng.random() * 4)
    for side in (pair.caller, pair.callee):
        if rng.random() < 0.5 and side.has_control:
            side.call.control_lost(pair.now)
        side.call.signaling_lost(pair.now)
    pair.run(30)
    for side in (pair.caller, pair.callee):
        assert [type(event) for event in side.events].count(CallEnded) == 1
        assert side.events[-1] == side.ended()
        assert side.call.state is CallState.ENDED
        assert side.call.next_timer() is None


@pytest.mark.parametrize("seed", range(20))
def test_both_may_hang_up_at_the_same_time(seed: int) -> None:
    pair = Pair(call_out(), call_in(), seed=seed)
    pair.run(0.3 * seed)
    pair.caller.call.hang_up(EndReason.HUNG_UP, pair.now)
    pair.callee.call.hang_up(EndReason.HUNG_UP, pair.now)
    pair.run(30)
    for side in (pair.caller, pair.callee):
        assert [type(event) for event in side.events].count(CallEnded) == 1


def test_pausing_and_going_on() -> None:
    pair = started()
    pair.callee.call.hold(pair.now)
    pair.run(5)
    assert not [way for way, _ in pair.caller.channels() if way is Direction.SENT]
    pair.callee.call.resume(pair.now)
    pair.run(10)
    talking(pair)


@pytest.mark.parametrize(
    ("number", "tunnels", "bearer"),
    [((180, 0, 49152), True, False), ((181, 0, 21324), False, True), ((9, 0, 61), True, True)],
)
def test_the_table_of_vendors_is_obeyed(number: tuple[int, int, int], tunnels: bool, bearer: bool) -> None:
    call = call_in()
    source = h225.Endpoint(vendor=number)
    call.receive_signaling(by_hand.message(by_hand.setup(source=source), tunnelling=True), 0.0)
    call.prepare(media=ports(CALLEE.ip), offer=by_hand.small_offer())
    call.accept(0.0)
    ((connect, information),) = by_hand.said(call)
    assert information.tunnelling is tunnels
    assert (connect.get(ElementId.BEARER_CAPABILITY) is not None) is bearer


def test_a_vendor_known_before_the_call_is_called_in_its_way() -> None:
    call = call_out(CallOptions(quirks=vendors.quirks((180, 0, 49152), "")))
    ((setup, _),) = by_hand.said(call)
    assert setup.get(ElementId.DISPLAY) is None
