"""The DTLS association of one leg, on aiortc's transport; the only module that touches that library's internals.

What is changed there, and why:
1. Flights are drained whole and cut at record borders into datagrams of at most DTLS_MTU bytes; the library reads
   1500 bytes at a time wherever a record ends and leaves the rest behind.
2. AEAD_AES_128_GCM is first among the profiles, because it costs a third of SHA1-80; the keys are handed out
   (RFC 5764 section 4.2) instead of being used in Python.
3. What arrives waits in a bounded queue.
4. All handshakes with one certificate share an OpenSSL context, and an association that has ended refers to nobody, so
   that a leg is gone when it is closed and does not wait for the garbage collector.
5. A handshake that is cancelled ends. The library waits with asyncio.wait_for, which in Python 3.11 forgets a
   cancellation that comes together with a datagram.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
)
from aiortc.rtcicetransport import RTCIceTransport
from OpenSSL import SSL

from mcu.errors import PeerError
from mcu.webrtc.sdp_offer import DtlsRole, Fingerprint

DTLS_MTU = 1_200  # bytes of a UDP payload: fits IPv6's smallest MTU of 1280 with a tunnel's header to spare
HANDSHAKE_SECONDS = 10.0  # OpenSSL repeats after 1, 2 and 4 s: three losses in a row are survived
MAX_QUEUED = 64  # datagrams; the largest flight of a client, cut small, is about ten
RENEWAL_SECONDS = 7 * 86_400.0  # before the certificate expires; no leg lasts as long
EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"  # RFC 5764 section 4.2

PROFILES = {
    SRTP_AEAD_AES_128_GCM: "AEAD_AES_128_GCM",
    SRTP_AES128_CM_SHA1_80: "AES_CM_128_HMAC_SHA1_80",
}

_RECORD_HEADER_BYTES = 13  # RFC 6347 section 4.1
_UNIFIED_MASK, _UNIFIED = 0xE0, 0x20  # first byte of an encrypted DTLS 1.3 record (RFC 9147 section 4)


class DtlsError(PeerError):
    """The handshake did not succeed; `reason` is the leg's: dtls-timeout, dtls-failed, dtls-fingerprint."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master key followed by master salt for each direction, seen from the server."""

    profile: str
    receive_key: bytes
    send_key: bytes


class _RtcCertificate(RTCCertificate):
    """The library's certificate with one context for its one list of profiles.

    The library would make a context for each handshake: 0.3 ms, and a reference cycle.
    """

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # a leg's session is never resumed by another
        return self._context


class Certificate:
    """The server's key pair and self-signed ECDSA P-256 certificate; one serves all legs of an endpoint for weeks."""

    def __init__(self) -> None:
        self.rtc = _RtcCertificate.generateCertificate()
        self.renew_at = self.rtc.expires.timestamp() - RENEWAL_SECONDS  # wall clock
        (value,) = (print_.value for print_ in self.rtc.getFingerprints() if print_.algorithm == "sha-256")
        self.fingerprint = Fingerprint("sha-256", value)


class DtlsAssociation:
    """Our end of it. Await `handshake` once; feed `receive`; `closed` is called when the peer hangs up."""

    def __init__(
        self,
        certificate: Certificate,
        *,
        role: DtlsRole,
        fingerprints: Iterable[Fingerprint],
        send: Callable[[bytes], object],
        closed: Callable[[], None],
    ) -> None:
        self.dropped = 0  # datagrams that found the queue full
        self._fingerprints = [RTCDtlsFingerprint(print_.algorithm, print_.value) for print_ in fingerprints]
        self._pipe = _Pipe(send)
        self._transport = _Transport(cast(RTCIceTransport, self._pipe), [certificate.rtc], role)
        self._closed = closed

    @property
    def idle(self) -> bool:
        """Nothing that arrived is waiting."""
        return self._pipe.arrived.empty()

    def receive(self, data: bytes) -> None:
        """One datagram from a validated path, first byte 20 to 63 (RFC 7983)."""
        try:
            self._pipe.arrived.put_nowait(data)
        except asyncio.QueueFull:
            self.dropped += 1

    async def handshake(self) -> SrtpKeys:
        """Serve the peer's handshake, or begin it as client. Raises DtlsError."""
        transport, task = self._transport, asyncio.current_task()
        assert task is not None
        before = task.cancelling()
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await transport.start(RTCDtlsParameters(fingerprints=self._fingerprints))
                if task.cancelling() > before:
                    raise asyncio.CancelledError
        except TimeoutError:
            raise DtlsError("dtls-timeout") from None
        if transport.keys is None or transport.state != "connected":
            raise DtlsError("dtls-fingerprint" if transport.impostor else "dtls-failed")
        transport.on("statechange", self._state_changed)
        return transport.keys

    async def stop(self) -> None:
        """Say close_notify and end. A handshake under way fails."""
        self._transport.remove_all_listeners()
        await self._transport.stop()
        self._pipe.hang_up()
        self._closed = _nobody

    def _state_changed(self) -> None:
        if self._transport.state == "closed":
            self._closed()


