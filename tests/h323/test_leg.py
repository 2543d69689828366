"""A room's leg in fake time, without sockets: its states, channels that change, and what may be sent."""

from __future__ import annotations

import math

import pytest

from mcu.control import RtpChannel
from mcu.errors import RefusedError
from mcu.h323.leg import SILENT_SECONDS, LegState
from mcu.media import rtcp
from mcu.media.types import VideoProfile
from tests.h323.leg_world import AUDIO, BOTH, CONTENT, MAIN, ROOM, World, received, sent


@pytest.fixture
def world() -> World:
    return World()


def test_it_connects_with_the_first_channel_that_is_sent(world: World) -> None:
    world.open(received(AUDIO))
    assert not world.leg.connected
    assert world.told == []
    world.open(received(AUDIO), sent(AUDIO))
    assert world.leg.connected
    world.open(*BOTH)
    assert world.told == ["connected", "requested main"]
    assert world.leg.sent.keys() == {AUDIO, MAIN}
    assert world.leg.video_profile == VideoProfile("H264", 640, 360, 25, 600_000, "constrained-baseline", 0)


def test_the_same_state_again_changes_nothing(world: World) -> None:
    world.open(*BOTH)
    before, audio = dict(world.leg.sent), world.leg.audio
    world.told.clear()
    world.open(*BOTH)
    world.open(*BOTH, limits={"main": 500_000})
    assert world.leg.sent == before
    assert world.leg.audio is audio
    assert world.told == []


def test_another_payload_type_is_another_stream_with_the_same_ssrc(world: World) -> None:
    world.open(*BOTH)
    before = world.leg.sent[MAIN]
    world.open(received(AUDIO), sent(AUDIO), received(MAIN), sent(MAIN, packetization_mode=1, rtp=(ROOM, 6_000)))
    assert world.leg.sent[MAIN] is before  # it only goes elsewhere
    assert world.ports[MAIN].aimed == (ROOM, 6_000)
    other = RtpChannel("sent", "main", "H264", 97, 90_000, rtp=(ROOM, 6_000))
    audio = world.leg.audio
    world.open(received(AUDIO), sent(AUDIO), received(MAIN), other)
    now = world.leg.sent[MAIN]
    assert (now.payload_type, now.ssrc) == (97, before.ssrc)
    assert world.leg.audio is audio
    assert world.told == ["connected", "requested main"]
    world.run(10)
    assert not any(isinstance(packet, rtcp.Goodbye) for packet in world.sent_reports(MAIN))


def test_another_received_codec_takes_the_place_of_the_former(world: World) -> None:
    world.open(*BOTH)
    before, audio = dict(world.leg.sent), world.leg.audio
    world.packet(AUDIO, bytes(160), 1)
    changed = RtpChannel("received", "audio", "PCMU", 0, 8_000)
    world.open(changed, sent(AUDIO), received(MAIN), sent(MAIN))
    assert world.leg.audio is not audio
    assert world.leg.sent == before
    world.packet(AUDIO, bytes(160), 2)
    world.packet(AUDIO, bytes(160), 3, payload_type=0)
    assert world.leg.audio is not None
    assert world.leg.audio.counters.received == 1
    assert world.leg.rtp_counters["unroutable"] == 1


def test_all_channels_closed_is_a_pause_and_not_the_end(world: World) -> None:
    world.open(*BOTH)
    world.packet(AUDIO, bytes(160), 1)
    world.open()
    assert world.leg.connected
    assert world.leg.sent == {}
    assert world.leg.video_profile is None
    assert world.leg.audio is None
    assert world.leg.last_received == math.inf
    for kind in (AUDIO, MAIN):
        assert any(isinstance(packet, rtcp.Goodbye) for packet in world.sent_reports(kind))
        assert world.ports[kind].arrivals is None
    world.run(2 * SILENT_SECONDS)
    assert world.told == ["connected"]
    world.open(*BOTH)
    assert world.leg.sent.keys() == {AUDIO, MAIN}


