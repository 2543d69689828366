"""Our end of DTLS against stock aiortc, joined by a fake line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from aiortc.rtcicetransport import RTCIceTransport
from OpenSSL import SSL

from mcu.webrtc import dtls
from mcu.webrtc.dtls import DTLS_MTU, MAX_QUEUED, Certificate, DtlsAssociation, DtlsError, datagrams
from mcu.webrtc.sdp_offer import DtlsRole, Fingerprint

CERTIFICATE = Certificate()


class Line:
    """The client's end: what it sends goes to `server`, what the server sends is in `sent` too."""

    role = "controlling"

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[bytes] = asyncio.Queue()
        self.sent: list[bytes] = []
        self.deliver: Callable[[bytes], None] = lambda _: None

    def from_server(self, data: bytes) -> None:
        self.sent.append(data)
        self.arrived.put_nowait(data)

    async def _recv(self) -> bytes:
        return await self.arrived.get()

    async def _send(self, data: bytes) -> None:
        self.deliver(data)


class Pair:
    def __init__(
        self,
        *,
        algorithm: str = "sha-256",
        wrong_fingerprint: bool = False,
        profiles: list[SRTPProtectionProfile] | None = None,
        role: DtlsRole = DtlsRole.SERVER,
    ) -> None:
        self.line = Line()
        certificate = RTCCertificate.generateCertificate()
        self.client = RTCDtlsTransport(cast(RTCIceTransport, self.line), [certificate])
        self.client._set_role("client" if role is DtlsRole.SERVER else "server")
        if profiles is not None:
            self.client._srtp_profiles = profiles
        owner = RTCCertificate.generateCertificate() if wrong_fingerprint else certificate
        prints = [Fingerprint(p.algorithm, p.value) for p in owner.getFingerprints() if p.algorithm == algorithm]
        self.hung_up = asyncio.Event()
        self.server = DtlsAssociation(
            CERTIFICATE, role=role, fingerprints=prints, send=self.line.from_server, closed=self.hung_up.set
        )
        self.line.deliver = self.server.receive

    async def connect(self) -> dtls.SrtpKeys:
        ours = RTCDtlsParameters([RTCDtlsFingerprint("sha-256", CERTIFICATE.fingerprint.value)])
        started = asyncio.create_task(self.client.start(ours))
        try:
            return await self.server.handshake()
        finally:
            await self.server_done(started)

    async def server_done(self, started: asyncio.Task[None]) -> None:
        if self.client.state == "connecting":
            started.cancel()
        await asyncio.gather(started, return_exceptions=True)

    async def close(self) -> None:
        await self.client.stop()
        await self.server.stop()


@pytest.mark.parametrize("algorithm", ["sha-256", "sha-384", "sha-512"])
async def test_keys_come_out_with_the_cheap_profile_first(algorithm: str) -> None:
    pair = Pair(algorithm=algorithm)
    keys = await pair.connect()
    assert keys.profile == "AEAD_AES_128_GCM"
    assert len(keys.receive_key) == len(keys.send_key) == 16 + 12
    assert keys.receive_key != keys.send_key
    exporter = cast(SSL.Connection, pair.client._ssl).export_keying_material(b"EXTRACTOR-dtls_srtp", 56)
    assert keys.receive_key == exporter[0:16] + exporter[32:44]
    assert keys.send_key == exporter[16:32] + exporter[44:56]
    await pair.close()


async def test_as_client_it_begins_and_the_keys_change_places() -> None:
    pair = Pair(role=DtlsRole.CLIENT)
    keys = await pair.connect()
    assert keys.profile == "AEAD_AES_128_GCM"
    exporter = cast(SSL.Connection, pair.client._ssl).export_keying_material(b"EXTRACTOR-dtls_srtp", 56)
    assert keys.send_key == exporter[0:16] + exporter[32:44]
    assert keys.receive_key == exporter[16:32] + exporter[44:56]
    await pair.close()


