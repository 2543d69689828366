"""Captured calls with one of ours in the place of either side: it is answered, and the same channels open."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from mcu.h323 import asn1, fast_start, h245_codec
from mcu.h323.address import Address
from mcu.h323.asn1 import Pdu
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions
from mcu.h323.call_state import CallState
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction
from mcu.h323.events import (
    Answered,
    CallEnded,
    ChannelOpened,
    ControlReady,
    ControlWanted,
    DigitsReceived,
    EndReason,
    Event,
    IncomingCall,
)
from mcu.h323.h245_messages import EndSessionCommand, UserInput
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
from mcu.h323.q931 import MessageType
from tests.h323 import captures
from tests.h323.call_captures import CapturedCall, Spoken, calls
from tests.h323.call_pair import local, ports

pytestmark = captures.needs_captures
CALLS = [call for path in captures.FILES for call in calls(path)]
OFFER = Offer(audio=("PCMA", "PCMU"))
HERE = Address("192.0.2.9", 50009)


def whole(spoken: list[Spoken]) -> Iterator[Spoken]:
    yield from spoken


def octets(spoken: list[Spoken]) -> Iterator[Spoken]:
    for each in spoken:
        for at in range(len(each.data)):
            yield Spoken(each.by_caller, each.is_control, each.data[at : at + 1])


def joined(spoken: list[Spoken]) -> Iterator[Spoken]:
    """The first message, then everything of each connection in one piece, then the end of the call."""
    yield spoken[0]
    rest, end = spoken[1:], b""
    for is_control in (False, True):
        data = b"".join(each.data for each in rest if each.is_control is is_control)
        if not is_control:
            data, end = before_the_end(data)
        if data:
            yield Spoken(spoken[0].by_caller, is_control, data)
    if end:
        yield Spoken(spoken[0].by_caller, False, end)


def before_the_end(data: bytes) -> tuple[bytes, bytes]:
    """A stream of call signaling, cut before its RELEASE COMPLETE."""
    at = 0
    while at < len(data):
        if data[at + 8] == MessageType.RELEASE_COMPLETE:
            break
        at += int.from_bytes(data[at + 2 : at + 4], "big")
    return data[:at], data[at:]


class Replay:
    """One call of ours that hears one side of a captured call."""

    def __init__(self, captured: CapturedCall, *, as_caller: bool) -> None:
        self.captured = captured
        self.as_caller = as_caller
        self.events: list[Event] = []
        self.has_control = False
        self.now = 0.0
        self.call = self._caller() if as_caller else self._callee()
        self.pump()

    def _caller(self) -> Call:
        """With the reference and the proposals of the caller in whose place it is."""
        setup = self.captured.setup
        message, information = next(self.captured.messages(by_caller=True))
        options = CallOptions(
            tunnelling=bool(information.tunnelling),
            fast_start=bool(setup.fast_start),
            h245_in_setup=bool(information.control),
        )
        call = Call.outgoing(
            local=local("ours"),
            called=("600",),
            destination=self.captured.signaling[1],
            media=ports("192.0.2.9"),
            offer=OFFER,
            options=options,
            rng=random.Random(1),
            now=0.0,
            source=HERE,
        )
        call._signaling.reference = message.call_reference
        assert call.signaling_to_send()
        if setup.fast_start:
            call._fast._ours = tuple(proposal for _, proposal in fast_start._parsed(setup.fast_start))
        return call

    def _callee(self) -> Call:
        accepted = any(getattr(info.body, "fast_start", ()) for _, info in self.captured.messages(by_caller=False))
        call = Call.incoming(
            local=local("ours", is_mcu=True),
            source=self.captured.signaling[0],
            here=HERE,
            options=CallOptions(accept_fast_start=accepted),
            rng=random.Random(1),
            now=0.0,
        )
        call.control_listening(HERE)
        return call

    def run(self, spoken: Iterator[Spoken]) -> None:
        for each in spoken:
            self.now += 0.001
            if not each.is_control:
                self.call.receive_signaling(each.data, self.now)
            else:
                if not self.has_control:
                    self.has_control = True
                    self.call.control_connected(self.now)
                    self.pump()
                self.call.receive_control(each.data, self.now)
            self.pump()

    def pump(self) -> None:
        for _ in range(100):
            self.call.signaling_to_send()
            self.call.control_to_send()
            events = self.call.events_received()
            if not events:
                return
            for event in events:
                self.events.append(event)
                if isinstance(event, ControlWanted) and not self.has_control:
                    self.has_control = True
                    self.call.control_connected(self.now)
                elif isinstance(event, IncomingCall):
                    self.call.proceed(self.now)
                    self.call.prepare(media=ports("192.0.2.9"), offer=OFFER)
                    self.call.accept(self.now)
        raise AssertionError("never comes to rest")

    def opened(self, direction: Direction) -> list[ChannelOpened]:
        return [e for e in self.events if isinstance(e, ChannelOpened) and e.channel.direction is direction]


def heard(captured: CapturedCall, *, as_caller: bool) -> list[Spoken]:
    return [each for each in captured.spoken if each.by_caller is not as_caller]


def said_in_h245(captured: CapturedCall, *, as_caller: bool) -> list[object]:
    return [h245_codec.parse(pdu) for pdu in captured.pdus(by_caller=not as_caller)]


def fast_start_of(captured: CapturedCall, *, by_caller: bool) -> list[OpenLogicalChannel]:
    elements = [e for _, info in captured.messages(by_caller=by_caller) for e in getattr(info.body, "fast_start", ())]
    return [proposal for _, proposal in fast_start._parsed(elements)]


@pytest.mark.parametrize("cut", [whole, octets, joined], ids=lambda cut: cut.__name__)
@pytest.mark.parametrize("as_caller", [True, False], ids=["as caller", "as callee"])
@pytest.mark.parametrize("captured", CALLS, ids=lambda call: call.name)
def test_our_call_in_the_place_of_one_side(captured: CapturedCall, as_caller: bool, cut: object) -> None:
    replay = Replay(captured, as_caller=as_caller)
    replay.run(cut(heard(captured, as_caller=as_caller)))  # type: ignore[operator]
    assert any(isinstance(event, Answered if as_caller else IncomingCall) for event in replay.events)
    assert not {"malformed", "strange", "control_dropped"} & set(replay.call.counters)
    channels_open(replay)
    the_rest_is_understood(replay)
    said_goodbye = any(isinstance(m, EndSessionCommand) for m in said_in_h245(captured, as_caller=as_caller))
    if captured.ends(by_caller=not as_caller) or said_goodbye:
        assert isinstance(replay.events[-1], CallEnded)
        assert replay.events[-1].reason is EndReason.HUNG_UP
    else:
        assert replay.call.state is CallState.ACTIVE
    assert sum(isinstance(event, CallEnded) for event in replay.events) <= 1


def channels_open(replay: Replay) -> None:
    """What the peer opened is received, with its payload types; what it granted is sent, to its addresses."""
    captured, as_caller = replay.captured, replay.as_caller
    messages = said_in_h245(captured, as_caller=as_caller)
    received = {
        (e.channel.kind, e.channel.media.codec, e.channel.media.payload_type, e.channel.rtcp)
        for e in replay.opened(Direction.RECEIVED)
    }
    asked = [each for each in messages if isinstance(each, OpenLogicalChannel)]
    accepted = fast_start_of(captured, by_caller=False)
    if as_caller:
        asked += [each for each in accepted if each.is_reverse]
    for each in asked:
        if each.media is not None:
            assert (each.kind, each.media.codec, each.media.payload_type, each.rtcp) in received
    granted = {each.rtp for each in messages if isinstance(each, OpenLogicalChannelAck)}
    if accepted:
        theirs = accepted if as_caller else fast_start_of(captured, by_caller=True)
        granted |= {each.rtp for each in theirs if each.is_reverse is not as_caller}
        assert {e.channel.kind for e in replay.opened(Direction.SENT)} >= {
            each.kind for each in accepted if each.is_reverse is not as_caller and each.media is not None
        }
    assert {e.channel.rtp for e in replay.opened(Direction.SENT)} <= granted


def the_rest_is_understood(replay: Replay) -> None:
    messages = said_in_h245(replay.captured, as_caller=replay.as_caller)
    digits = "".join(each.text for each in messages if isinstance(each, UserInput))
    assert "".join(e.digits for e in replay.events if isinstance(e, DigitsReceived)).startswith(digits)
    kinds = {type(each).__name__ for each in messages}
    if {"TerminalCapabilitySet", "TerminalCapabilitySetAck", "MasterSlaveDetermination"} <= kinds:
        assert any(isinstance(event, ControlReady) for event in replay.events)


def test_there_are_calls_of_every_kind() -> None:
    assert len(CALLS) >= 18
    assert sum(call.control is not None for call in CALLS) >= 5
    assert sum(bool(call.setup.fast_start) for call in CALLS) >= 4


@pytest.mark.parametrize("captured", [c for c in CALLS if c.ends(by_caller=True)], ids=lambda call: call.name)
def test_a_whole_call_in_one_segment_is_over_at_once(captured: CapturedCall) -> None:
    data = b"".join(each.data for each in captured.spoken if each.by_caller and not each.is_control)
    replay = Replay(captured, as_caller=False)
    replay.run(iter([Spoken(True, False, data)]))
    assert isinstance(replay.events[-1], CallEnded)
    assert replay.events[-1].reason is EndReason.HUNG_UP
    assert asn1.decode(Pdu.H225, next(captured.messages(by_caller=True))[0].user_information or b"")
