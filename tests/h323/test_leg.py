"""A room's leg in fake time, without sockets: states, channels that change, reports, limits and hostile packets."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import numpy as np
import pytest

from mcu._native import packets
from mcu._native.packets import build_rtp
from mcu.control import RtpChannel, UpdateRtpLeg
from mcu.errors import RefusedError
from mcu.h323.compound import MAX_PARTS
from mcu.h323.leg import KEYFRAME_SECONDS, SILENT_SECONDS, H323Leg, LegState
from mcu.h323.media_cipher import MediaCipher
from mcu.h323.medium import KEEPALIVE_SECONDS, MAX_REPORTS
from mcu.media import rtcp
from mcu.media.types import EncodedFrame, StreamKind, VideoProfile
from tests.fakes.media_ports import FakePort

ROOM = "10.1.2.3"
AUDIO, MAIN, CONTENT = StreamKind.AUDIO, StreamKind.MAIN, StreamKind.CONTENT
PICTURES = (
    VideoProfile("H264", 640, 360, 25, 600_000, "constrained-baseline"),
    VideoProfile("H264", 320, 180, 25, 216_000, "constrained-baseline"),
)
PORT = {AUDIO: 5_000, MAIN: 5_002, CONTENT: 5_004}  # of the room; one more for RTCP
TYPE = {AUDIO: 8, MAIN: 109, CONTENT: 110}
EVENTS = 101


@dataclass
class World:
    """Driver and handler of one leg."""

    clock: float = 100.0
    told: list[str] = field(default_factory=list)
    frames: list[EncodedFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ports = {kind: FakePort(20_000 + 2 * n) for n, kind in enumerate(StreamKind)}
        self.leg = H323Leg("l", self.ports, driver=self, handler=self, pictures=PICTURES, wall_clock_offset=1e9)

    def now(self) -> float:
        return self.clock

    def ended(self, leg: H323Leg) -> None:
        self.told.append("ended")

    def failed(self, leg: H323Leg) -> None:
        raise AssertionError

    def leg_connected(self, leg: H323Leg) -> None:
        self.told.append("connected")

    def leg_updated(self, leg: H323Leg) -> None:
        self.told.append("updated")

    def leg_state(self, leg: H323Leg, state: str) -> None:
        self.told.append(f"state {state}")

    def leg_closed(self, leg: H323Leg, reason: str) -> None:
        self.told.append(f"closed {reason}")

    def frame_received(self, leg: H323Leg, kind: StreamKind, frame: EncodedFrame) -> None:
        self.frames.append(frame)

    def keyframe_requested(self, leg: H323Leg, kind: StreamKind) -> None:
        self.told.append(f"requested {kind}")

    def keyframe_needed(self, leg: H323Leg, kind: StreamKind) -> None:
        self.told.append(f"needed {kind}")

    def digit_received(self, leg: H323Leg, digit: str) -> None:
        self.told.append(f"digit {digit}")

    # --- the room ---------------------------------------------------------------------------------------

    def open(self, *channels: RtpChannel, **changes: object) -> None:
        values: dict[str, object] = {"sources": (ROOM,), "telephone_event": EVENTS} | changes
        self.leg.update(UpdateRtpLeg("l", channels, **values))  # type: ignore[arg-type]

    def run(self, seconds: float) -> None:
        """Let time pass, as the MP's ticks do."""
        end = self.clock + seconds
        while self.clock < end:
            self.clock += 0.02
            if self.leg.due <= self.clock:
                self.leg.handle_timer(self.clock)

    def packet(
        self,
        kind: StreamKind,
        payload: bytes,
        number: int,
        *,
        source: tuple[str, int] | None = None,
        payload_type: int | None = None,
        marker: bool = False,
        timestamp: int | None = None,
    ) -> None:
        data = build_rtp(
            payload,
            payload_type=TYPE[kind] if payload_type is None else payload_type,
            sequence_number=number & 0xFFFF,
            timestamp=160 * number if timestamp is None else timestamp,
            ssrc=7,
            marker=marker,
        )
        self.datagram(kind, data, source)

    def datagram(self, kind: StreamKind, data: bytes, source: tuple[str, int] | None = None) -> None:
        """As a PortPair hands it on."""
        medium = self.ports[kind].medium
        if medium is None:
            return
        source = source or (ROOM, PORT[kind])
        if medium.searching(self.clock):
            medium.receive_unknown(data, source, self.clock)
        elif source == self.ports[kind].bound:
            medium.receive_known([packets.parse_rtp(data, arrival=self.clock)], self.clock)

    def report(self, kind: StreamKind, *parts: rtcp.Packet, source: str = ROOM) -> None:
        medium = self.ports[kind].medium
        if medium is not None:
            medium.receive_report(rtcp.serialize(parts), (source, PORT[kind] + 1), self.clock)

    def sent_reports(self, kind: StreamKind) -> list[rtcp.Packet]:
        return [packet for data, _ in self.ports[kind].reports for packet in rtcp.parse(data)]


