"""OpenLogicalChannel and its acknowledgement: what others say is understood, what we say is what was meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcu.h323 import asn1, open_channel
from mcu.h323.address import Address
from mcu.h323.asn1 import Pdu
from mcu.h323.capabilities import Offer, offered_pictures
from mcu.h323.channels import Channel, Direction, MediaFormat
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
from mcu.media.types import StreamKind
from tests.h323 import captures, h245_captures

AUDIO, MAIN, CONTENT = StreamKind
RTP, RTCP = Address("192.0.2.1", 5000), Address("192.0.2.1", 5001)
ULAW = MediaFormat(codec="PCMU", payload_type=0, clock_rate=8_000, bitrate=64_000)
H261 = MediaFormat(codec="H261", payload_type=31, clock_rate=90_000, bitrate=384_000, width=352, height=288, fps=30)
H263 = replace(H261, codec="H263", payload_type=34, width=704, height=576)
PLUS = replace(H263, payload_type=97, h263_plus=True)
(H264,) = offered_pictures(Offer(), "H264", MAIN)
HIGH = replace(
    H264,
    h264_profile="high",
    packetization_mode=1,
    payload_type=109,
    parameters={"level": "57", "max-mbps": "246000", "max-fs": "8192", "max-fps": "30"},
)
G729 = MediaFormat(codec="G729", payload_type=18, clock_rate=8_000, bitrate=8_000)
G722 = MediaFormat(codec="G722", payload_type=9, clock_rate=8_000, bitrate=64_000)
G7221 = "standard", (0, 0, 7, 7221, 1, 0)  # G.722.1, which this server does not decode


def across(channel: OpenLogicalChannel) -> OpenLogicalChannel:
    """What the other side reads, both as an element of fastStart and as a message."""
    value = open_channel.build(channel)
    assert asn1.decode(Pdu.FAST_START, asn1.encode(Pdu.FAST_START, value)) == value
    return open_channel.parse(value)


@pytest.mark.parametrize("media", [ULAW, G722, G729, replace(ULAW, packet_ms=10)])
@pytest.mark.parametrize("is_reverse", [False, True])
def test_sound_is_read_as_it_was_meant(media: MediaFormat, is_reverse: bool) -> None:
    channel = OpenLogicalChannel(
        number=101, session=1, kind=AUDIO, media=media, rtp=RTP, rtcp=RTCP, is_reverse=is_reverse
    )
    assert across(channel) == channel


@pytest.mark.parametrize("media", [H261, H263, PLUS, H264, HIGH])
@pytest.mark.parametrize("kind", [MAIN, CONTENT])
def test_pictures_are_read_as_they_were_meant(media: MediaFormat, kind: StreamKind) -> None:
    channel = OpenLogicalChannel(number=9, session=33, kind=kind, media=media, rtcp=RTCP, replacement_for=7)
    read = across(channel)
    wanted = channel.media
    if media.codec == "H264":  # the level says how large a picture may come, not how large it is
        wanted = replace(wanted, width=read.media.width, height=read.media.height, fps=read.media.fps)
        wanted = replace(wanted, parameters=read.media.parameters)
    assert read == replace(channel, media=wanted)


def test_custom_parameters_are_repeated_and_give_the_size() -> None:
    read = across(OpenLogicalChannel(number=1, session=2, kind=MAIN, media=HIGH))
    assert read.media.parameters == HIGH.parameters
    assert (read.media.width, read.media.height, read.media.fps) == (1920, 1080, 30)


def test_an_acknowledgement_is_read_as_it_was_meant() -> None:
    for ack in (
        OpenLogicalChannelAck(number=1),
        OpenLogicalChannelAck(number=65_535, session=32, rtp=RTP, rtcp=RTCP, payload_type=107),
        OpenLogicalChannelAck(number=2, session=1, rtp=Address("2001:db8::1", 9), flow_control_to_zero=True),
    ):
        value = ("response", ("openLogicalChannelAck", open_channel.build_ack(ack)))
        _, (_, decoded) = asn1.decode(Pdu.H245, asn1.encode(Pdu.H245, value))
        assert open_channel.parse_ack(decoded) == ack


def test_nothing_is_said_of_quality_of_service() -> None:
    channel = OpenLogicalChannel(number=1, session=1, kind=AUDIO, media=ULAW, rtp=RTP, rtcp=RTCP)
    fields = open_channel.build(channel)["forwardLogicalChannelParameters"]["multiplexParameters"][1]
    assert "transportCapability" not in fields


def test_a_channel_needs_somewhere_to_send_to() -> None:
    asked = OpenLogicalChannel(number=1, session=1, kind=AUDIO, media=ULAW, rtp=Address("0.0.0.0", 0), rtcp=RTCP)
    assert open_channel.channel_of(asked, Direction.SENT) is None
    assert open_channel.channel_of(replace(asked, rtp=RTP), Direction.SENT) == Channel(
        direction=Direction.SENT, kind=AUDIO, media=ULAW, rtp=RTP, rtcp=RTCP
    )
    received = open_channel.channel_of(asked, Direction.RECEIVED)
    assert received == Channel(direction=Direction.RECEIVED, kind=AUDIO, media=ULAW, rtcp=RTCP)


@pytest.mark.parametrize(
    ("data_type", "is_unknown"),
    [
        (("nullData", 0), False),
        (("data", {"application": ("t120", ("separateLANStack", 0)), "maxBitRate": 640}), False),
        (("audioData", ("gsmFullRate", {"audioUnitSize": 132, "comfortNoise": False, "scrambled": False})), False),
        (("audioData", ("genericAudioCapability", {"capabilityIdentifier": ("standard", (1, 2, 3))})), True),
        (("audioData", ("genericAudioCapability", {"capabilityIdentifier": G7221, "maxBitRate": 32_000})), True),
        (("videoData", ("genericVideoCapability", {"capabilityIdentifier": ("standard", (1, 2, 3))})), True),
    ],
)
def test_what_we_have_no_use_for_has_no_media(data_type: object, is_unknown: bool) -> None:
    parameters = {"dataType": data_type, "multiplexParameters": ("h2250LogicalChannelParameters", {"sessionID": 1})}
    read = open_channel.parse({"forwardLogicalChannelNumber": 5, "forwardLogicalChannelParameters": parameters})
    assert (read.number, read.media, read.is_unknown) == (5, None, is_unknown)


@captures.needs_captures
def test_offers_of_fast_start_in_captures_are_understood() -> None:
    offers = answers = 0
    for path in captures.FILES:
        for _, message, values in h245_captures.fast_starts(path):
            channels = [open_channel.parse(value) for value in values]
            known = [channel for channel in channels if channel.media is not None]
            assert {channel.media.codec for channel in known} <= {"PCMU", "PCMA", "G722", "H264", "H263", "H261"}
            if message == "setup":
                offers += 1
                assert {channel.is_reverse for channel in known} == {True, False}
                assert all(channel.rtp is not None for channel in known if channel.is_reverse)
            else:
                answers += 1
                assert all(channel.rtp is not None for channel in known if not channel.is_reverse)
            for channel in known:
                assert across(channel) == replace(channel, media=across(channel).media)
    assert offers >= 5
    assert answers >= 3
