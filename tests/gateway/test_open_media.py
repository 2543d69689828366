"""What is open in a call, from its events."""

from __future__ import annotations

from dataclasses import replace

from mcu import control
from mcu.gateway.open_media import MAX_SOURCES, OpenMedia, local_media
from mcu.h323.address import Address
from mcu.h323.channels import Channel, Direction, LocalMedia, MediaFormat
from mcu.h323.events import Alerting, BitrateLimited, ChannelClosed, ChannelOpened, Paused
from mcu.media.types import StreamKind

G711 = MediaFormat(codec="PCMA", payload_type=8, clock_rate=8_000)
SOUND = Channel(
    direction=Direction.SENT,
    kind=StreamKind.AUDIO,
    media=G711,
    rtp=Address("192.0.2.7", 5_000),
    rtcp=Address("192.0.2.8", 5_001),
)


def test_channels_open_are_replaced_and_close() -> None:
    media = OpenMedia()
    assert media.take(ChannelOpened(SOUND))
    assert media.take(ChannelOpened(replace(SOUND, direction=Direction.RECEIVED, rtp=None, rtcp=None)))
    assert media.state.channels == (
        control.RtpChannel("sent", "audio", "PCMA", 8, 8_000, ("192.0.2.7", 5_000), ("192.0.2.8", 5_001)),
        control.RtpChannel("received", "audio", "PCMA", 8, 8_000),
    )
    media.take(ChannelOpened(replace(SOUND, media=replace(G711, codec="PCMU", payload_type=0))))
    assert [channel.codec for channel in media.state.channels] == ["PCMU", "PCMA"]
    media.take(ChannelClosed(Direction.RECEIVED, StreamKind.AUDIO))
    media.take(ChannelClosed(Direction.RECEIVED, StreamKind.MAIN))
    assert [channel.direction for channel in media.state.channels] == ["sent"]
    assert media.is_open(Direction.SENT, StreamKind.AUDIO)
    media.clear()
    assert media.state.channels == ()


def test_packets_may_come_from_all_addresses_that_were_named_and_no_more() -> None:
    media = OpenMedia()
    media.add_source("192.0.2.1")
    media.take(ChannelOpened(SOUND))
    assert media.state.sources == ("192.0.2.1", "192.0.2.7", "192.0.2.8")
    for number in range(100):
        media.add_source(f"198.51.100.{number}")
    assert len(media.state.sources) == MAX_SOURCES


def test_limits_and_pauses() -> None:
    media = OpenMedia()
    media.take(BitrateLimited(StreamKind.MAIN, 384_000))
    assert media.state.limits == {"main": 384_000}
    media.take(BitrateLimited(StreamKind.CONTENT, 0))
    assert media.state.limits == {"main": 384_000}
    assert media.state.paused == ("content",)
    media.take(BitrateLimited(StreamKind.CONTENT, None))
    media.take(Paused(True))
    assert media.state.paused == ("audio", "main", "content")
    media.take(Paused(False))
    assert media.state.paused == ()
    assert not media.take(Alerting())


def test_keys_in_the_sound_have_the_payload_type_that_our_capability_set_says() -> None:
    media = OpenMedia()
    assert media.state.telephone_event == 0
    media.take(ChannelOpened(SOUND))
    assert media.state.telephone_event == 0
    received = replace(SOUND, direction=Direction.RECEIVED)
    media.take(ChannelOpened(received))
    assert media.state.telephone_event == 101
    media.take(ChannelOpened(replace(received, media=replace(G711, payload_type=101))))
    assert media.state.telephone_event == 0


def test_reserved_ports_are_told_as_addresses() -> None:
    assert local_media((control.RtpPorts("main", 20_002, 20_003),), "2001:db8::1") == {
        StreamKind.MAIN: LocalMedia(rtp=Address("2001:db8::1", 20_002), rtcp=Address("2001:db8::1", 20_003))
    }