def test_silence_is_told_and_closes_nothing(world: World) -> None:
    world.open(*BOTH)
    world.run(SILENT_SECONDS - 1)
    assert world.told == ["connected"]
    world.run(2)
    assert world.told[1:] == ["state disconnected"]
    world.run(300)
    assert world.leg.state is LegState.DISCONNECTED
    assert world.leg.connected
    world.packet(AUDIO, bytes(160), 1)
    world.run(1)
    assert world.told[2:] == ["state connected"]
    for _ in range(10):
        world.run(SILENT_SECONDS / 2)
        world.report(AUDIO, rtcp.ReceiverReport(7))
    assert world.told[3:] == []


def test_limits_pauses_and_budgets(world: World) -> None:
    world.open(*BOTH)
    assert world.leg.budget(0.0) == world.leg.limit(MAIN) == math.inf
    world.open(received(AUDIO), sent(AUDIO), sent(MAIN, bitrate=500_000), sent(CONTENT, bitrate=300_000))
    assert world.leg.content_profile == VideoProfile("H264", 1920, 1200, 10, 300_000, "constrained-baseline", 0)
    assert world.leg.limit(MAIN) == pytest.approx(540_000)
    assert world.leg.limit(CONTENT) == pytest.approx(324_000)
    world.open(received(AUDIO), sent(AUDIO), sent(MAIN, bitrate=500_000), limits={"main": 200_000})
    assert world.leg.content_profile is None
    assert world.leg.limit(MAIN) == 200_000
    world.open(received(AUDIO), sent(AUDIO), sent(MAIN), limits={"main": 0})
    assert world.leg.sent.keys() == {AUDIO}
    world.open(received(AUDIO), sent(AUDIO), sent(MAIN), paused=("audio", "main"))
    assert world.leg.sent == {}
    assert world.leg.video_profile is None
    world.open(received(AUDIO), sent(AUDIO), sent(MAIN))
    assert world.leg.sent.keys() == {AUDIO, MAIN}


def test_another_conference_has_other_pictures(world: World) -> None:
    world.open(*BOTH)
    other = VideoProfile("H264", 1280, 720, 30, 2_000_000, "constrained-baseline", 0)
    world.leg.show((other,))
    assert world.leg.video_profile == other


@pytest.mark.parametrize(
    "channel",
    [
        RtpChannel("sent", "audio", "G7231", 4, 8_000),
        RtpChannel("received", "audio", "G7231", 4, 8_000),
        RtpChannel("received", "main", "MPEG4", 99, 90_000),
        RtpChannel("sent", "audio", "PCMA", 128, 8_000),
        RtpChannel("sent", "audio", "PCMA", 8, 0),
        RtpChannel("both", "audio", "PCMA", 8, 8_000),
        RtpChannel("sent", "slides", "H264", 99, 90_000),
        RtpChannel("sent", "audio", "PCMA", 8, 8_000, rtp=("host", 1)),
        RtpChannel("sent", "audio", "PCMA", 8, 8_000, key=bytes(15)),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_changes(world: World, channel: RtpChannel) -> None:
    world.open(*BOTH)
    before = dict(world.leg.sent)
    with pytest.raises(RefusedError):
        world.open(channel)
    assert world.leg.sent == before


def test_it_is_closed_once_and_says_goodbye(world: World) -> None:
    world.open(*BOTH)
    world.leg.close("hung-up")
    world.leg.close("again")
    assert world.told == ["connected", "ended", "closed hung-up"]
    assert all(port.closed for port in world.ports.values())
    assert world.leg.due == math.inf
    assert any(isinstance(packet, rtcp.Goodbye) for packet in world.sent_reports(AUDIO))
    with pytest.raises(RefusedError, match="no-such-leg"):
        world.open(*BOTH, limits={"main": 1})
