"""Microseconds of CPU per packet over loopback, kernel and SRTP included: `python tests/benchmarks/packets.py`.

Thirty receivers with a socket and keys each. The last lines are the same work with a Python library per
step: aiortc's RTP classes, pylibsrtp, one system call per packet.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap
from aiortc.rtp import RtpPacket as LibraryPacket

from mcu._native import packets
from tests.support.packets import Endpoint, connect, endpoint, independent_session

RECEIVERS = 30
GCM, SHA1 = "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"
FRAME = [bytes(1100)] * 5  # a delta frame of 1.2 Mbit/s at 25 fps
UNEQUAL = [bytes(1100 + index) for index in range(5)]  # ever longer: no two can be segments of one message
SPEECH = [bytes(80)]
CAMERA = [bytes(700)]  # a delta frame of 320x180


class Party:
    """The server and RECEIVERS clients, all connected."""

    def __init__(self, resources: contextlib.ExitStack, profile: str) -> None:
        self.server = resources.enter_context(endpoint(socket.AF_INET6))
        self.clients: list[Endpoint] = []
        self.to_clients: list[packets.SendStream] = []
        self.to_server: list[packets.SendStream] = []
        for number in range(RECEIVERS):
            client = resources.enter_context(endpoint(socket.AF_INET6))
            ours, theirs = connect(client, self.server, "127.0.0.1", profile=profile)
            parameters = {"payload_type": 96, "clock_rate": 90_000, "rtx_ssrc": 500 + number, "rtx_payload_type": 97}
            self.clients.append(client)
            self.to_server.append(packets.SendStream(ours, ssrc=number + 1, mid="v", **parameters))
            self.to_clients.append(packets.SendStream(theirs, ssrc=number + 101, mid="v", **parameters))

    def drain(self) -> None:
        for client in self.clients:
            client.drain()


def fan_out(party: Party, payloads: list[bytes]) -> Iterator[tuple[float, int]]:
    while True:
        start = time.process_time()
        sent = packets.send(payloads, timestamp=0, streams=party.to_clients, now=1.0)
        taken = time.process_time() - start
        party.drain()
        yield taken, sent


def one_by_one(party: Party, payloads: list[bytes]) -> Iterator[tuple[float, int]]:
    while True:
        start = time.process_time()
        sent = sum(packets.send(payloads, timestamp=0, streams=[stream], now=1.0) for stream in party.to_clients)
        taken = time.process_time() - start
        party.drain()
        yield taken, sent


def receive(party: Party, payloads: list[bytes]) -> Iterator[tuple[float, int]]:
    while True:
        for stream in party.to_server:
            packets.send(payloads, timestamp=0, streams=[stream], now=1.0)
        start = time.process_time()
        received = party.server.media.receive(1.0)
        yield time.process_time() - start, len(received)
        party.server.drain()


def receive_singly(party: Party, payloads: list[bytes]) -> Iterator[tuple[float, int]]:
    """Each packet finds the server waiting: a system call for every one."""
    while True:
        taken, received = 0.0, 0
        for stream in party.to_server:
            packets.send(payloads, timestamp=0, streams=[stream], now=1.0)
            start = time.process_time()
            received += len(party.server.media.receive(1.0))
            taken += time.process_time() - start
        yield taken, received


def library_send(party: Party, payloads: list[bytes]) -> Iterator[tuple[float, int]]:
    sessions = [independent_session(GCM, seed=1, inbound=False) for _ in range(RECEIVERS)]
    sequence = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        while True:
            start = time.process_time()
            for session, client in zip(sessions, party.clients, strict=True):
                for index, payload in enumerate(payloads):
                    packet = LibraryPacket(payload_type=96, sequence_number=(sequence + index) % 65_536, ssrc=1)
                    packet.payload = payload
                    packet.extensions.mid = "v"
                    data = packet.serialize(LIBRARY_EXTENSIONS)
                    udp.sendto(session.protect(data), ("127.0.0.1", client.port))
            taken = time.process_time() - start
            sequence += len(payloads)
            party.drain()
            yield taken, RECEIVERS * len(payloads)


def library_receive(party: Party, payloads: list[bytes]) -> Iterator[tuple[float, int]]:
    session = independent_session(GCM, seed=2, inbound=True)  # what every client sends with
    while True:
        for stream in party.to_server:
            packets.send(payloads, timestamp=0, streams=[stream], now=1.0)
        received = 0
        start = time.process_time()
        with contextlib.suppress(BlockingIOError):
            while True:
                data, _ = party.server.udp.recvfrom(2048)
                LibraryPacket.parse(session.unprotect(data), LIBRARY_EXTENSIONS)
                received += 1
        yield time.process_time() - start, received


LIBRARY_EXTENSIONS = HeaderExtensionsMap()
LIBRARY_EXTENSIONS.configure(
    RTCRtpParameters(headerExtensions=[RTCRtpHeaderExtensionParameters(id=1, uri=packets.MID)])
)
Case = Callable[[Party, list[bytes]], Iterator[tuple[float, int]]]
CASES: tuple[tuple[str, str, Case, list[bytes]], ...] = (
    ("send a frame of 5 to 30", GCM, fan_out, FRAME),
    ("send a frame of 5 to 30, no segmentation", GCM, fan_out, UNEQUAL),
    ("send a frame of 5 to 30, SHA1-80", SHA1, fan_out, FRAME),
    ("send a frame of 5 to 30, plain RTP", "", fan_out, FRAME),
    ("send one speech packet to 30", GCM, fan_out, SPEECH),
    ("send 30 speech packets, a call each", GCM, one_by_one, SPEECH),
    ("receive 30 camera packets", GCM, receive, CAMERA),
    ("receive 30 camera packets, SHA1-80", SHA1, receive, CAMERA),
    ("receive 30 speech packets", GCM, receive, SPEECH),
    ("receive 30 speech packets, a call each", GCM, receive_singly, SPEECH),
    ("library: send a frame of 5 to 30", GCM, library_send, FRAME),
    ("library: receive 30 camera packets", GCM, library_receive, CAMERA),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    for name, profile, case, payloads in CASES:
        with contextlib.ExitStack() as resources:
            measured = case(Party(resources, profile), payloads)
            results = [next(measured) for _ in range(rounds)]
            measured.close()  # type: ignore[attr-defined]
        counted = sum(count for _, count in results)
        middle = statistics.median(taken / count for taken, count in results)
        print(f"{name:45} {middle * 1e6:7.2f} µs/packet  ({counted} packets)")


if __name__ == "__main__":
    main()
