"""SRTP in both directions against pylibsrtp, which brings another build of the library on another crypto backend."""

from __future__ import annotations

import random

import pytest

from mcu._native import packets
from mcu._native.rtp_packet import RtpPacket
from tests.support.packets import (
    EXTENSIONS,
    PYLIBSRTP_PROFILES,
    RTCP_RECEIVER_REPORT,
    independent_session,
    key,
    transports,
)

PROFILES = list(packets.PROFILES)
OVERHEAD = {"AEAD_AES_128_GCM": 16, "AEAD_AES_256_GCM": 16, "AES_CM_128_HMAC_SHA1_80": 10}  # bytes of tag


def rtp(sequence_number: int, ssrc: int = 5555, payload: bytes = b"payload") -> bytes:
    return packets.build_rtp(payload, payload_type=96, sequence_number=sequence_number & 0xFFFF, timestamp=1, ssrc=ssrc)


def test_the_profiles_are_those_of_the_independent_implementation() -> None:
    assert set(PROFILES) == set(PYLIBSRTP_PROFILES) == set(packets.KEY_SIZES)


@pytest.mark.parametrize("profile", PROFILES)
def test_packets_of_another_implementation_are_understood(profile: str) -> None:
    transport, _ = transports(profile)  # receives with key 1
    session = independent_session(profile, seed=1, inbound=False)
    protected = session.protect(rtp(7))
    packet = transport.receive_datagram(protected, 2.0)
    assert isinstance(packet, RtpPacket)
    assert (packet.payload, packet.sequence_number, packet.ssrc) == (b"payload", 7, 5555)
    assert (packet.size, packet.transport, packet.arrival) == (len(protected), transport, 2.0)

    rtcp = transport.receive_datagram(session.protect_rtcp(RTCP_RECEIVER_REPORT), 3.0)
    assert isinstance(rtcp, packets.Rtcp)
    assert (rtcp.data, rtcp.transport, rtcp.arrival) == (RTCP_RECEIVER_REPORT, transport, 3.0)


@pytest.mark.parametrize("profile", PROFILES)
def test_another_implementation_understands_our_packets(profile: str) -> None:
    transport, _ = transports(profile)  # sends with key 2
    session = independent_session(profile, seed=2, inbound=True)
    written: list[bytes] = []
    transport.select_stream(lambda packet: not written.append(packet))
    stream = packets.SendStream(transport, ssrc=9, payload_type=96, clock_rate=90_000, mid="v")
    assert packets.send([b"one", b"two" * 300], timestamp=5, streams=[stream], now=1.5) == 2
    assert transport.send_rtcp(RTCP_RECEIVER_REPORT)

    read = [packets.parse_rtp(session.unprotect(packet), EXTENSIONS) for packet in written[:2]]
    assert [packet.payload for packet in read] == [b"one", b"two" * 300]
    assert [packet.marker for packet in read] == [False, True]
    assert [packet.transport_sequence for packet in read] == [0, 1]
    assert session.unprotect_rtcp(written[2]) == RTCP_RECEIVER_REPORT
    assert len(written[0]) == len(read[0].payload) + 12 + 4 + 12 + OVERHEAD[profile]


@pytest.mark.parametrize("profile", PROFILES)
def test_both_sides_count_rollovers_of_the_sequence_number(profile: str) -> None:
    transport, _ = transports(profile)
    theirs = independent_session(profile, seed=1, inbound=False)
    ours = independent_session(profile, seed=2, inbound=True)
    written: list[bytes] = []
    transport.select_stream(lambda packet: not written.append(packet))
    stream = packets.SendStream(transport, ssrc=9, payload_type=96, clock_rate=90_000)
    for number in range(0, 3 * 65_536, 64):  # well within the replay window, three times round
        assert transport.receive_datagram(theirs.protect(rtp(number)), 0.0) is not None
    for _ in range(150_000):
        packets.send([b"x"], timestamp=0, streams=[stream], now=0.0)
        ours.unprotect(written.pop())
    assert transport.counters["srtp_failures"] == 0


@pytest.mark.parametrize("profile", PROFILES)
def test_a_replayed_packet_is_dropped_and_counted(profile: str) -> None:
    transport, _ = transports(profile)
    session = independent_session(profile, seed=1, inbound=False)
    sent = [session.protect(rtp(number)) for number in range(2000)]
    for packet in (sent[0], sent[5], sent[3], sent[1999]):
        assert transport.receive_datagram(packet, 0.0) is not None
    for packet in (sent[3], sent[5], sent[1999], sent[100]):  # the last is older than the window
        assert transport.receive_datagram(packet, 0.0) is None
    report = session.protect_rtcp(RTCP_RECEIVER_REPORT)
    assert transport.receive_datagram(report, 0.0) is not None
    assert transport.receive_datagram(report, 0.0) is None
    assert (transport.counters["replayed"], transport.counters["received"]) == (5, 5)


@pytest.mark.parametrize("profile", PROFILES)
def test_packets_that_overtake_each_other_are_taken_once_each(profile: str) -> None:
    transport, _ = transports(profile)
    session = independent_session(profile, seed=1, inbound=False)
    sent = [session.protect(rtp(number)) for number in range(65_000, 67_500)]  # over a rollover
    reports = [session.protect_rtcp(RTCP_RECEIVER_REPORT) for _ in range(100)]
    order = sorted(range(len(sent)), key=lambda number: number + random.Random(number).uniform(0, 900))
    for place in order:
        assert transport.receive_datagram(sent[place], 0.0) is not None
        assert transport.receive_datagram(sent[place], 0.0) is None
    for report in reversed(reports):
        assert transport.receive_datagram(report, 0.0) is not None
        assert transport.receive_datagram(report, 0.0) is None
    assert transport.counters["replayed"] == len(sent) + len(reports)
    assert transport.counters["srtp_failures"] == 0