def received(kind: StreamKind, codec: str = "") -> RtpChannel:
    clock = 8_000 if kind is AUDIO else 90_000
    return RtpChannel("received", kind.value, codec or ("PCMA" if kind is AUDIO else "H264"), TYPE[kind], clock)


def sent(kind: StreamKind, **changes: object) -> RtpChannel:
    values: dict[str, object] = {"rtp": (ROOM, PORT[kind]), "rtcp": (ROOM, PORT[kind] + 1)} | changes
    clock = 8_000 if kind is AUDIO else 90_000
    codec = "PCMA" if kind is AUDIO else "H264"
    return RtpChannel("sent", kind.value, codec, TYPE[kind], clock, **values)  # type: ignore[arg-type]


@pytest.fixture
def world() -> World:
    return World()


BOTH = (received(AUDIO), sent(AUDIO), received(MAIN), sent(MAIN))


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
        assert world.ports[kind].medium is None
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


def test_reports_come_at_the_intervals_of_avp_and_name_one_source(world: World) -> None:
    world.open(*BOTH)
    begin = world.clock
    while world.clock < begin + 60:
        packets.send([bytes(160)], timestamp=0, streams=[world.leg.sent[AUDIO]], now=world.clock, marker_last=False)
        world.run(0.1)
    reports = world.ports[AUDIO].reports
    assert 8 <= len(reports) <= 25
    assert {place for _, place in reports} == {(ROOM, PORT[AUDIO] + 1)}
    ours = world.leg.sent[AUDIO].ssrc
    last = rtcp.parse(reports[-1][0])
    assert isinstance(last[0], rtcp.SenderReport)
    assert last[0].ssrc == ours
    assert [p for p in last if isinstance(p, rtcp.SourceDescription)] == last[1:]
    assert len(last) == 2


def test_reports_go_next_to_the_packets_when_no_channel_says_where(world: World) -> None:
    world.open(sent(AUDIO, rtcp=("", 0)))
    world.run(10)
    assert {place for _, place in world.ports[AUDIO].reports} == {(ROOM, PORT[AUDIO] + 1)}


def test_a_room_behind_a_translator_is_sent_to_where_it_is(world: World) -> None:
    public = "198.41.0.4"
    world.open(received(MAIN), sent(MAIN), sources=(ROOM, public))
    assert world.ports[MAIN].aimed == (ROOM, PORT[MAIN])
    world.packet(MAIN, b"\x67abc", 1, source=(public, 40_000))
    assert world.ports[MAIN].aimed == world.ports[MAIN].bound == (public, 40_000)
    medium = world.ports[MAIN].medium
    assert medium is not None
    medium.receive_report(rtcp.serialize([rtcp.ReceiverReport(7)]), (public, 40_017), world.clock)
    world.run(10)
    assert world.ports[MAIN].reports[-1][1] == (public, 40_017)


