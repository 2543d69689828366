"""H.245 of captured calls of other stacks, fed to one of ours: understood, answered, and the same channels opened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcu.h323 import capabilities, h245_codec
from mcu.h323.capabilities import CapabilitySet, Offer
from mcu.h323.capability_choice import choose
from mcu.h323.channels import Direction
from mcu.h323.events import CallEnded, DigitsReceived, Event, KeyframeRequested
from mcu.h323.h245_control import H245Control
from mcu.h323.h245_messages import (
    CloseLogicalChannel,
    EndSessionCommand,
    FunctionNotUnderstood,
    MasterSlaveDetermination,
    OpenLogicalChannel,
    OpenLogicalChannelAck,
    OpenLogicalChannelReject,
    Presentation,
    RoundTripDelayRequest,
    RoundTripDelayResponse,
    TerminalCapabilitySet,
    TerminalCapabilitySetAck,
    Unknown,
    UserInput,
)
from mcu.media.types import StreamKind
from tests.h323 import captures, h245_captures
from tests.h323.h245_captures import Way
from tests.h323.h245_pair import MCU, local_media

AUDIO, MAIN, CONTENT = StreamKind
pytestmark = captures.needs_captures

# What the callers of these calls opened, as tshark shows it.
OPENED = {
    "cg2cg-slow-sepH245-video": {(AUDIO, "PCMA"), (MAIN, "H261")},
    "cg2cg-slow-sepH245-h263": {(AUDIO, "PCMA"), (MAIN, "H263")},
    "cg2cg-slow-tunnel-h264": {(AUDIO, "PCMA"), (MAIN, "H264")},
    "cg2cg-h239-tunnel": {(AUDIO, "PCMA"), (MAIN, "H264")},
    "cg2ast600-slow-sepH245": {(AUDIO, "PCMA")},
    "media-h263-g711": {(AUDIO, "PCMA"), (MAIN, "H263")},
}


def calls(path: Path) -> Iterator[tuple[Way, list[bytes]]]:
    """The PDUs of H.245 of each direction of a capture that has any."""
    ways: dict[Way, list[bytes]] = {}
    for way, pdu in h245_captures.pdus(path):
        ways.setdefault(way, []).append(pdu)
    yield from ways.items()


def fed(pdus: list[bytes]) -> tuple[H245Control, list[Event], list[object]]:
    """One side of ours after all PDUs but the last words of the other, with what it said."""
    control = H245Control(
        offer=Offer(), media=local_media("192.0.2.1"), terminal_type=MCU, rng=random.Random(1), now=0.0
    )
    control.start(0.0)
    events: list[Event] = []
    said: list[object] = []
    for number, pdu in enumerate(pdus):
        if not isinstance(h245_codec.parse(pdu), EndSessionCommand):
            control.receive(pdu, number * 0.01)
        events += control.events_received()
        said += map(h245_codec.parse, control.messages_to_send())
    return control, events, said


def files() -> list[Path]:
    return captures.FILES


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_a_captured_peer_gets_its_channels(path: Path) -> None:
    for _, pdus in calls(path):
        messages = [h245_codec.parse(pdu) for pdu in pdus]
        assert not [message for message in messages if isinstance(message, Unknown)]
        control, events, said = fed(pdus)
        asked = [each for each in messages if isinstance(each, OpenLogicalChannel)]
        granted = {each.number: each for each in said if isinstance(each, OpenLogicalChannelAck)}
        refused = {each.number: each for each in said if isinstance(each, OpenLogicalChannelReject)}
        assert {each.number for each in asked if each.media is not None} == granted.keys()
        assert {each.number for each in asked if each.media is None} == refused.keys()
        closed = {each.number for each in messages if isinstance(each, CloseLogicalChannel)}
        for each in asked:
            if each.media is None or each.number in closed:
                continue
            ack = granted[each.number]
            assert ack.session == each.session
            assert ack.rtp == local_media("192.0.2.1")[each.kind].rtp
            assert any(
                (channel.kind, channel.media, channel.rtcp) == (each.kind, each.media, each.rtcp)
                for channel in control.channels
            )
        answers = [each for each in said if isinstance(each, TerminalCapabilitySetAck)]
        assert len(answers) == sum(isinstance(each, TerminalCapabilitySet) for each in messages)
        pings = [each for each in messages if isinstance(each, RoundTripDelayRequest)]
        assert [each.sequence for each in said if isinstance(each, RoundTripDelayResponse)] == [
            each.sequence for each in pings
        ]
        digits = [each.text for each in messages if isinstance(each, UserInput)]
        assert [event.digits for event in events if isinstance(event, DigitsReceived)] == digits
        assert not [each for each in said if isinstance(each, FunctionNotUnderstood)]
        assert not [event for event in events if isinstance(event, CallEnded)]
        assert not control.counters["malformed"]


@pytest.mark.parametrize("name", OPENED)
def test_callers_open_what_tshark_shows(name: str) -> None:
    (path,) = [path for path in captures.FILES if path.stem == name]
    found = [
        {(channel.kind, channel.media.codec) for channel in control.channels if channel.direction is Direction.RECEIVED}
        for control in (fed(pdus)[0] for _, pdus in calls(path))
    ]
    assert OPENED[name] in found


def test_a_captured_peer_that_counts_as_we_do_opens_ours() -> None:
    """H323Plus acknowledges 101 and 102, the numbers that ours have."""
    for name in ("cg2cg-slow-tunnel-h264", "cg2cg-slow-sepH245-video"):
        (path,) = [path for path in captures.FILES if path.stem == name]
        for _, pdus in calls(path):
            control, events, _ = fed(pdus)
            sent = {channel.kind: channel for channel in control.channels if channel.direction is Direction.SENT}
            assert sent.keys() == {AUDIO, MAIN}
            assert sent[AUDIO].rtp is not None
            assert sent[AUDIO].rtp.port % 2 == 0
            assert control.ready
            if name.endswith("h264"):
                assert KeyframeRequested(MAIN) in events


def peer_sets() -> dict[str, list[CapabilitySet]]:
    found: dict[str, list[CapabilitySet]] = {}
    for path in captures.FILES:
        for _, pdus in calls(path):
            for message in map(h245_codec.parse, pdus):
                if isinstance(message, TerminalCapabilitySet):
                    found.setdefault(path.stem, []).append(capabilities.parse(message.capabilities))
    return found


def test_something_can_be_sent_to_everybody() -> None:
    for name, sets in peer_sets().items():
        for theirs in sets:
            choice = choose(Offer(), theirs)
            assert choice[AUDIO].codec in {"G722", "PCMA", "PCMU"}, name
            pictures = [ability for ability in theirs.abilities.values() if ability.kind is MAIN]
            assert (MAIN in choice) == bool(pictures), name


def test_a_set_with_h239_gets_content() -> None:
    (theirs, *_) = peer_sets()["cg2cg-h239-tunnel"]
    choice = choose(Offer(width=1920, height=1080), theirs)
    assert theirs.h239
    assert theirs.telephone_event == 101
    # Level 2.2 with CustomMaxFS of 8192 and CustomMaxMBPS of 246000, at 30/s by parameter 13.
    assert (choice[MAIN].width, choice[MAIN].height, choice[MAIN].fps) == (1920, 1080, 30)
    assert choice[MAIN].parameters["level"] == "57"
    assert choice[CONTENT].codec == "H264"
    assert choice[CONTENT].bitrate == 540_000


def test_a_bridge_of_small_pictures_gets_small_ones() -> None:
    """OpenMCU names many sizes, but only level 1.2 is among what it takes at the same time as sound."""
    choices = [choose(Offer(), theirs) for theirs in peer_sets()["cg2openmcu-slow-tunnel-h264"]]
    small = [choice[MAIN] for choice in choices if choice[MAIN].parameters.get("level") == "29"]
    assert small
    assert all((each.codec, each.width, each.height) == ("H264", 320, 180) for each in small)


def test_the_token_of_a_captured_call_is_granted() -> None:
    (path,) = [path for path in captures.FILES if path.stem == "sim2sim-slow-tunnel-h245inSetup-h264"]
    replies = []
    for _, pdus in calls(path):
        if any(isinstance(h245_codec.parse(pdu), Presentation) for pdu in pdus):
            replies += [each for each in fed(pdus)[2] if isinstance(each, Presentation)]
    assert replies == [Presentation(4, ((126, 0), (44, 0), (42, 105)))]


def test_terminal_types_are_known() -> None:
    types = set()
    for path in captures.FILES:
        for _, pdus in calls(path):
            control, _, _ = fed(pdus)
            if any(isinstance(h245_codec.parse(pdu), MasterSlaveDetermination) for pdu in pdus):
                types.add(control.peer_terminal_type)
    assert {50, 60, 190} <= types
