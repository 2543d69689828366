"""Fan-out and repair: one set of payloads for many receivers, and again for those who lost some."""

from __future__ import annotations

import gc
import random
import weakref
from array import array

import pytest

from mcu._native import packets
from mcu._native.rtp_packet import RtpPacket
from tests.support.packets import (
    EXTENSIONS,
    RTCP_RECEIVER_REPORT,
    connect,
    endpoint,
    independent_session,
    transports,
)

GCM = "AEAD_AES_128_GCM"


class Wire:
    """The far end of a byte-stream transport: keeps what is written and can read it."""

    def __init__(self, profile: str = GCM) -> None:
        self.transport, _ = transports(profile)
        self.session = independent_session(profile, seed=2, inbound=True)
        self.written: list[bytes] = []
        self.takes = True
        self.transport.select_stream(self.write)

    def write(self, packet: bytes) -> bool:
        if self.takes:
            self.written.append(packet)
        return self.takes

    def read(self) -> list[RtpPacket]:
        read = [packets.parse_rtp(self.session.unprotect(packet), EXTENSIONS) for packet in self.written]
        self.written.clear()
        return read

    def stream(self, **more: int | str) -> packets.SendStream:
        return packets.SendStream(self.transport, **{"ssrc": 5, "payload_type": 96, "clock_rate": 90_000, **more})  # type: ignore[arg-type]


def test_each_stream_has_its_own_numbers() -> None:
    wire = Wire()
    one, other = wire.stream(mid="a"), wire.stream(ssrc=6, payload_type=97, mid="b")
    first = one.sequence_number, other.sequence_number
    assert packets.send([b"x", b"y"], timestamp=1000, streams=[one, other], now=100.25) == 4
    read = wire.read()
    assert [(packet.ssrc, packet.payload_type, packet.mid) for packet in read] == [(5, 96, "a")] * 2 + [
        (6, 97, "b")
    ] * 2
    assert [packet.sequence_number for packet in read] == [first[0], first[0] + 1, first[1], first[1] + 1]
    assert [packet.marker for packet in read] == [False, True] * 2
    assert [packet.transport_sequence for packet in read] == [0, 1, 2, 3]
    assert {packet.absolute_send_time for packet in read} == {int(100.25 % 64 * 2**18)}
    assert [packet.timestamp for packet in read[1:3]] == [
        (1000 + stream.timestamp_offset) % 2**32 for stream in (one, other)
    ]
    assert (one.packets, one.octets, one.last_sent) == (2, 2, 100.25)
    assert one.last_timestamp == read[0].timestamp
    assert wire.transport.transport_sequence == 4


def test_audio_says_its_level_and_whether_it_is_speech() -> None:
    wire = Wire()
    stream = wire.stream(history=0)
    packets.send([b"a"], timestamp=0, streams=[stream], now=0.0, audio_level=30, voice=True)
    packets.send([b"a"], timestamp=960, streams=[stream], now=0.0, audio_level=127, marker_last=False)
    packets.send([b"a"], timestamp=1920, streams=[stream], now=0.0)
    read = wire.read()
    assert [(packet.audio_level, packet.voice, packet.marker) for packet in read] == [
        (30, True, True),
        (127, False, False),
        (-1, False, True),
    ]


def test_sequence_numbers_and_timestamps_start_at_random() -> None:
    wire = Wire()
    streams = [wire.stream(ssrc=number) for number in range(50)]
    assert len({stream.sequence_number for stream in streams}) > 40
    assert len({stream.timestamp_offset for stream in streams}) > 40
    assert all(stream.sequence_number < 2**15 for stream in streams)


def test_an_ssrc_is_sent_with_once_under_the_same_keys() -> None:
    """A second stream would begin somewhere among the numbers of the first, and use its nonces again."""
    wire = Wire()
    wire.stream(ssrc=7, rtx_ssrc=8)
    for again in ({"ssrc": 7}, {"ssrc": 8}, {"ssrc": 9, "rtx_ssrc": 7}):
        with pytest.raises(ValueError, match="sent under these keys"):
            wire.stream(**again)
    plain = packets.SrtpTransport("", b"", b"")
    for _ in range(2):
        packets.SendStream(plain, ssrc=7, payload_type=0, clock_rate=8_000)