def test_a_room_that_says_not_yet_is_sent_to_once_it_is_known(world: World) -> None:
    world.open(received(AUDIO), sent(AUDIO, rtp=("0.0.0.0", 0), rtcp=("", 0)))
    assert world.leg.connected
    assert AUDIO not in world.leg.sent
    world.packet(AUDIO, bytes(160), 1)
    assert AUDIO in world.leg.sent
    assert world.told == ["connected", "updated"]


def test_keepalives_are_no_errors_and_no_gaps(world: World) -> None:
    world.open(*BOTH)
    medium = world.ports[AUDIO].medium
    assert medium is not None
    medium.receive_unknown(b"", (ROOM, PORT[AUDIO]), world.clock)
    medium.receive_unknown(b"\0", (ROOM, PORT[AUDIO]), world.clock)
    medium.receive_report(b"\0", (ROOM, PORT[AUDIO] + 1), world.clock)
    world.packet(AUDIO, b"", 1)
    assert world.leg.datagram_counters == {"keepalives": 4, "latched": 1}
    assert world.ports[AUDIO].bound == (ROOM, PORT[AUDIO])


def test_an_open_channel_on_which_nothing_is_sent_is_kept_open(world: World) -> None:
    world.open(*BOTH)
    world.run(3 * KEEPALIVE_SECONDS)
    assert 1 <= len(world.ports[MAIN].keepalives) <= 3
    assert set(world.ports[MAIN].keepalives) == {(ROOM, PORT[MAIN])}


def test_reports_on_the_port_of_the_packets_are_understood(world: World) -> None:
    world.open(*BOTH)
    ours = world.leg.sent[MAIN].ssrc
    data = rtcp.serialize([rtcp.ReceiverReport(7), rtcp.PictureLoss(7, ours)])
    world.datagram(MAIN, data)
    assert world.told[-1] == "requested main"
    assert world.ports[MAIN].bound == ("", 0)  # only the stream itself says where it comes from


def test_a_keyframe_is_asked_for_by_call_control_and_not_too_often(world: World) -> None:
    world.open(*BOTH)
    world.packet(MAIN, b"\x61abc", 1, marker=True)  # a slice that refers to what nobody has
    world.run(0.05)
    assert world.told == ["connected", "needed main"]
    for number in range(2, 100):
        world.run(0.05)
        world.packet(MAIN, b"\x61abc", number, marker=True)
        world.leg.request_keyframe(MAIN)
    asked = world.told.count("needed main")
    assert 3 <= asked <= 1 + 5 / KEYFRAME_SECONDS
    assert world.frames == []


def test_call_control_asks_for_a_keyframe_and_the_bridge_is_told(world: World) -> None:
    world.leg.send_keyframe(MAIN)
    assert world.told == []
    world.open(*BOTH)
    world.leg.send_keyframe(MAIN)
    assert world.told == ["connected", "requested main"]


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


def test_addresses_are_the_same_in_any_form(world: World) -> None:
    world.open(received(AUDIO), sent(AUDIO, rtp=(f"::ffff:{ROOM}", 6_000)), sources=(f"::ffff:{ROOM}",))
    assert world.ports[AUDIO].aimed == (ROOM, 6_000)
    world.packet(AUDIO, bytes(160), 1)
    assert world.ports[AUDIO].bound == (ROOM, PORT[AUDIO])


def test_a_report_is_heeded_although_a_name_behind_it_is_broken(world: World) -> None:
    world.open(*BOTH)
    world.packet(AUDIO, bytes(160), 1)
    medium = world.ports[MAIN].medium
    assert medium is not None
    ours = world.leg.sent[MAIN].ssrc
    names = b"\x81\xca\0\3" + bytes(4) + b"\1\6roomab"  # no end of the list of items
    data = rtcp.serialize([rtcp.ReceiverReport(7), rtcp.PictureLoss(7, ours)]) + names + b"\xff\xff"
    medium.receive_report(data, (ROOM, PORT[MAIN] + 1), world.clock)
    assert world.told[-1] == "requested main"
    assert world.leg.rtp_counters["malformed_rtcp"] == 1


