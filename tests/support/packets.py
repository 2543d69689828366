"""Two media sockets on loopback, and pylibsrtp as an independent peer."""

from __future__ import annotations

import random
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pylibsrtp import Policy, Session

from mcu._native import packets
from mcu._native.rtp_packet import RtpPacket

PYLIBSRTP_PROFILES = {
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
EXTENSIONS = {
    packets.MID: 1,
    packets.TRANSPORT_SEQUENCE: 2,
    packets.ABSOLUTE_SEND_TIME: 3,
    packets.AUDIO_LEVEL: 4,
    packets.ORIENTATION: 5,
}
STUN_BINDING = bytes.fromhex("000100002112a442") + bytes(12)
RTCP_RECEIVER_REPORT = bytes.fromhex("80c90001000015b3")  # of SSRC 5555, no blocks
WAIT = 5.0  # s; loopback needs microseconds, a busy machine may need more


def key(seed: int, profile: str) -> bytes:
    """A master key and salt of the right size, the same for the same seed."""
    return random.Random(seed).randbytes(packets.KEY_SIZES.get(profile, 0))


def transports(profile: str) -> tuple[packets.SrtpTransport, packets.SrtpTransport]:
    """Two ends that understand each other and have agreed on all extensions."""
    one, other = key(1, profile), key(2, profile)
    pair = packets.SrtpTransport(profile, one, other), packets.SrtpTransport(profile, other, one)
    for transport in pair:
        transport.set_extensions(EXTENSIONS, EXTENSIONS)
    return pair


def independent_session(profile: str, *, seed: int, inbound: bool) -> Session:
    """A pylibsrtp session with the key that `key(seed, profile)` gives."""
    direction = Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND
    return Session(Policy(key(seed, profile), direction, srtp_profile=PYLIBSRTP_PROFILES[profile]))


@dataclass(frozen=True)
class Endpoint:
    udp: socket.socket
    media: packets.MediaSocket
    port: int

    def receive(self, count: int, now: float = 1.0) -> list[RtpPacket | packets.Rtcp | packets.Datagram]:
        """Exactly `count` things that pass, however many calls they take."""
        found: list[RtpPacket | packets.Rtcp | packets.Datagram] = []
        while len(found) < count:
            assert select.select([self.udp], [], [], WAIT)[0], f"{len(found)} of {count} arrived"
            found += self.media.receive(now)
        assert len(found) == count
        return found

    def drain(self, now: float = 1.0) -> list[RtpPacket | packets.Rtcp | packets.Datagram]:
        """What has arrived by now; loopback delivers before `sendmsg` returns."""
        found: list[RtpPacket | packets.Rtcp | packets.Datagram] = []
        while select.select([self.udp], [], [], 0)[0]:
            found += self.media.receive(now)
        return found


@contextmanager
def endpoint(family: socket.AddressFamily = socket.AF_INET6, *, max_paths: int = 4096) -> Iterator[Endpoint]:
    """A media socket on a free port: dual-stack with AF_INET6."""
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        if family == socket.AF_INET6:
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        udp.bind(("", 0))
        yield Endpoint(udp, packets.MediaSocket(udp.fileno(), max_paths=max_paths), udp.getsockname()[1])


def connect(sender: Endpoint, receiver: Endpoint, ip: str, *, profile: str) -> tuple[packets.SrtpTransport, ...]:
    """Validate the path by a STUN message, as ICE does, and give both ends their transport."""
    sending, receiving = transports(profile)
    there = packets.Path(ip, receiver.port)
    assert sender.media.send(STUN_BINDING, there)
    (arrived,) = receiver.receive(1)
    assert isinstance(arrived, packets.Datagram)
    assert receiver.media.bind(arrived.path, receiving)
    receiving.select(receiver.media, arrived.path)
    sending.select(sender.media, there)
    assert sender.media.bind(there, sending)
    return sending, receiving