@pytest.mark.parametrize("profile", PROFILES)
def test_a_forged_report_is_dropped_wherever_it_was_touched(profile: str) -> None:
    """The last words say whether it is encrypted, and which one it is."""
    transport, _ = transports(profile)
    protected = independent_session(profile, seed=1, inbound=False).protect_rtcp(RTCP_RECEIVER_REPORT)
    for place in range(2, len(protected)):
        for bit in (0x01, 0x80):
            forged = bytearray(protected)
            forged[place] ^= bit
            assert transport.receive_datagram(bytes(forged), 0.0) is None
    for size in range(8, len(protected)):
        assert transport.receive_datagram(protected[:size], 0.0) is None
    assert transport.counters["received"] == 0
    assert transport.receive_datagram(protected, 0.0) is not None, "the real one still passes"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_repeated_packet_is_the_same_bytes_for_the_receiver(profile: str) -> None:
    """Without RTX a repair is sent under its old index, also after a rollover."""
    transport, _ = transports(profile)
    ours = independent_session(profile, seed=2, inbound=True)
    written: list[bytes] = []
    transport.select_stream(lambda packet: not written.append(packet))
    stream = packets.SendStream(transport, ssrc=9, payload_type=96, clock_rate=90_000, history=64)
    for number in range(70_000):
        packets.send([number.to_bytes(4, "big")], timestamp=0, streams=[stream], now=number * 0.02)
        before = stream.sequence_number
        if before in {0, 10, 40}:  # each rollover, and a little after
            lost = written.pop()
            assert stream.resend([(before - 1) & 0xFFFF], number * 0.02 + 0.01) == 1
            assert written == [lost]
        ours.unprotect(written.pop())


@pytest.mark.parametrize("profile", PROFILES)
def test_a_forged_packet_is_dropped_wherever_it_was_touched(profile: str) -> None:
    transport, _ = transports(profile)
    protected = independent_session(profile, seed=1, inbound=False).protect(rtp(1, payload=bytes(20)))
    for place in range(2, len(protected)):
        forged = bytearray(protected)
        forged[place] ^= 1
        assert transport.receive_datagram(bytes(forged), 0.0) is None
    assert transport.counters["srtp_failures"] == len(protected) - 2
    assert transport.receive_datagram(protected, 0.0) is not None, "the real one still passes"


def test_senders_without_the_key_cannot_fill_the_table_of_ssrcs() -> None:
    transport, _ = transports("AEAD_AES_128_GCM")
    stranger = independent_session("AEAD_AES_128_GCM", seed=99, inbound=False)
    for ssrc in range(1000):
        assert transport.receive_datagram(stranger.protect(rtp(1, ssrc)), 0.0) is None
    friend = independent_session("AEAD_AES_128_GCM", seed=1, inbound=False)
    assert transport.receive_datagram(friend.protect(rtp(1)), 0.0) is not None


def test_a_peer_cannot_make_more_than_64_ssrcs() -> None:
    transport, _ = transports("AEAD_AES_128_GCM")
    session = independent_session("AEAD_AES_128_GCM", seed=1, inbound=False)
    passed = [transport.receive_datagram(session.protect(rtp(1, ssrc)), 0.0) for ssrc in range(100)]
    assert [packet is not None for packet in passed] == [True] * 64 + [False] * 36
    assert transport.counters["too_many_ssrcs"] == 36
    assert transport.receive_datagram(session.protect(rtp(2, 63)), 0.0) is not None


def test_plain_rtp_needs_no_keys() -> None:
    transport = packets.SrtpTransport("", b"", b"")
    written: list[bytes] = []
    transport.select_stream(lambda packet: not written.append(packet))
    stream = packets.SendStream(transport, ssrc=9, payload_type=0, clock_rate=8000)
    packets.send([b"speech"], timestamp=0, streams=[stream], now=0.0)
    assert packets.parse_rtp(written[0]).payload == b"speech"
    packet = transport.receive_datagram(written[0], 0.0)
    assert isinstance(packet, RtpPacket)
    assert transport.receive_datagram(RTCP_RECEIVER_REPORT, 0.0) is not None


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x80\x60", bytes(5000), rtp(1)[:11], b"\x9f\x60" + bytes(30)])
def test_malformed_packets_are_counted(data: bytes) -> None:
    for transport in (transports("AEAD_AES_128_GCM")[0], packets.SrtpTransport("", b"", b"")):
        assert transport.receive_datagram(data, 0.0) is None
        assert transport.counters["malformed"] == 1


def test_wrong_keys_and_profiles_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown SRTP profile"):
        packets.SrtpTransport("NULL", b"", b"")
    for profile in PROFILES:
        with pytest.raises(ValueError, match="keys of"):
            packets.SrtpTransport(profile, key(1, profile), key(2, profile)[:-1])
    with pytest.raises(ValueError, match="extension id"):
        transports("AEAD_AES_128_GCM")[0].set_extensions({packets.MID: 256}, {})
