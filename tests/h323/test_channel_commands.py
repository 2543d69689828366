"""Commands about channels: which stream they mean, and how often they are passed on."""

from __future__ import annotations

from mcu.h323.address import Address
from mcu.h323.channel_commands import KEYFRAME_INTERVAL, ChannelCommands
from mcu.h323.channels import Channel, Direction, MediaFormat
from mcu.h323.events import BitrateLimited, KeyframeRequested
from mcu.h323.h245_messages import FlowControlCommand, MiscellaneousCommand
from mcu.h323.logical_channels import LogicalChannels
from mcu.media.types import StreamKind
from tests.h323.h245_pair import local_media

AUDIO, MAIN, CONTENT = StreamKind
RTP = Address("192.0.2.9", 7000)
FORMATS = {
    AUDIO: MediaFormat(codec="PCMU", payload_type=0, clock_rate=8_000),
    MAIN: MediaFormat(codec="H264", payload_type=96, clock_rate=90_000),
    CONTENT: MediaFormat(codec="H264", payload_type=96, clock_rate=90_000),
}


def commands(*kinds: StreamKind) -> ChannelCommands:
    """With channels of these kinds both ways: ours from 11, the peer's from 21."""
    channels = LogicalChannels(media=local_media("192.0.2.1"), refuse=lambda kind, media: "")
    for place, kind in enumerate(kinds):
        for direction, first in ((Direction.SENT, 11), (Direction.RECEIVED, 21)):
            channel = Channel(direction=direction, kind=kind, media=FORMATS[kind], rtp=RTP)
            channels.adopt(channel, number=first + place, session=1 + place)
    return ChannelCommands(channels)


def keyframe(number: int) -> MiscellaneousCommand:
    return MiscellaneousCommand(number, "videoFastUpdatePicture")


def test_a_keyframe_is_asked_for_by_the_number_of_the_peer() -> None:
    both = commands(AUDIO, MAIN, CONTENT)
    both.ask_keyframe(MAIN, 0.0)
    both.ask_keyframe(CONTENT, 0.0)
    assert both.messages_to_send() == [keyframe(22), keyframe(23)]


def test_nothing_is_asked_of_a_stream_that_is_not_there() -> None:
    both = commands(AUDIO)
    both.ask_keyframe(MAIN, 0.0)
    both.limit(MAIN, 1_000)
    assert both.messages_to_send() == []
    assert both.next_timer() is None


def test_a_hurry_is_slowed_down_and_nothing_is_lost() -> None:
    both = commands(MAIN)
    for now in (0.0, 0.1, 0.2):
        both.ask_keyframe(MAIN, now)
        both.receive(keyframe(11), now)
    assert both.messages_to_send() == [keyframe(21)]
    assert both.events_received() == [KeyframeRequested(MAIN)]
    assert both.next_timer() == KEYFRAME_INTERVAL
    both.handle_timer(KEYFRAME_INTERVAL)
    assert both.messages_to_send() == [keyframe(21)]
    assert both.events_received() == [KeyframeRequested(MAIN)]
    assert both.next_timer() is None


def test_a_complaint_means_the_channel_that_it_names() -> None:
    both = commands(AUDIO, MAIN, CONTENT)
    both.receive(keyframe(13), 0.0)
    assert both.events_received() == [KeyframeRequested(CONTENT)]
    for number in (11, 22, 999):  # the peer's own number, sound, and nothing at all: the picture is meant
        now = float(number)
        both.receive(keyframe(number), now)
        assert both.events_received() == [KeyframeRequested(MAIN)]


def test_no_picture_no_keyframe() -> None:
    both = commands(AUDIO)
    both.receive(keyframe(11), 0.0)
    assert both.events_received() == []


def test_limits_are_in_hundreds_of_bits() -> None:
    both = commands(AUDIO, MAIN, CONTENT)
    both.receive(FlowControlCommand(12, 3_840), 0.0)
    both.receive(FlowControlCommand(0, 10), 0.0)
    both.receive(FlowControlCommand(13, None), 0.0)
    both.receive(FlowControlCommand(99, 1), 0.0)
    assert both.events_received() == [
        BitrateLimited(MAIN, 384_000),
        BitrateLimited(MAIN, 1_000),
        BitrateLimited(CONTENT, 1_000),
        BitrateLimited(CONTENT, None),
    ]
    both.limit(MAIN, 384_050)
    both.limit(AUDIO, None)
    both.limit(CONTENT, 1 << 40)
    assert both.messages_to_send() == [
        FlowControlCommand(22, 3_840),
        FlowControlCommand(21, None),
        FlowControlCommand(23, (1 << 24) - 1),
    ]


def test_a_limit_is_told_again_for_a_new_channel() -> None:
    both = commands(AUDIO, MAIN)
    both.limit(MAIN, 384_000)
    both.opened(MAIN)
    both.opened(AUDIO)
    assert both.messages_to_send() == [FlowControlCommand(22, 3_840)] * 2
    both.limit(MAIN, None)
    both.opened(MAIN)
    assert both.messages_to_send() == [FlowControlCommand(22, None)]
