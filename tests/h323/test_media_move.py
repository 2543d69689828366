"""Media of a call moved to other ports, by either side, however the call began; and peers that do not play along."""

from __future__ import annotations

import itertools

import pytest

from mcu.h323 import h245_codec
from mcu.h323.call_options import CallOptions
from mcu.h323.channels import Direction
from mcu.h323.events import CallEnded
from mcu.h323.h245_messages import (
    CloseLogicalChannel,
    RequestChannelClose,
    TerminalCapabilitySet,
    TerminalCapabilitySetReject,
)
from mcu.h323.media_move import CLOSE_SECONDS, MediaMove, MoveStep
from mcu.media.types import StreamKind
from tests.h323 import h245_pair
from tests.h323.call_pair import CALLEE, CALLER, Pair, Side, call_in, call_out, ports

SOUND_AND_PICTURE = (StreamKind.AUDIO, StreamKind.MAIN)
WAYS = [
    CallOptions(fast_start=fast, tunnelling=tunnel, h245_in_setup=early)
    for fast, tunnel, early in itertools.product((False, True), repeat=3)
]


def assert_flows(pair: Pair, caller: int, callee: int) -> None:
    """Sound and picture go both ways to the ports that begin there, and each side's reports too."""
    now = {id(pair.caller): ports(CALLER.ip, caller), id(pair.callee): ports(CALLEE.ip, callee)}
    for side in (pair.caller, pair.callee):
        assert side.ended() is None
        channels, theirs = side.channels(), now[id(pair.other(side))]
        for kind in SOUND_AND_PICTURE:
            sent, received = channels[Direction.SENT, kind], channels[Direction.RECEIVED, kind]
            assert (sent.rtp, sent.rtcp) == (theirs[kind].rtp, theirs[kind].rtcp)
            assert received.rtcp == theirs[kind].rtcp
            assert sent.media.codec == pair.other(side).channels()[Direction.RECEIVED, kind].media.codec


def move(pair: Pair, side: Side, first: int) -> None:
    ip = (CALLER if side is pair.caller else CALLEE).ip
    side.call.move_media(ports(ip, first), pair.now)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("options", WAYS, ids=lambda o: f"f{o.fast_start:d}t{o.tunnelling:d}e{o.h245_in_setup:d}")
def test_media_moves_as_often_as_it_has_to(options: CallOptions, seed: int) -> None:
    pair = Pair(call_out(options, seed=seed), call_in(options, seed=seed + 9), seed=seed)
    pair.run(10)
    assert_flows(pair, 5000, 6000)
    move(pair, pair.callee, 7000)
    pair.run(CLOSE_SECONDS)  # sooner than any timer
    assert_flows(pair, 5000, 7000)
    move(pair, pair.caller, 8000)
    pair.run(CLOSE_SECONDS)
    assert_flows(pair, 8000, 7000)
    move(pair, pair.caller, 9000)
    move(pair, pair.callee, 9000)  # both at once
    pair.run(CLOSE_SECONDS)
    assert_flows(pair, 9000, 9000)
    move(pair, pair.callee, 9100)
    pair.run(0.03)  # and again before it is done
    move(pair, pair.callee, 9200)
    pair.run(CLOSE_SECONDS + 1)
    assert_flows(pair, 9000, 9200)


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.2, 0.5, 0.55, 0.6, 0.7])
@pytest.mark.parametrize("options", WAYS, ids=lambda o: f"f{o.fast_start:d}t{o.tunnelling:d}e{o.h245_in_setup:d}")
def test_ports_that_are_gone_while_it_rings_are_not_used(options: CallOptions, moment: float) -> None:
    pair = Pair(call_out(options), call_in(options))
    pair.run(moment)
    move(pair, pair.caller, 8000)
    pair.run(10)
    assert_flows(pair, 8000, 6000)


def moved(heeds: bool = True) -> h245_pair.Pair:
    """`left` has moved; with `heeds` false, `right` hears nothing of the empty set."""
    pair = h245_pair.Pair().start()
    pair.left.media = h245_pair.local_media("192.0.2.1", 7000)
    pair.left.control.move_media(pair.left.media, pair.now)
    if heeds:
        pair.deliver()
        return pair
    for side in pair.sides:
        side.drain()
    for pdu in list(pair.left.to_peer):
        message = h245_codec.parse(pdu)
        if isinstance(message, TerminalCapabilitySet):
            pair.left.to_peer.remove(pdu)
            pair.left.control.receive(
                h245_codec.build(TerminalCapabilitySetReject(message.sequence, "unspecified")), pair.now
            )
    return pair


def test_the_empty_set_comes_first_and_then_our_channels_are_closed() -> None:
    pair = moved()
    kinds = [type(message).__name__ for message in pair.left.sent]
    last_sets = [place for place, kind in enumerate(kinds) if kind == "TerminalCapabilitySet"]
    empty, full = last_sets[-2:]
    assert not pair.left.sent[empty].capabilities.get("capabilityTable")  # type: ignore[union-attr]
    assert pair.left.sent[full].capabilities.get("capabilityTable")  # type: ignore[union-attr]
    closings = [place for place, message in enumerate(pair.left.sent) if isinstance(message, CloseLogicalChannel)]
    assert len(closings) == 2
    assert all(empty < place < full for place in closings)


def test_a_peer_that_does_not_heed_it_is_asked_to_close_each_channel() -> None:
    pair = moved(heeds=False)
    pair.wait(CLOSE_SECONDS + 0.1)
    asked = pair.left.messages(RequestChannelClose)
    assert [message.reason for message in asked] == ["reopen", "reopen"]
    pair.wait(1)
    for kind in SOUND_AND_PICTURE:
        channel = pair.right.channel(Direction.SENT, kind)
        assert channel is not None
        assert channel.rtp == pair.left.media[kind].rtp
        assert pair.left.channel(Direction.SENT, kind) is not None


def test_a_peer_that_does_nothing_is_not_waited_for() -> None:
    pair = moved(heeds=False)
    pair.left.to_peer.clear()
    pair.wait(2 * CLOSE_SECONDS + 0.1, lost=True)
    assert not [each for each in pair.left.control.channels if each.direction is Direction.RECEIVED]
    assert not pair.left.of(CallEnded)
    assert pair.left.messages(TerminalCapabilitySet)[-1].capabilities.get("capabilityTable")


def test_the_steps_and_their_time() -> None:
    move = MediaMove()
    move.handle_timer(100.0)
    move.all_closed()
    assert (move.is_under_way, move.next_timer(), move.events_received()) == (False, None, [])
    move.begin(0.0)
    assert move.next_timer() == CLOSE_SECONDS
    move.handle_timer(CLOSE_SECONDS)
    assert move.events_received() == [MoveStep.ASK]
    move.begin(3.0)
    move.all_closed()
    move.all_closed()
    assert move.events_received() == [MoveStep.RESUME]
    assert move.next_timer() is None