def test_a_lost_packet_is_repeated_on_the_rtx_stream() -> None:
    wire = Wire()
    stream = wire.stream(mid="v", rtx_ssrc=55, rtx_payload_type=98)
    packets.send([b"lost", b"found"], timestamp=7, streams=[stream], now=0.0)
    lost, _ = wire.read()
    assert stream.resend([lost.sequence_number], 0.1) == 1
    (repair,) = wire.read()
    assert (repair.ssrc, repair.payload_type, repair.mid) == (55, 98, "v")
    assert repair.payload == lost.sequence_number.to_bytes(2, "big") + b"lost"
    assert (repair.timestamp, repair.marker, repair.transport_sequence) == (lost.timestamp, False, 2)
    assert (stream.packets, stream.resent, stream.rtx_octets) == (2, 1, 6)


@pytest.mark.parametrize("profile", packets.PROFILES)
def test_without_rtx_the_same_bytes_go_again(profile: str) -> None:
    wire = Wire(profile)
    stream = wire.stream(mid="v")
    packets.send([b"lost"], timestamp=7, streams=[stream], now=0.0)
    packets.send([b"next"], timestamp=9, streams=[stream], now=0.02)
    first = list(wire.written)
    assert stream.resend([stream.sequence_number - 2], 0.1) == 1
    assert wire.written[2] == first[0]


@pytest.mark.parametrize("rtx_ssrc", [0, 55])
def test_repairs_reach_back_over_a_rollover_of_the_sequence_number(rtx_ssrc: int) -> None:
    wire = Wire()
    stream = wire.stream(rtx_ssrc=rtx_ssrc)
    while stream.sequence_number != 10:
        lost = stream.sequence_number in (65_530, 5)
        packets.send([b"abc"], timestamp=0, streams=[stream], now=0.0)
        if lost:
            wire.written.clear()
        wire.read()
    assert stream.resend([65_530, 5], 1.0) == 2
    repairs = wire.read()
    if rtx_ssrc:
        assert [repair.payload for repair in repairs] == [b"\xff\xfaabc", b"\x00\x05abc"]
    else:
        assert [repair.sequence_number for repair in repairs] == [65_530, 5]


def test_repairs_are_bounded() -> None:
    wire = Wire()
    stream = wire.stream(rtx_ssrc=55, history=8)
    start = stream.sequence_number
    packets.send([b"x" * 100] * 20, timestamp=0, streams=[stream], now=0.0)
    assert stream.resend([start, start + 11, start + 20], 1.0) == 0, "too old, too old, not sent yet"
    everything = range(start + 12, start + 20)
    assert stream.resend(everything, 1.0) == 8
    assert stream.resend(everything, 1.019) == 0, "a second request while the repair is under way"
    assert stream.resend(everything, 1.021) == 8
    assert stream.resend(everything, 1.042) == 4, "no more than was sent in the first place"
    assert wire.transport.counters["repeats_refused"] == 3 + 8 + 4
    packets.send([b"x" * 100], timestamp=0, streams=[stream], now=2.0)
    assert stream.resend(everything, 3.0) == 1


def test_a_flood_of_requests_sends_no_more_than_the_history() -> None:
    wire = Wire()
    stream = wire.stream(rtx_ssrc=55)
    for _ in range(400):
        packets.send([b"x" * 1000] * 2, timestamp=0, streams=[stream], now=0.0)
    assert stream.resend(list(range(65_536)), 1.0) == 131


def test_histories_share_payloads_until_the_last_forgets() -> None:
    wire = Wire()
    streams = [wire.stream(ssrc=number, rtx_ssrc=100 + number, history=4) for number in range(1, 30)]
    choose = random.Random(1)
    for step in range(400):
        payload = bytes([step % 256]) * 50
        packets.send([payload], timestamp=0, streams=choose.sample(streams, 7), now=float(step))
    assert (
        sum(stream.resend(range(stream.sequence_number - 4, stream.sequence_number), 1e6) for stream in streams) == 116
    )