def test_comfort_noise_is_silence_and_no_loss(world: World) -> None:
    world.open(*BOTH)
    for number in range(20):
        world.packet(AUDIO, bytes(160), number)
        world.run(0.02)
    world.packet(AUDIO, b"\x40", 20, payload_type=13)
    assert world.leg.rtp_counters["unroutable"] == 0
    assert world.leg.audio is not None
    for number in range(21, 41):
        world.packet(AUDIO, bytes(160), number, timestamp=160 * (number + 200))
        world.run(0.02)
        world.leg.audio.pull(world.clock)
    assert world.leg.audio.counters.lost == 0


def test_reported_loss_takes_and_gives_back(world: World) -> None:
    world.open(received(AUDIO), sent(AUDIO), sent(MAIN, bitrate=600_000))
    stream = world.leg.sent[MAIN]

    def lose(share: float, reports: int) -> None:
        for _ in range(reports):
            for _ in range(50):
                packets.send([bytes(1_000)], timestamp=0, streams=[stream], now=world.clock)
                world.run(0.02)
            block = rtcp.ReportBlock(stream.ssrc, int(256 * share), 0, 0, 0, 0, 0)
            world.report(MAIN, rtcp.ReceiverReport(7, (block,)))
            world.report(MAIN, rtcp.ReceiverReport(7))  # says nothing of ours

    full = world.leg.budget(0.0)
    lose(0.0, 3)
    assert world.leg.budget(0.0) == full
    lose(0.3, 3)
    low = world.leg.budget(0.0)
    assert low < 400_000
    assert world.leg.budget(0.0, 2 * low) == 2 * low
    assert world.leg.loss > 0.1
    lose(0.05, 3)
    assert world.leg.budget(0.0) == low
    lose(0.0, 60)
    assert world.leg.budget(0.0) == full


def test_a_press_does_not_look_like_jitter(world: World) -> None:
    world.open(*BOTH)
    rng = np.random.default_rng(1)
    delays = []
    for tick in range(400):
        pressed = tick - 199  # blocks so far
        if 0 < pressed <= 63:  # 1.2 s, and the end twice again
            ended = 0x80 if pressed > 60 else 0
            payload = bytes((5, ended | 10)) + (160 * min(pressed, 61)).to_bytes(2, "big")
            world.packet(AUDIO, payload, tick, payload_type=EVENTS, marker=pressed == 1, timestamp=160 * 200)
        else:
            world.packet(AUDIO, rng.integers(0, 256, 160, np.uint8).tobytes(), tick)
        world.run(0.02)
        assert world.leg.audio is not None
        world.leg.audio.pull(world.clock)
        delays.append(world.leg.audio.target_delay)
    assert [told for told in world.told if told.startswith("digit")] == ["digit 5"]
    assert max(delays[200:]) <= delays[199] + 0.06
    assert world.leg.audio.counters.restarts == 0


def test_strangers_and_garbage_change_nothing(world: World) -> None:
    world.open(*BOTH)
    world.packet(AUDIO, bytes(160), 1)
    world.packet(MAIN, b"\x67abc", 1)
    before = dict(world.leg.sent), world.ports[AUDIO].aimed, list(world.told)
    rng = random.Random(3)
    for number in range(3_000):
        medium = world.ports[rng.choice((AUDIO, MAIN))].medium
        assert medium is not None
        source = (rng.choice(("10.9.9.9", ROOM)), rng.randrange(1, 65_536))
        data = rng.randbytes(rng.randrange(60))
        if number % 3:
            medium.receive_report(data, source, world.clock)
        elif source[0] != ROOM:
            medium.receive_unknown(data, source, world.clock)
    assert (dict(world.leg.sent), world.ports[AUDIO].aimed, world.told) == before
    counters = world.leg.datagram_counters
    assert counters["wrong_source"] > 1_000
    assert counters["reports_dropped"] > 500
    assert world.leg.rtp_counters["rtcp_received"] <= 2 * MAX_REPORTS * MAX_PARTS


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


