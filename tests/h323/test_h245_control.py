"""H.245 of a call: two of ours back to back, through every start, change and end."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcu.h323 import asn1, h245_codec, tpkt
from mcu.h323.asn1 import Pdu
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction
from mcu.h323.events import (
    BitrateLimited,
    CallEnded,
    ChannelClosed,
    ContentHeld,
    ContentRefused,
    ControlReady,
    DigitsReceived,
    EndReason,
    KeyframeRequested,
    Paused,
    RoundTrip,
)
from mcu.h323.h245_messages import (
    CloseLogicalChannel,
    EndSessionCommand,
    FlowControlCommand,
    MiscellaneousCommand,
    OpenLogicalChannel,
    RequestModeAck,
    RequestModeReject,
    TerminalCapabilitySet,
    UserInput,
)
from mcu.media.types import StreamKind
from tests.h323 import shark
from tests.h323.h245_pair import MCU, TERMINAL, Pair, local_media

AUDIO, MAIN, CONTENT = StreamKind
RECEIVED, SENT = Direction.RECEIVED, Direction.SENT


@pytest.mark.parametrize("seed", range(40))
def test_two_sides_become_ready_and_open_sound_and_picture_both_ways(seed: int) -> None:
    pair = Pair(seed=seed).start()
    for side, peer in zip(pair.sides, reversed(pair.sides), strict=True):
        assert side.control.ready
        assert side.of(ControlReady) == [ControlReady()]
        for kind in (AUDIO, MAIN):
            channel, other = side.channel(SENT, kind), peer.channel(RECEIVED, kind)
            assert channel is not None
            assert other is not None
            assert channel.rtp == local_media(f"192.0.2.{1 + pair.sides.index(peer)}")[kind].rtp
            assert other.rtcp == local_media(f"192.0.2.{1 + pair.sides.index(side)}")[kind].rtcp
            assert (channel.media.codec, channel.media.payload_type) == (other.media.codec, other.media.payload_type)
        assert side.channel(SENT, MAIN).media.codec == "H264"
        assert side.channel(SENT, MAIN).media.packetization_mode == 1
        assert not side.control.counters["malformed"]
    assert (pair.left.control.is_master, pair.right.control.is_master) == (False, True)


@pytest.mark.parametrize("types", [(TERMINAL, TERMINAL), (MCU, MCU), (60, 190), (240, 190)])
def test_one_is_master(types: tuple[int, int]) -> None:
    for seed in range(20):
        pair = Pair(seed=seed, types=types).start()
        roles = [side.control.is_master for side in pair.sides]
        assert sorted(roles) == [False, True]
        if types[0] != types[1]:
            assert roles == [types[0] > types[1], types[1] > types[0]]


def test_each_sends_what_the_other_can_receive() -> None:
    pair = Pair(
        left=Offer(audio=("PCMU",), audio_received=(), video=("H261",), content=()),
        right=Offer(audio=("G722", "PCMU", "PCMA")),
    ).start()
    for side in pair.sides:
        assert side.channel(SENT, AUDIO).media.codec == "PCMU"
        picture = side.channel(SENT, MAIN).media
        assert (picture.codec, picture.width, picture.height) == ("H261", 352, 288)
        assert picture.payload_type == 31
    assert pair.right.channel(SENT, CONTENT) is None


def test_no_common_picture_leaves_sound() -> None:
    pair = Pair(left=Offer(video=("H261",)), right=Offer(video=("H264",))).start()
    assert pair.left.channel(SENT, MAIN) is None
    assert pair.left.channel(SENT, AUDIO) is not None


def test_keyframe_requests_come_through_and_are_paced() -> None:
    pair = Pair().start()
    for _ in range(10):
        pair.left.control.request_keyframe(MAIN, pair.now)
        pair.wait(0.1)
    asked = pair.left.messages(MiscellaneousCommand)
    number = next(each.number for each in pair.right.messages(OpenLogicalChannel) if each.kind is MAIN)
    assert {(each.number, each.type) for each in asked} == {(number, "videoFastUpdatePicture")}
    assert 2 <= len(asked) <= 3
    pair.wait(0.6)  # the last one that came too early is not lost
    assert len(pair.left.messages(MiscellaneousCommand)) == len(pair.right.of(KeyframeRequested)) == 3
    pair.wait(5)
    assert pair.right.of(KeyframeRequested) == [KeyframeRequested(MAIN)] * 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("videoFastUpdateGOB", {"firstGOB": 1, "numberOfGOBs": 2}),
        ("videoFastUpdateMB", {"firstMB": 1, "numberOfMBs": 2}),
        ("lostPartialPicture", {"pictureReference": ("pictureNumber", 3), "firstMB": 1, "numberOfMBs": 2}),
    ],
)
def test_each_kind_of_complaint_asks_for_a_keyframe(name: str, value: object) -> None:
    pair = Pair().start()
    number = next(each.number for each in pair.right.messages(OpenLogicalChannel) if each.kind is MAIN)
    pair.right.control.receive(h245_codec.build(MiscellaneousCommand(number, name, value)), pair.now)
    assert pair.right.control.events_received() == [KeyframeRequested(MAIN)]


def test_a_freeze_or_a_wish_for_sharpness_is_no_keyframe_request() -> None:
    pair = Pair().start()
    for name, value in (("videoFreezePicture", 0), ("videoTemporalSpatialTradeOff", 7), ("multipointModeCommand", 0)):
        pair.right.control.receive(h245_codec.build(MiscellaneousCommand(102, name, value)), pair.now)
    assert pair.right.control.events_received() == []


def test_bitrates_are_limited_and_set_free() -> None:
    pair = Pair().start()
    pair.left.control.limit_bitrate(MAIN, 384_000, pair.now)
    pair.deliver()
    pair.left.control.limit_bitrate(MAIN, 0, pair.now)
    pair.left.control.limit_bitrate(MAIN, None, pair.now)
    pair.deliver()
    assert [each.bitrate for each in pair.left.messages(FlowControlCommand)] == [3840, 0, None]
    assert pair.right.of(BitrateLimited) == [
        BitrateLimited(MAIN, 384_000),
        BitrateLimited(MAIN, 0),
        BitrateLimited(MAIN, None),
    ]


def test_a_limit_on_everything_is_one_on_pictures() -> None:
    pair = Pair().start()
    pair.right.control.receive(h245_codec.build(FlowControlCommand(0, 5_000)), pair.now)
    assert pair.right.control.events_received() == [BitrateLimited(MAIN, 500_000)]


def test_a_limit_holds_for_the_next_channel() -> None:
    pair = Pair().start()
    pair.left.control.limit_bitrate(MAIN, 384_000, pair.now)
    pair.left.control.hold(pair.now)
    pair.deliver()
    pair.left.control.resume(pair.now)
    pair.deliver()
    assert pair.right.of(BitrateLimited) == [BitrateLimited(MAIN, 384_000)] * 2


def test_digits_go_as_signals_and_are_understood_as_text() -> None:
    pair = Pair().start()
    pair.left.control.send_digits("12*#a", pair.now)
    pair.deliver()
    assert [event.digits for event in pair.right.of(DigitsReceived)] == ["1", "2", "*", "#", "A"]
    assert all(message.is_signal for message in pair.left.messages(UserInput))
    pair.right.control.receive(h245_codec.build(UserInput("4711 #!x")), pair.now)
    assert pair.right.control.events_received() == [DigitsReceived("4711#")]


def test_round_trips_are_measured_and_silence_is_noticed() -> None:
    pair = Pair().start()
    pair.wait(25)
    assert len(pair.left.of(RoundTrip)) == 2
    assert not pair.left.of(CallEnded)
    pair.wait(60, lost=True)
    assert pair.left.of(CallEnded) == [CallEnded(EndReason.TIMED_OUT, "no answer to roundTripDelayRequest")]
    assert pair.left.control.next_timer() is None


def test_hold_closes_what_the_peer_sends_and_resume_opens_it_again() -> None:
    pair = Pair().start()
    pair.left.control.hold(pair.now)
    pair.deliver()
    assert pair.right.of(Paused) == [Paused(True)]
    assert pair.right.channel(SENT, AUDIO) is None
    assert pair.left.channel(RECEIVED, MAIN) is None
    assert pair.left.channel(SENT, MAIN) is not None
    assert {event.kind for event in pair.left.of(ChannelClosed)} == {AUDIO, MAIN}
    pair.wait(60)
    assert pair.right.of(Paused) == [Paused(True)]
    pair.left.control.resume(pair.now)
    pair.deliver()
    assert pair.right.of(Paused) == [Paused(True), Paused(False)]
    assert pair.right.channel(SENT, AUDIO) is not None
    assert pair.left.channel(RECEIVED, MAIN) is not None
    assert all(len(side.of(ControlReady)) == 1 for side in pair.sides)


def test_our_set_is_told_again_when_the_peer_wants_it() -> None:
    pair = Pair().start()
    command = asn1.encode(Pdu.H245, ("command", ("sendTerminalCapabilitySet", ("genericRequest", 0))))
    pair.right.control.receive(command, pair.now)
    pair.deliver()
    assert len(pair.right.messages(TerminalCapabilitySet)) == 2
    assert len(pair.left.messages(CloseLogicalChannel)) == 0  # nothing changed by it


def test_a_session_is_ended_by_both() -> None:
    pair = Pair().start()
    pair.left.control.end_session(pair.now)
    pair.deliver()
    assert isinstance(pair.left.sent[-1], EndSessionCommand)
    assert isinstance(pair.right.sent[-1], EndSessionCommand)
    assert pair.right.of(CallEnded) == [CallEnded(EndReason.HUNG_UP, "endSessionCommand")]
    assert pair.left.control.next_timer() is None
    pair.right.control.send_digits("1", pair.now)
    assert pair.right.control.messages_to_send() == []


def test_a_call_without_answers_is_over_after_its_timers() -> None:
    pair = Pair()
    pair.left.control.start(pair.now)
    pair.left.drain()
    pair.left.to_peer.clear()
    pair.wait(60, lost=True)
    (end,) = pair.left.of(CallEnded)
    assert end.reason is EndReason.TIMED_OUT


@pytest.mark.parametrize("seed", range(5))
def test_content_goes_to_whom_the_token_is_granted(seed: int) -> None:
    pair = Pair(seed=seed).start()
    pair.left.control.ask_content_token(pair.now)
    pair.deliver()
    assert pair.left.of(ContentHeld) == [ContentHeld(by_peer=False, by_us=True)]
    assert pair.right.of(ContentHeld) == [ContentHeld(by_peer=True, by_us=False)]
    sent = pair.left.channel(SENT, CONTENT)
    assert sent is not None
    assert sent.rtp == local_media("192.0.2.2")[CONTENT].rtp
    assert pair.right.channel(RECEIVED, CONTENT) is not None
    pair.right.control.ask_content_token(pair.now)  # the last to present wins
    pair.deliver()
    assert pair.left.channel(SENT, CONTENT) is None
    assert pair.right.channel(SENT, CONTENT) is not None
    assert pair.left.of(ContentHeld)[-1] == ContentHeld(by_peer=True, by_us=False)
    pair.right.control.release_content_token(pair.now)
    pair.deliver()
    assert pair.left.of(ContentHeld)[-1] == ContentHeld(by_peer=False, by_us=False)
    assert pair.left.channel(RECEIVED, CONTENT) is None


@pytest.mark.parametrize("seed", range(30))
def test_when_both_want_to_present_one_does(seed: int) -> None:
    pair = Pair(seed=seed).start()
    for side in pair.sides:
        side.control.ask_content_token(pair.now)
    pair.deliver()
    holders = [side for side in pair.sides if side.channel(SENT, CONTENT) is not None]
    assert len(holders) == 1
    (other,) = [side for side in pair.sides if side not in holders]
    assert other.of(ContentRefused) == [ContentRefused()]
    assert other.channel(RECEIVED, CONTENT) is not None


def test_content_that_is_not_wanted_any_more_is_closed_and_may_come_back() -> None:
    pair = Pair().start()
    for _ in range(2):
        pair.left.control.ask_content_token(pair.now)
        pair.deliver()
        assert pair.right.channel(RECEIVED, CONTENT) is not None
        pair.right.control.end_peer_content(pair.now)
        pair.deliver()
        assert pair.right.channel(RECEIVED, CONTENT) is None
        assert pair.left.channel(SENT, CONTENT) is None
        for side in pair.sides:
            assert side.of(ContentHeld)[-1] == ContentHeld(by_peer=False, by_us=False)


def test_a_peer_that_goes_on_after_all_has_to_ask_again() -> None:
    pair = Pair().start()
    pair.left.control.ask_content_token(pair.now)
    pair.deliver()
    pair.right.control.end_peer_content(pair.now)
    assert pair.right.control.messages_to_send()  # lost on the way
    assert pair.right.control.events_received() == [ContentHeld(by_peer=False, by_us=False)]
    request = next(each for each in pair.left.sent if getattr(each, "kind", 0) == 3)
    pair.right.control.receive(h245_codec.build(request), pair.now)
    assert pair.right.control.events_received() == [ContentHeld(by_peer=True, by_us=False)]


def test_the_token_is_refused_while_the_door_is_closed() -> None:
    pair = Pair().start()
    pair.right.control.accepts_content = False
    pair.left.control.ask_content_token(pair.now)
    pair.deliver()
    assert pair.left.of(ContentRefused) == [ContentRefused()]
    assert pair.left.channel(SENT, CONTENT) is None


def test_content_is_refused_to_a_peer_without_h239() -> None:
    pair = Pair(right=Offer(content=())).start()
    pair.left.control.ask_content_token(pair.now)
    pair.deliver()
    assert pair.left.of(ContentRefused) == [ContentRefused()]


def test_a_mode_that_is_asked_for_is_sent() -> None:
    pair = Pair().start()
    assert pair.right.channel(SENT, AUDIO).media.codec == "G722"
    pair.right.control.receive(_mode(("audioMode", ("g711Ulaw64k", 0))), pair.now)
    pair.deliver()
    assert pair.right.messages(RequestModeAck) == [RequestModeAck(7, "willTransmitMostPreferredMode")]
    assert pair.right.channel(SENT, AUDIO).media.codec == "PCMU"
    pair.right.control.receive(_mode(("dataMode", {"application": ("t140", ("udp", 0)), "bitRate": 1})), pair.now)
    pair.deliver()
    assert pair.right.messages(RequestModeReject) == [RequestModeReject(7, "modeUnavailable")]


def _mode(*elements: object) -> bytes:
    value = {"sequenceNumber": 7, "requestedModes": [[{"type": element} for element in elements]]}
    return asn1.encode(Pdu.H245, ("request", ("requestMode", value)))


@shark.needs_tshark
def test_tshark_understands_all_that_is_said(tmp_path: Path) -> None:
    pair = Pair(left=Offer(h264_profiles=("high", "constrained-baseline"))).start()
    pair.left.control.request_keyframe(MAIN, pair.now)
    pair.left.control.limit_bitrate(MAIN, 384_000, pair.now)
    pair.left.control.send_digits("1", pair.now)
    pair.left.control.ask_content_token(pair.now)
    pair.wait(12)
    pair.left.control.release_content_token(pair.now)
    pair.right.control.receive(_mode(("audioMode", ("g711Ulaw64k", 0))), pair.now)
    pair.right.control.hold(pair.now)
    pair.deliver()
    pair.right.control.resume(pair.now)
    pair.deliver()
    pair.left.control.end_session(pair.now)
    pair.deliver()
    said = [(shark.CONTROL, tpkt.frame(pdu)) for side in pair.sides for pdu in side.pdus]
    assert len(said) > 50
    assert shark.malformed(said, tmp_path) == []
    assert len(shark.summaries(said, tmp_path)) == len(said)