async def test_a_client_without_gcm_gets_sha1_80() -> None:
    pair = Pair(profiles=[SRTP_AES128_CM_SHA1_80])
    keys = await pair.connect()
    assert keys.profile == "AES_CM_128_HMAC_SHA1_80"
    assert len(keys.receive_key) == 16 + 14
    await pair.close()


async def test_no_common_profile_is_a_failure() -> None:
    pair = Pair(profiles=[SRTP_AEAD_AES_256_GCM])
    with pytest.raises(DtlsError) as caught:
        await pair.connect()
    assert caught.value.reason == "dtls-failed"
    await pair.close()


async def test_another_certificate_than_announced_is_an_impostor() -> None:
    pair = Pair(wrong_fingerprint=True)
    with pytest.raises(DtlsError) as caught:
        await pair.connect()
    assert caught.value.reason == "dtls-fingerprint"
    await pair.close()


async def test_no_datagram_is_longer_than_the_mtu() -> None:
    pair = Pair()
    await pair.connect()
    assert pair.line.sent
    assert max(map(len, pair.line.sent)) <= DTLS_MTU
    await pair.close()


async def test_handshakes_share_a_context_that_keeps_no_sessions() -> None:
    pairs = [Pair(), Pair(role=DtlsRole.CLIENT)]
    for pair in pairs:
        await pair.connect()
    contexts = {cast(SSL.Connection, pair.server._transport._ssl).get_context() for pair in pairs}
    assert [context.get_session_cache_mode() for context in contexts] == [SSL.SESS_CACHE_OFF]
    for pair in pairs:
        await pair.close()


async def test_the_peer_hanging_up_is_told() -> None:
    pair = Pair()
    await pair.connect()
    await pair.client.stop()
    await pair.hung_up.wait()
    await pair.server.stop()


async def test_silence_ends_in_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dtls, "HANDSHAKE_SECONDS", 0.0)
    pair = Pair()
    with pytest.raises(DtlsError) as caught:
        await pair.server.handshake()
    assert caught.value.reason == "dtls-timeout"
    await pair.server.stop()


async def test_stopping_ends_a_handshake_under_way() -> None:
    pair = Pair()
    handshake = asyncio.create_task(pair.server.handshake())
    await asyncio.sleep(0)
    await pair.server.stop()
    with pytest.raises(DtlsError):
        await handshake


async def test_a_handshake_that_is_called_off_as_something_arrives_ends() -> None:
    """The library waits with Python 3.11's wait_for, which loses a cancellation that comes with the result."""
    pair = Pair(role=DtlsRole.CLIENT)
    handshake = asyncio.create_task(pair.server.handshake())
    for _ in range(10):
        await asyncio.sleep(0)
    assert pair.server.idle
    pair.server.receive(record(100))
    handshake.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    assert handshake.cancelled()
    await pair.server.stop()


async def test_what_arrives_is_bounded() -> None:
    pair = Pair()
    for _ in range(MAX_QUEUED + 5):
        pair.server.receive(b"\x16junk")
    assert pair.server.dropped == 5
    await pair.server.stop()


def record(size: int, first: int = 22) -> bytes:
    return bytes([first, 254, 253]) + bytes(8) + (size - 13).to_bytes(2, "big") + bytes(size - 13)


def test_flights_are_cut_between_records() -> None:
    records = [record(500), record(600), record(300), record(1400), record(20)]
    cut = list(datagrams(b"".join(records), 1200))
    assert cut == [records[0] + records[1], records[2], records[3], records[4]]
    assert list(datagrams(b"", 1200)) == []
    assert b"".join(datagrams(b"\x16" * 30, 10)) == b"\x16" * 30


def test_encrypted_records_of_dtls_1_3_are_whole_too() -> None:
    with_length = bytes([0x2C | 0x02]) + b"\0\1" + (100).to_bytes(2, "big") + bytes(100)
    without = bytes([0x28]) + bytes(60)
    assert list(datagrams(with_length * 2 + without, 150)) == [with_length, with_length, without]