def test_what_cannot_leave_is_counted() -> None:
    wire = Wire()
    stream = wire.stream()
    wire.takes = False
    assert packets.send([b"x", b"y"], timestamp=0, streams=[stream], now=0.0) == 0
    assert not wire.transport.send_rtcp(RTCP_RECEIVER_REPORT)
    assert wire.transport.counters["send_failures"] == 3
    wire.transport.deselect()
    before = stream.sequence_number
    assert packets.send([b"x", b"y"], timestamp=0, streams=[stream], now=0.0) == 0
    assert stream.resend([before - 1], 1.0) == 0
    assert not wire.transport.send_rtcp(RTCP_RECEIVER_REPORT)
    assert (wire.transport.counters["sent_nowhere"], stream.sequence_number) == (4, before)


def test_a_stream_may_be_deselected_while_it_is_written_to() -> None:
    wire = Wire()
    stream = wire.stream()
    wire.transport.select_stream(lambda _: bool(wire.transport.deselect()))
    assert packets.send([b"x"] * 3, timestamp=0, streams=[stream], now=0.0) == 0
    assert wire.transport.counters["send_failures"] == 3


def test_sent_packets_are_on_record_by_their_transport_wide_number() -> None:
    wire = Wire()
    stream = wire.stream(history=0)
    for number in range(3000):
        packets.send([b"x" * 10], timestamp=0, streams=[stream], now=float(number))
    size = len(wire.written[0])
    into = array("d", [-1.0]) * 12
    wire.transport.sent_records(2998, 3, into)
    assert list(into[:7]) == [2998, 2998.0, size, -1.0, 2999, 2999.0, size]
    assert into[8] == 3000
    assert into[10] == 0  # not sent yet
    wire.transport.sent_records(951, 2, into)
    assert into[2] == 0  # too long ago
    assert list(into[4:7]) == [952, 952.0, size]
    wire.transport.sent_records(0xFFFF, 2, into)
    assert (into[0], into[4]) == (0xFFFF, 0)
    packets.SrtpTransport("", b"", b"").sent_records(952, 1, into)
    assert into[2] == 0


def test_records_are_not_written_where_there_is_no_room() -> None:
    transport = packets.SrtpTransport("", b"", b"")
    with pytest.raises(ValueError, match="no room"):
        transport.sent_records(0, 2, array("d", [0.0]) * 7)
    with pytest.raises(ValueError, match="no room"):
        transport.sent_records(0, 1, array("q", [0]) * 4)


def test_thirty_receivers_get_the_same_frame_in_few_system_calls() -> None:
    with endpoint() as server, endpoint() as client:
        streams = []
        for number in range(30):
            transport = packets.SrtpTransport("", b"", b"")
            transport.select(server.media, packets.Path("127.0.0.1", client.port))
            streams.append(packets.SendStream(transport, ssrc=number, payload_type=96, clock_rate=90_000))
        receiving = packets.SrtpTransport("", b"", b"")
        server.media.send(bytes.fromhex("000100002112a442") + bytes(12), packets.Path("127.0.0.1", client.port))
        (datagram,) = client.receive(1)
        assert isinstance(datagram, packets.Datagram)
        client.media.bind(datagram.path, receiving)
        frame = [b"f" * 1100] * 4 + [b"f" * 99]
        before = server.media.counters["send_calls"]
        assert packets.send(frame, timestamp=0, streams=streams, now=0.0) == 150
        received = client.receive(150)
        assert server.media.counters["send_calls"] - before == 3
        by_ssrc: dict[int, list[bytes]] = {}
        for packet in received:
            assert isinstance(packet, RtpPacket)
            by_ssrc.setdefault(packet.ssrc, []).append(packet.payload)
        assert by_ssrc == dict.fromkeys(range(30), frame)