# --- enciphered channels (H.235.6) ----------------------------------------------------------------------------

OUR_KEY, THEIR_KEY = bytes(range(16)), bytes(range(16, 32))


def enciphered(world: World, *, ours: bytes = OUR_KEY, theirs: bytes = THEIR_KEY) -> None:
    there = RtpChannel("sent", "audio", "PCMA", 120, 8_000, rtp=(ROOM, PORT[AUDIO]), key=ours)
    here = RtpChannel("received", "audio", "PCMA", 120, 8_000, key=theirs)
    world.open(here, there, received(MAIN), sent(MAIN))


def sealed(payload: bytes, number: int, key: bytes = THEIR_KEY) -> bytes:
    clear = build_rtp(payload, payload_type=120, sequence_number=number, timestamp=160 * number, ssrc=7)
    return MediaCipher(key).seal(clear)


@pytest.mark.parametrize("payload", [bytes(range(160)), b"odd", bytes(range(161))])
def test_what_a_leg_sends_is_enciphered_for_itself_alone(world: World, payload: bytes) -> None:
    other = World()
    other.open(*BOTH)
    enciphered(world)
    streams = [world.leg.sent[AUDIO], other.leg.sent[AUDIO]]
    for beat in range(3):
        assert packets.send([payload], timestamp=160 * beat, streams=streams, now=world.clock) == 2
    for data in world.ports[AUDIO].packets:
        assert payload not in data
        assert packets.parse_rtp(MediaCipher(OUR_KEY).open(data)).payload == payload
    assert [packets.parse_rtp(data).payload for data in other.ports[AUDIO].packets] == [payload] * 3
    assert world.ports[AUDIO].aimed == (ROOM, PORT[AUDIO])
    assert streams[0].packets == 3  # as its reports say


def test_what_a_leg_receives_is_deciphered(world: World) -> None:
    enciphered(world)
    for number in range(10):
        world.datagram(AUDIO, sealed(bytes(160 + number % 2), number))
    assert world.leg.audio is not None
    assert world.leg.audio.counters.received == 10
    world.datagram(AUDIO, b"\x80")
    world.datagram(AUDIO, sealed(bytes(160), 11)[:27])
    world.datagram(AUDIO, sealed(bytes(160), 12), (ROOM, 9_999))
    world.datagram(AUDIO, sealed(bytes(160), 13), ("10.9.9.9", PORT[AUDIO]))
    counters = world.leg.datagram_counters
    assert (counters["undecipherable"], counters["wrong_source"], counters["keepalives"]) == (1, 2, 1)
    assert world.leg.audio.counters.received == 10


def test_a_new_key_takes_the_place_of_the_former(world: World) -> None:
    enciphered(world)
    before = world.leg.sent[AUDIO]
    enciphered(world, ours=bytes(16), theirs=OUR_KEY)
    assert world.leg.sent[AUDIO] is before
    packets.send([b"sound"], timestamp=0, streams=[before], now=world.clock)
    assert packets.parse_rtp(MediaCipher(bytes(16)).open(world.ports[AUDIO].packets[-1])).payload == b"sound"
    world.datagram(AUDIO, sealed(bytes(160), 1, OUR_KEY))
    assert world.leg.audio is not None
    assert world.leg.audio.counters.received == 1


def test_from_enciphered_to_clear_and_back(world: World) -> None:
    enciphered(world)
    world.open(*BOTH)
    packets.send([b"sound"], timestamp=0, streams=[world.leg.sent[AUDIO]], now=world.clock)
    assert packets.parse_rtp(world.ports[AUDIO].packets[-1]).payload == b"sound"
    world.packet(AUDIO, bytes(160), 1)
    assert world.leg.audio is not None
    assert world.leg.audio.counters.received == 1
    enciphered(world)
    packets.send([b"sound"], timestamp=0, streams=[world.leg.sent[AUDIO]], now=world.clock)
    assert b"sound" not in world.ports[AUDIO].packets[-1]
