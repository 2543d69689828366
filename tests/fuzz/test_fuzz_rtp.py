"""Whatever arrives on the media port is parsed, or dropped and counted, and nothing else happens."""

from __future__ import annotations

import socket

import pytest

from mcu._native import packets
from mcu.errors import ProtocolError
from tests.fuzz.mutations import INPUTS, mutations
from tests.support.packets import (
    EXTENSIONS,
    RTCP_RECEIVER_REPORT,
    STUN_BINDING,
    endpoint,
    independent_session,
    transports,
)

GCM = "AEAD_AES_128_GCM"


def valid_packets() -> list[bytes]:
    """Packets that use every part of the format: contributing sources, padding, both extension forms."""
    plain = packets.build_rtp(b"payload" * 3, payload_type=96, sequence_number=1, timestamp=2, ssrc=3)
    full = packets.build_rtp(
        b"payload",
        payload_type=96,
        sequence_number=1,
        timestamp=2,
        ssrc=3,
        extensions=EXTENSIONS,
        mid="video",
        transport_sequence=7,
        absolute_send_time=9,
        audio_level=3,
        orientation=90,
    )
    two_byte = bytes([0xBF]) + plain[1:12] + bytes(60) + b"\x10\x00\x00\x03\x01\x03mid\x02\x02\x00\x07\x05\x01\x03"
    return [plain, full, two_byte + b"x" * 20 + b"\x04", RTCP_RECEIVER_REPORT * 4, STUN_BINDING, b"\x16\xfe\xfd" * 9]


VALID = valid_packets()


def test_the_parser_returns_a_packet_or_raises_protocol_error() -> None:
    ids = dict(EXTENSIONS, **{packets.MID: 1, packets.AUDIO_LEVEL: 255})
    parsed = 0
    for data in mutations(VALID, seed=1):
        try:
            packet = packets.parse_rtp(data, ids)
        except ProtocolError:
            continue
        parsed += 1
        assert packet.payload in data
        assert packet.mid is None or packet.mid.isascii()
        assert packet.orientation in (-1, 0, 90, 180, 270)
        assert -1 <= packet.audio_level <= 127
    assert INPUTS / 10 < parsed < INPUTS


@pytest.mark.parametrize("profile", [GCM, "AES_CM_128_HMAC_SHA1_80", ""])
def test_a_transport_takes_anything(profile: str) -> None:
    """Broken before protection (an authenticated peer's nonsense) and broken after it (anybody's)."""
    transport, _ = transports(profile)
    session = independent_session(profile, seed=1, inbound=False) if profile else None
    passed = dropped = 0
    for number, data in enumerate(mutations(VALID, seed=2)):
        received = data
        if session and number % 2 and len(data) >= 12 and data[0] >> 6 == 2 and not 192 <= data[1] <= 223:
            head = bytes([data[0] & 0xEF]) + data[1:2] + (number // 2 % 65_536).to_bytes(2, "big") + bytes(7) + b"\x03"
            if len(data) >= 12 + 4 * (data[0] & 0x0F):
                received = session.protect(head + data[12:])
        if transport.receive_datagram(received, 0.0) is None:
            dropped += 1
        else:
            passed += 1
    counters = transport.counters
    reasons = ("malformed", "srtp_failures", "replayed", "too_many_ssrcs")
    assert sum(counters[reason] for reason in reasons) == dropped
    assert passed > INPUTS / 40


def test_a_socket_takes_anything() -> None:
    with endpoint() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        path = packets.Path("127.0.0.1", client.getsockname()[1], "127.0.0.1")
        server.media.bind(path, packets.SrtpTransport("", b"", b""))
        passed = sent = 0
        for number, data in enumerate(mutations(VALID, seed=3)):
            if number % 5000 == 0:
                server.media.unbind(path)
            elif number % 500 == 0:
                server.media.bind(path, packets.SrtpTransport("", b"", b""))
            client.send(data)
            sent += 1
            if number % 32 == 0:
                passed += len(server.drain())
        passed += len(server.drain())
        counters = server.media.counters
        reasons = (
            "malformed",
            "oversized",
            "dropped_unvalidated",
            "dropped_unkeyed",
            "dropped_unknown",
            "srtp_failures",
            "replayed",
            "too_many_ssrcs",
        )
        assert counters["received"] == sent
        assert passed + sum(counters[reason] for reason in reasons) == sent
        assert passed > INPUTS / 40