def test_payloads_of_several_streams_leave_in_one_system_call() -> None:
    wire = Wire()
    with endpoint() as server, endpoint() as client:
        sending, _ = connect(server, client, "::1", profile=GCM)
        streams = [packets.SendStream(sending, ssrc=n, payload_type=111, clock_rate=48_000) for n in range(5)]
        over_tcp = wire.stream(ssrc=9)
        before = server.media.counters["send_calls"]
        sendings = [(b"common", 960, [*streams[2:], over_tcp]), (b"one", 160, streams[:1]), (b"none", 960, [])]
        assert packets.send_each([*sendings, (b"two", 960, streams[1:2])], now=7.5) == 6
        received = client.receive(5)
        assert server.media.counters["send_calls"] - before == 1
        found = {packet.ssrc: packet for packet in [*received, *wire.read()] if isinstance(packet, RtpPacket)}
    assert [found[n].payload for n in (0, 1, 2, 3, 4, 9)] == [b"one", b"two", *[b"common"] * 4]
    for stream, timestamp in zip([*streams, over_tcp], (160, 960, 960, 960, 960, 960), strict=True):
        assert found[stream.ssrc].timestamp == (timestamp + stream.timestamp_offset) % 2**32
        assert (found[stream.ssrc].marker, stream.last_sent) == (False, 7.5)
    assert over_tcp.resend([found[9].sequence_number], 8.0) == 1, "it is in the history"


def test_nothing_is_sent_of_several_when_one_of_them_is_wrong() -> None:
    wire = Wire()
    stream = wire.stream()
    for wrong in ((b"", 0, [stream]), (bytes(1401), 0, [stream]), ("text", 0, [stream]), (b"x", 0, [wire])):
        with pytest.raises((ValueError, TypeError)):
            packets.send_each([(b"right", 0, [stream]), wrong], now=0.0)  # type: ignore[list-item]
    assert packets.send_each([], now=0.0) == packets.send_each([(b"x", 0, [])], now=0.0) == stream.packets == 0
    assert packets.send_each([(b"x", 0, [stream])], now=0.0) == 1, "nothing of this stays behind"


@pytest.mark.parametrize("sizes", [[700, 700, 700, 20], [700, 20, 700], [20, 700, 700], [1] * 100, [1400] * 70])
def test_payloads_of_any_sizes_arrive_in_order(sizes: list[int]) -> None:
    with endpoint() as one, endpoint() as other:
        sending, _ = connect(one, other, "::1", profile=GCM)
        stream = packets.SendStream(sending, ssrc=5, payload_type=96, clock_rate=90_000)
        payloads = [bytes([index]) * size for index, size in enumerate(sizes)]
        assert packets.send(payloads, timestamp=0, streams=[stream], now=0.0) == len(sizes)
        assert [packet.payload for packet in other.receive(len(sizes))] == payloads  # type: ignore[union-attr]


def test_arguments_out_of_range_are_refused() -> None:
    wire = Wire()
    stream = wire.stream()
    for payloads in ([b""], [bytes(1401)], ["text"]):
        with pytest.raises((ValueError, TypeError)):
            packets.send(payloads, timestamp=0, streams=[stream], now=0.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        packets.send([b"x"], timestamp=0, streams=[wire], now=0.0)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="audio_level"):
        packets.send([b"x"], timestamp=0, streams=[stream], now=0.0, audio_level=128)
    for wrong in ({"ssrc": -1}, {"payload_type": 128}, {"clock_rate": 0}, {"history": 1025}, {"mid": "m" * 17}):
        with pytest.raises(ValueError, match=r"not within"):
            wire.stream(**wrong)  # type: ignore[arg-type]
    assert packets.send([], timestamp=0, streams=[stream], now=0.0) == 0
    assert packets.send([b"x"], timestamp=0, streams=[stream], now=0.0) == 1, "nothing of this stays behind"


def test_a_leg_that_is_let_go_takes_its_transport_with_it() -> None:
    class Leg:
        transport: packets.SrtpTransport
        stream: packets.SendStream

    with endpoint() as server:
        leg = Leg()
        leg.transport, _ = transports(GCM)
        leg.stream = packets.SendStream(leg.transport, ssrc=5, payload_type=96, clock_rate=90_000)
        leg.transport.owner = leg
        path = packets.Path("127.0.0.1", 9)
        leg.transport.select(server.media, path)
        server.media.bind(path, leg.transport)
        gone = weakref.ref(leg)
        server.media.unbind(path)
        del leg
        gc.collect()
        assert gone() is None
