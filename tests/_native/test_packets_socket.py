"""The media socket: who is let in, from where answers leave, and that every drop is counted."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mcu._native import packets
from mcu._native.rtp_packet import RtpPacket
from tests.support.packets import (
    RTCP_RECEIVER_REPORT,
    STUN_BINDING,
    Endpoint,
    connect,
    endpoint,
    independent_session,
)

GCM = "AEAD_AES_128_GCM"
LOOPBACKS = pytest.mark.parametrize(
    ("family", "ip"),
    [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "127.0.0.1"), (socket.AF_INET6, "::1")],
    ids=["ipv4-only", "ipv4-mapped", "ipv6"],
)
CLONE_NEWNET = 0x40000000  # Linux; Python names it from 3.12 on
READ_AT = 1.0  # monotonic seconds, made up
SLACK = 0.0001  # seconds: the wall clock may run a little faster or slower
SO_NO_CHECK = 11  # Linux; the socket module does not name it
DTLS_RECORD = bytes([22, 254, 253]) + bytes(20)


@LOOPBACKS
def test_media_flows_both_ways(family: socket.AddressFamily, ip: str) -> None:
    with endpoint(family) as one, endpoint(family) as other:
        sending, receiving = connect(one, other, ip, profile=GCM)
        for there, back, source, target in ((sending, receiving, one, other), (receiving, sending, other, one)):
            stream = packets.SendStream(there, ssrc=5, payload_type=96, clock_rate=90_000, mid="v")
            assert packets.send([b"a" * 900, b"b" * 900, b"c"], timestamp=0, streams=[stream], now=0.0) == 3
            assert there.send_rtcp(RTCP_RECEIVER_REPORT)
            *media, rtcp = target.receive(4, now=8.5)
            assert [packet.payload for packet in media] == [b"a" * 900, b"b" * 900, b"c"]  # type: ignore[union-attr]
            assert all(packet.transport is back and 7.5 < packet.arrival <= 8.5 for packet in media)  # type: ignore[union-attr]
            assert isinstance(rtcp, packets.Rtcp)
            assert (rtcp.data, rtcp.transport) == (RTCP_RECEIVER_REPORT, back)
            assert source.media.counters["send_errors"] == source.media.counters["send_would_block"] == 0


def wait_until_stamped(there: packets.SrtpTransport, other: Endpoint) -> None:
    """The kernel begins to stamp what comes a moment after the first socket of the machine has asked for it."""
    for _ in range(5_000):
        there.send_rtcp(RTCP_RECEIVER_REPORT)
        sent = time.monotonic()
        while time.monotonic() < sent + 0.001:
            pass
        (item,) = other.receive(1, now=READ_AT)
        assert isinstance(item, packets.Rtcp)
        if item.arrival <= READ_AT - 0.001 + SLACK:
            return
    pytest.fail("the kernel does not stamp")


@LOOPBACKS
def test_packets_count_from_when_they_came(family: socket.AddressFamily, ip: str) -> None:
    with endpoint(family) as one, endpoint(family) as other:
        there, _ = connect(one, other, ip, profile=GCM)
        stream = packets.SendStream(there, ssrc=5, payload_type=96, clock_rate=90_000, mid="v")
        wait_until_stamped(there, other)
        begun = time.monotonic()
        packets.send([b"first"], timestamp=0, streams=[stream], now=0.0)
        first_left = time.monotonic()
        while time.monotonic() < first_left + 0.02:  # the kernel's clock cannot be made to run
            pass
        there.send_rtcp(RTCP_RECEIVER_REPORT)
        ended = time.monotonic()
        media, rtcp = other.receive(2)  # both in one reading
        assert isinstance(media, RtpPacket)
        assert isinstance(rtcp, packets.Rtcp)
        assert 0.02 - SLACK <= rtcp.arrival - media.arrival <= ended - begun + SLACK


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_the_answer_leaves_from_the_address_that_was_asked(family: socket.AddressFamily) -> None:
    with endpoint(family) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(5)
        for asked in ("127.0.0.1", "127.0.0.2", "127.3.2.1"):
            client.sendto(STUN_BINDING, (asked, server.port))
            (datagram,) = server.receive(1)
            assert isinstance(datagram, packets.Datagram)
            assert (datagram.path.local_ip, datagram.path.port) == (asked, client.getsockname()[1])
            assert server.media.send(b"answer", datagram.path)
            assert client.recvfrom(100) == (b"answer", (asked, server.port))

            transport = packets.SrtpTransport("", b"", b"")
            transport.select(server.media, datagram.path)
            stream = packets.SendStream(transport, ssrc=5, payload_type=0, clock_rate=8000)
            assert packets.send([b"x" * 99] * 3, timestamp=0, streams=[stream], now=0.0) == 3
            assert [client.recvfrom(200)[1] for _ in range(3)] == [(asked, server.port)] * 3


def test_only_stun_comes_in_from_an_unvalidated_address() -> None:
    with endpoint() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        for data in (DTLS_RECORD, b"\x80\x60" + bytes(40), RTCP_RECEIVER_REPORT, STUN_BINDING):
            client.send(data)
        (datagram,) = server.receive(1)
        assert isinstance(datagram, packets.Datagram)
        assert datagram.data == STUN_BINDING
        assert server.drain() == []
        assert server.media.counters["dropped_unvalidated"] == 3


def test_a_validated_path_without_keys_passes_dtls_only() -> None:
    with endpoint() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        path = packets.Path("127.0.0.1", client.getsockname()[1], "127.0.0.1")
        server.media.bind(path, None)
        for data in (b"\x80\x60" + bytes(40), RTCP_RECEIVER_REPORT, DTLS_RECORD):
            client.send(data)
        (datagram,) = server.receive(1)
        assert isinstance(datagram, packets.Datagram)
        assert (datagram.data, datagram.path) == (DTLS_RECORD, path)
        assert server.media.counters["dropped_unkeyed"] == 2
        server.media.unbind(path)
        client.send(DTLS_RECORD)
        assert server.drain() == []


def test_every_drop_is_counted_by_its_reason() -> None:
    with endpoint() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        transport = packets.SrtpTransport(GCM, bytes(28), bytes(28))
        server.media.bind(packets.Path("127.0.0.1", client.getsockname()[1], "127.0.0.1"), transport)
        stranger = independent_session(GCM, seed=9, inbound=False)
        rtp = packets.build_rtp(b"x", payload_type=1, sequence_number=1, timestamp=1, ssrc=1)
        reasons = {
            "oversized": bytes(packets.MAX_DATAGRAM + 1),
            "malformed": b"\x9f\x60" + bytes(12),
            "dropped_unknown": b"GET / HTTP/1.1",
            "srtp_failures": stranger.protect(rtp),
        }
        for data in reasons.values():
            client.send(data)
        for data in (b"", b"\0", STUN_BINDING[:-1], STUN_BINDING + b"\0", b"\0\1\0\0\x21\x12\xa4\x43" + bytes(12)):
            client.send(data)
        assert server.drain() == []
        counters = server.media.counters
        assert {reason: counters[reason] for reason in reasons} == dict.fromkeys(reasons, 1) | {"malformed": 6}
        assert counters["received"] == 9


def test_a_batch_is_bounded_and_nothing_is_left_behind() -> None:
    with endpoint() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        for _ in range(150):
            client.send(STUN_BINDING)
        sizes = [len(server.media.receive(0.0)) for _ in range(4)]
        assert sizes == [packets.BATCH, packets.BATCH, 150 - 2 * packets.BATCH, 0]


def test_what_is_dropped_does_not_look_like_the_end_of_what_waits() -> None:
    with endpoint() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        for data in [b"GET / HTTP/1.1"] * packets.BATCH + [STUN_BINDING]:
            client.send(data)
        assert server.media.receive(0.0) == []
        assert not server.media.drained
        assert len(server.media.receive(0.0)) == 1
        assert server.media.drained


def test_a_refused_datagram_is_counted_and_the_others_go_on() -> None:
    with endpoint(socket.AF_INET) as one, endpoint(socket.AF_INET) as other:
        transport, _ = connect(one, other, "127.0.0.1", profile=GCM)
        nowhere = packets.SrtpTransport(GCM, bytes(28), bytes(28))
        nowhere.select(one.media, packets.Path("255.255.255.255", 9))  # EACCES without SO_BROADCAST
        streams = [
            packets.SendStream(owner, ssrc=number + 1, payload_type=96, clock_rate=90_000)
            for number, owner in enumerate((transport, nowhere, transport))
        ]
        assert packets.send([b"x" * 500] * 4, timestamp=0, streams=streams, now=0.0) == 8
        assert len(other.receive(8)) == 8
        assert (one.media.counters["send_errors"], nowhere.counters["send_failures"]) == (4, 4)
        assert not one.media.send(b"x", packets.Path("255.255.255.255", 9))
        assert not nowhere.send_rtcp(RTCP_RECEIVER_REPORT)


def test_a_socket_is_what_it_takes() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, pytest.raises(ValueError, match="not a UDP"):
        packets.MediaSocket(tcp.fileno())
    with pytest.raises(ValueError, match="not a UDP"):
        packets.MediaSocket(-1)


def test_an_ipv4_socket_refuses_ipv6_paths() -> None:
    with endpoint(socket.AF_INET) as one:
        for path in (packets.Path("::1", 9), packets.Path("127.0.0.1", 9, "::1")):
            assert not one.media.send(b"x", path)
            with pytest.raises(ValueError, match="over IPv4"):
                packets.SrtpTransport("", b"", b"").select(one.media, path)
        assert one.media.counters["send_errors"] == 2


def test_what_the_kernel_drops_for_want_of_room_is_known() -> None:
    with endpoint() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        for _ in range(100):
            client.send(STUN_BINDING)
        kept = len(server.drain())
        client.send(STUN_BINDING)
        server.receive(1)
        assert kept + server.media.counters["overflowed"] == 100
        assert kept < 100


@pytest.mark.parametrize("profile", [GCM, ""])
def test_packets_go_singly_where_the_kernel_refuses_segmentation(profile: str) -> None:
    with endpoint(socket.AF_INET) as one, endpoint(socket.AF_INET) as other:
        sending, _ = connect(one, other, "127.0.0.1", profile=profile)
        one.udp.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)  # without checksums it does
        stream = packets.SendStream(sending, ssrc=5, payload_type=96, clock_rate=90_000)
        payloads = [bytes([index]) * 600 for index in range(7)]
        assert packets.send(payloads, timestamp=0, streams=[stream], now=0.0) == 7
        assert [packet.payload for packet in other.receive(7)] == payloads  # type: ignore[union-attr]
        assert one.media.counters["segmented"] == 0


@pytest.mark.network
@pytest.mark.skipif(os.geteuid() != 0, reason="makes a network namespace")
def test_packets_that_find_no_room_are_dropped_and_counted() -> None:
    """On a line of 64 kbit/s the socket's buffer fills; the call returns at once and counts what it could not send."""
    with ThreadPoolExecutor(1) as slow_place:  # the thread moves into a namespace of its own, and ends with it
        sent, counters, failures = slow_place.submit(send_over_a_slow_line).result()
    assert 0 < sent < 600
    assert counters["send_errors"] == 0
    assert sent + counters["send_would_block"] == 600
    assert failures == 600 - sent


def send_over_a_slow_line() -> tuple[int, dict[str, int], int]:
    ctypes.CDLL(None).unshare(CLONE_NEWNET)
    for command in ("ip link set lo up", "tc qdisc add dev lo root tbf rate 64kbit burst 4kb limit 100mb"):
        subprocess.run(command.split(), check=True)
    with endpoint(socket.AF_INET) as one:
        transports = []
        for last in range(1, 4):
            transports.append(packets.SrtpTransport(GCM, bytes(28), bytes(28)))
            transports[-1].select(one.media, packets.Path(f"127.0.0.{last}", 9))
        one.udp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000)
        streams = [packets.SendStream(owner, ssrc=5, payload_type=96, clock_rate=90_000) for owner in transports]
        sent = sum(
            packets.send([bytes(size)] * 20, timestamp=0, streams=streams, now=0.0) for size in range(1000, 1010)
        )
        return sent, one.media.counters, sum(owner.counters["send_failures"] for owner in transports)
