"""Logical channels: ours and the peer's, opened, refused, replaced and closed, and every cause of refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcu.h323.address import Address
from mcu.h323.channel_table import CloseRequested, OpeningRefused
from mcu.h323.channels import Channel, Direction, MediaFormat
from mcu.h323.events import BitrateLimited, ChannelClosed, ChannelOpened
from mcu.h323.h245_messages import (
    CloseLogicalChannel,
    CloseLogicalChannelAck,
    OpenLogicalChannelReject,
    RequestChannelClose,
    RequestChannelCloseAck,
    RequestChannelCloseReject,
)
from mcu.h323.logical_channels import MAX_CHANNELS, T103, LogicalChannels
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
from mcu.media.types import StreamKind
from tests.h323.h245_pair import local_media

AUDIO, MAIN, CONTENT = StreamKind
RECEIVED, SENT = Direction.RECEIVED, Direction.SENT
OURS = local_media("192.0.2.1")
RTP, RTCP = Address("192.0.2.9", 7000), Address("192.0.2.9", 7001)
ULAW = MediaFormat(codec="PCMU", payload_type=0, clock_rate=8_000)
ALAW = replace(ULAW, codec="PCMA", payload_type=8)
H264 = MediaFormat(codec="H264", payload_type=96, clock_rate=90_000, width=1280, height=720, fps=30)
SOUND = OpenLogicalChannel(number=5, session=1, kind=AUDIO, media=ULAW, rtcp=RTCP)
PICTURE = OpenLogicalChannel(number=6, session=2, kind=MAIN, media=H264, rtcp=RTCP)


def channels(refusal: str = "", kinds: tuple[StreamKind, ...] = tuple(StreamKind)) -> LogicalChannels:
    media = {kind: OURS[kind] for kind in kinds}
    return LogicalChannels(media=media, refuse=lambda kind, media: refusal)


def opened() -> tuple[LogicalChannels, int]:
    """With sound of ours open."""
    all_of_them = channels()
    number = all_of_them.open(AUDIO, ULAW, 0.0)
    all_of_them.receive(OpenLogicalChannelAck(number=number, session=1, rtp=RTP, rtcp=RTCP), 1.0)
    all_of_them.messages_to_send()
    all_of_them.events_received()
    return all_of_them, number


# --- ours -------------------------------------------------------------------------------------------------


def test_a_channel_of_ours_opens_when_it_is_granted() -> None:
    ours = channels()
    number = ours.open(AUDIO, ULAW, 0.0)
    assert ours.messages_to_send() == [
        OpenLogicalChannel(number=number, session=1, kind=AUDIO, media=ULAW, rtcp=OURS[AUDIO].rtcp)
    ]
    assert ours.channels == ()
    assert ours.sent_format(AUDIO) == ULAW
    ours.receive(OpenLogicalChannelAck(number=number, session=1, rtp=RTP, rtcp=RTCP), 1.0)
    channel = Channel(direction=SENT, kind=AUDIO, media=ULAW, rtp=RTP, rtcp=RTCP)
    assert ours.events_received() == [ChannelOpened(channel)]
    assert ours.channels == (channel,)
    assert ours.next_timer() is None
    ours.receive(OpenLogicalChannelAck(number=number, session=1, rtp=RTCP), 2.0)  # once is enough
    assert ours.channels == (channel,)


def test_the_payload_type_of_the_acknowledgement_counts() -> None:
    ours = channels()
    number = ours.open(MAIN, H264, 0.0)
    ours.receive(OpenLogicalChannelAck(number=number, rtp=RTP, payload_type=107), 1.0)
    assert ours.channels[0].media == replace(H264, payload_type=107)
    assert ours.sent_format(MAIN) == H264
    number = ours.open(AUDIO, ULAW, 0.0)
    ours.receive(OpenLogicalChannelAck(number=number, rtp=RTP, payload_type=107), 1.0)
    assert [channel.media for channel in ours.channels if channel.kind is AUDIO] == [ULAW]


def test_a_flow_of_zero_is_told() -> None:
    ours = channels()
    number = ours.open(MAIN, H264, 0.0)
    ours.receive(OpenLogicalChannelAck(number=number, rtp=RTP, flow_control_to_zero=True), 1.0)
    assert ours.events_received()[1:] == [BitrateLimited(MAIN, 0)]


def test_sessions_are_assigned_by_the_master() -> None:
    ours = channels()
    ours.open(CONTENT, H264, 0.0)
    ours.open(CONTENT, H264, 0.0)
    assert [message.session for message in ours.messages_to_send()] == [32, 33]
    ours.is_master = False
    number = ours.open(CONTENT, H264, 0.0)
    assert ours.messages_to_send()[0].session == 0
    ours.receive(OpenLogicalChannelAck(number=number, session=40, rtp=RTP), 0.0)
    assert isinstance(ours.events_received()[0], ChannelOpened)


@pytest.mark.parametrize("rtp", [None, Address("0.0.0.0", 7000), Address("192.0.2.9", 0)])
def test_a_grant_without_an_address_is_no_grant(rtp: Address | None) -> None:
    ours = channels()
    number = ours.open(AUDIO, ULAW, 0.0)
    ours.messages_to_send()
    ours.receive(OpenLogicalChannelAck(number=number, rtp=rtp), 1.0)
    assert ours.messages_to_send() == [CloseLogicalChannel(number, "lcse")]
    assert ours.events_received() == [OpeningRefused(AUDIO, ULAW, "no address to send to")]


def test_a_refusal_is_told_and_its_number_is_free() -> None:
    ours = channels()
    number = ours.open(AUDIO, ULAW, 0.0)
    ours.receive(OpenLogicalChannelReject(number, "dataTypeNotSupported"), 1.0)
    ours.receive(OpenLogicalChannelReject(number, "dataTypeNotSupported"), 1.0)
    assert ours.events_received() == [OpeningRefused(AUDIO, ULAW, "dataTypeNotSupported")]
    assert ours.sent_format(AUDIO) is None
    assert ours.next_timer() is None


def test_silence_closes_what_was_asked_for() -> None:
    ours = channels()
    number = ours.open(AUDIO, ULAW, 0.0)
    ours.messages_to_send()
    assert ours.next_timer() == T103
    ours.handle_timer(T103)
    assert ours.messages_to_send() == [CloseLogicalChannel(number, "lcse")]
    assert ours.events_received() == [OpeningRefused(AUDIO, ULAW, "T103")]
    ours.receive(OpenLogicalChannelAck(number=number, rtp=RTP), T103 + 1)  # too late
    assert ours.events_received() == []
    ours.handle_timer(2 * T103)
    assert ours.next_timer() is None


def test_a_channel_of_ours_is_closed_and_gone_when_that_is_acknowledged() -> None:
    ours, number = opened()
    ours.close(AUDIO, 2.0)
    ours.close(AUDIO, 2.0)
    assert ours.messages_to_send() == [CloseLogicalChannel(number, "user")]
    assert ours.events_received() == [ChannelClosed(SENT, AUDIO)]
    ours.receive(CloseLogicalChannelAck(number), 3.0)
    assert ours.next_timer() is None
    assert ours.sent_kind(number) is None


def test_a_refusal_of_an_open_channel_closes_it() -> None:
    ours, number = opened()
    ours.receive(OpenLogicalChannelReject(number, "unspecified"), 2.0)
    assert ours.events_received() == [ChannelClosed(SENT, AUDIO), OpeningRefused(AUDIO, ULAW, "unspecified")]


def test_a_peer_may_ask_us_to_close() -> None:
    ours, number = opened()
    ours.receive(RequestChannelClose(number, "reopen"), 2.0)
    assert ours.messages_to_send() == [RequestChannelCloseAck(number), CloseLogicalChannel(number, "user")]
    assert ours.events_received() == [ChannelClosed(SENT, AUDIO), CloseRequested(AUDIO, True)]
    ours.receive(RequestChannelClose(number), 2.0)
    assert ours.messages_to_send() == [RequestChannelCloseAck(number)]
    ours.receive(RequestChannelClose(999), 2.0)
    assert ours.messages_to_send() == [RequestChannelCloseReject(999)]


def test_the_peer_is_asked_to_close_what_it_has_open() -> None:
    theirs = channels()
    theirs.request_close(AUDIO)
    assert theirs.messages_to_send() == []
    theirs.receive(SOUND, 0.0)
    theirs.messages_to_send()
    theirs.request_close(AUDIO)
    assert theirs.messages_to_send() == [RequestChannelClose(SOUND.number, "normal")]


def test_numbers_go_round_without_meeting_open_ones() -> None:
    ours, number = opened()
    ours._next_number = 65_535
    assert [ours.next_number() for _ in range(number + 2)][-3:] == [number - 1, number + 1, number + 2]


# --- the peer's -------------------------------------------------------------------------------------------


def test_a_channel_of_the_peer_is_granted_at_once() -> None:
    theirs = channels()
    theirs.receive(SOUND, 0.0)
    assert theirs.messages_to_send() == [
        OpenLogicalChannelAck(number=5, session=1, rtp=OURS[AUDIO].rtp, rtcp=OURS[AUDIO].rtcp)
    ]
    channel = Channel(direction=RECEIVED, kind=AUDIO, media=ULAW, rtcp=RTCP)
    assert theirs.events_received() == [ChannelOpened(channel)]
    assert theirs.received_number(AUDIO) == 5
    assert theirs.received_codec(AUDIO) == "PCMU"


@pytest.mark.parametrize("session", [1, 2, 4, 77, 255])
def test_any_session_is_taken(session: int) -> None:
    theirs = channels()
    theirs.receive(replace(SOUND, session=session), 0.0)
    assert theirs.messages_to_send()[0].session == session


@pytest.mark.parametrize("is_master", [True, False])
def test_session_0_is_assigned(is_master: bool) -> None:
    theirs = channels()
    theirs.is_master = is_master
    theirs.receive(replace(SOUND, session=0), 0.0)
    theirs.receive(replace(PICTURE, session=0), 0.0)
    assert [message.session for message in theirs.messages_to_send()] == [32, 33]


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        (replace(SOUND, media=None, is_unknown=True), "unknownDataType"),
        (replace(SOUND, media=None), "dataTypeNotSupported"),
        (replace(SOUND, media=None, kind=None), "dataTypeNotSupported"),
        (replace(SOUND, is_bidirectional=True), "unsuitableReverseParameters"),
        (replace(SOUND, is_reverse=True), "unsuitableReverseParameters"),
        (replace(SOUND, is_multicast=True), "multicastChannelNotAllowed"),
        (replace(PICTURE, kind=CONTENT), "dataTypeNotAvailable"),
        (replace(PICTURE, replacement_for=99), "replacementForRejected"),
    ],
)
def test_what_cannot_be_is_refused_with_its_cause(asked: OpenLogicalChannel, cause: str) -> None:
    theirs = channels(kinds=(AUDIO, MAIN))
    theirs.receive(asked, 0.0)
    assert theirs.messages_to_send() == [OpenLogicalChannelReject(asked.number, cause)]
    assert theirs.events_received() == []
    assert theirs.rejected == 1


def test_the_owner_may_refuse() -> None:
    theirs = channels("masterSlaveConflict")
    theirs.receive(SOUND, 0.0)
    assert theirs.messages_to_send() == [OpenLogicalChannelReject(5, "masterSlaveConflict")]


def test_there_is_an_end_to_channels() -> None:
    theirs = channels()
    for number in range(1, MAX_CHANNELS + 2):
        theirs.receive(replace(SOUND, number=number), 0.0)
    assert theirs.messages_to_send()[-1] == OpenLogicalChannelReject(MAX_CHANNELS + 1, "insufficientBandwidth")
    assert len(theirs.channels) == 1


def test_the_last_channel_of_a_kind_counts() -> None:
    theirs = channels()
    theirs.receive(SOUND, 0.0)
    theirs.receive(replace(SOUND, number=7, media=ALAW, replacement_for=5), 0.0)
    assert theirs.received_codec(AUDIO) == "PCMA"
    theirs.events_received()
    theirs.receive(CloseLogicalChannel(5), 1.0)
    assert theirs.messages_to_send()[-1] == CloseLogicalChannelAck(5)
    assert theirs.events_received() == []
    assert theirs.received_codec(AUDIO) == "PCMA"
    theirs.receive(CloseLogicalChannel(7), 1.0)
    assert theirs.events_received() == [ChannelClosed(RECEIVED, AUDIO)]


def test_when_the_last_is_closed_an_earlier_one_counts_again() -> None:
    theirs = channels()
    theirs.receive(SOUND, 0.0)
    (first,) = theirs.events_received()
    theirs.receive(replace(SOUND, number=7, media=ALAW), 0.0)
    theirs.events_received()
    theirs.receive(CloseLogicalChannel(7), 1.0)
    assert theirs.events_received() == [first]


def test_a_number_that_is_used_again_ends_the_former_channel() -> None:
    theirs = channels()
    theirs.receive(SOUND, 0.0)
    theirs.receive(replace(PICTURE, number=5), 0.0)
    kinds = [type(event) for event in theirs.events_received()]
    assert kinds == [ChannelOpened, ChannelClosed, ChannelOpened]
    assert [channel.kind for channel in theirs.channels] == [MAIN]


def test_closing_what_is_not_open_is_acknowledged() -> None:
    theirs = channels()
    theirs.receive(CloseLogicalChannel(4_711), 0.0)
    assert theirs.messages_to_send() == [CloseLogicalChannelAck(4_711)]
    assert theirs.events_received() == []


def test_a_second_picture_in_another_session_is_content() -> None:
    theirs = channels()
    theirs.receive(PICTURE, 0.0)
    theirs.receive(replace(PICTURE, number=7, session=33), 0.0)
    theirs.receive(replace(PICTURE, number=8, session=2), 0.0)
    assert [event.channel.kind for event in theirs.events_received()] == [MAIN, CONTENT, MAIN]


def test_channels_of_fast_start_are_taken_over() -> None:
    both = channels()
    received = Channel(direction=RECEIVED, kind=AUDIO, media=ULAW, rtcp=RTCP)
    sent = Channel(direction=SENT, kind=AUDIO, media=ALAW, rtp=RTP, rtcp=RTCP)
    both.adopt(received, number=1001, session=1)
    both.adopt(sent, number=101, session=1)
    assert both.events_received() == [ChannelOpened(received), ChannelOpened(sent)]
    assert both.next_number() == 102
    both.receive(CloseLogicalChannel(1001), 0.0)
    assert both.events_received() == [ChannelClosed(RECEIVED, AUDIO)]
    both.close(AUDIO, 0.0)
    assert both.messages_to_send() == [CloseLogicalChannelAck(1001), CloseLogicalChannel(101, "user")]