class _Pipe:
    """What the library takes for its ICE transport."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self.arrived: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_QUEUED)
        self._write = send

    def hang_up(self) -> None:
        """Fail whoever receives; what is still sent goes nowhere."""
        self._write = _nobody
        while not self.arrived.empty():
            self.arrived.get_nowait()
        self.arrived.put_nowait(None)

    async def _recv(self) -> bytes:
        data = await self.arrived.get()
        if data is None:
            raise ConnectionError("closed")
        return data

    async def _send(self, data: bytes) -> None:
        self._write(data)


class _Transport(RTCDtlsTransport):
    """The library's transport with the three changes named above."""

    def __init__(self, transport: RTCIceTransport, certificates: list[RTCCertificate], role: DtlsRole) -> None:
        super().__init__(transport, certificates)
        self.keys: SrtpKeys | None = None
        self.impostor = False  # the certificate's hash was not the one in the offer
        self._srtp_profiles = list(PROFILES)
        self._set_role(role)

    @property
    def _connection(self) -> SSL.Connection:
        return cast(SSL.Connection, self._ssl)

    async def _do_handshake(self) -> None:
        self._connection.set_ciphertext_mtu(DTLS_MTU)
        await super()._do_handshake()

    def _validate_peer_identity(self, remoteParameters: RTCDtlsParameters) -> None:
        super()._validate_peer_identity(remoteParameters)
        self.impostor = self._state == State.FAILED

    def _setup_srtp(self) -> None:
        chosen = self._connection.get_selected_srtp_profile()
        for profile, name in PROFILES.items():
            if profile.openssl_profile == chosen:
                size = 2 * (profile.key_length + profile.salt_length)
                material = self._connection.export_keying_material(EXPORTER_LABEL, size)
                client, server = (profile.get_key_and_salt(material, side) for side in (0, 1))
                peer, own = (client, server) if self._role == DtlsRole.SERVER else (server, client)
                self.keys = SrtpKeys(name, receive_key=peer, send_key=own)
                return
        self._set_state(State.FAILED)

    async def _write_ssl(self) -> None:
        for datagram in datagrams(b"".join(self._drain()), DTLS_MTU):
            await self.transport._send(datagram)

    def _drain(self) -> Iterator[bytes]:
        while True:
            try:
                yield self._connection.bio_read(65_536)
            except SSL.Error:  # WantReadError: nothing is left
                return


def _nobody(*_: object) -> None:
    """Called instead of those who have left."""


def datagrams(flight: bytes, limit: int) -> Iterator[bytes]:
    """Cut a flight into datagrams of whole records, each at most `limit` bytes unless one record alone is longer."""
    start = end = 0
    while end < len(flight):
        following = min(end + _record_bytes(flight, end), len(flight))
        if following - start > limit and end > start:
            yield flight[start:end]
            start = end
        end = following
    if end > start:
        yield flight[start:end]


def _record_bytes(flight: bytes, position: int) -> int:
    """Size of the record that begins at `position`."""
    first = flight[position]
    if first & _UNIFIED_MASK != _UNIFIED:
        offset = position + _RECORD_HEADER_BYTES
        return _RECORD_HEADER_BYTES + int.from_bytes(flight[offset - 2 : offset], "big")
    if not first & 0x04:  # no length: the record runs to the end of its datagram
        return len(flight) - position
    header = 3 + (2 if first & 0x08 else 1)  # first byte, sequence number, length; we use no connection id
    offset = position + header
    return header + int.from_bytes(flight[offset - 2 : offset], "big")
