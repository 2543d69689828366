"""The DTLS client of one participant, on aiortc's transport; only this module touches that library's internals.

The keys are handed out instead of being used in Python, and what arrives waits in a bounded queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from aiortc.rtcicetransport import RTCIceTransport
from OpenSSL import SSL

from mcu.webrtc.dtls import (
    DTLS_MTU,
    EXPORTER_LABEL,
    HANDSHAKE_SECONDS,
    MAX_QUEUED,
    PROFILES,
    Certificate,
    DtlsError,
    SrtpKeys,
)
from mcu.webrtc.sdp_offer import Fingerprint


class DtlsClient:
    """One DTLS association. Await `handshake` once; feed `receive`; `closed` is called when the server hangs up."""

    def __init__(
        self,
        certificate: Certificate,
        *,
        fingerprints: Sequence[Fingerprint],
        send: Callable[[bytes], object],
        closed: Callable[[], None],
    ) -> None:
        self.dropped = 0  # datagrams that found the queue full
        self._fingerprints = [RTCDtlsFingerprint(print_.algorithm, print_.value) for print_ in fingerprints]
        self._pipe = _Pipe(send)
        self._transport = _Transport(cast(RTCIceTransport, self._pipe), [certificate.rtc])
        self._closed = closed

    def receive(self, data: bytes) -> None:
        """One datagram whose first byte is 20 to 63 (RFC 7983)."""
        try:
            self._pipe.arrived.put_nowait(data)
        except asyncio.QueueFull:
            self.dropped += 1

    async def handshake(self) -> SrtpKeys:
        """Keys as a client sees them: `receive_key` is the server's. Raises DtlsError."""
        transport = self._transport
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await transport.start(RTCDtlsParameters(fingerprints=self._fingerprints))
        except TimeoutError:
            raise DtlsError("dtls-timeout") from None
        if transport.keys is None or transport.state != "connected":
            raise DtlsError("dtls-failed")
        transport.on("statechange", self._state_changed)
        return transport.keys

    async def stop(self) -> None:
        """Say close_notify and end."""
        self._transport.remove_all_listeners()
        await self._transport.stop()
        self._pipe.hang_up()

    def _state_changed(self) -> None:
        if self._transport.state == "closed":
            self._closed()


class _Pipe:
    """What the library takes for its ICE transport."""

    role = "controlling"

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self.arrived: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_QUEUED)
        self._write = send

    def hang_up(self) -> None:
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
    """The library's transport as a client that gives its keys away."""

    def __init__(self, transport: RTCIceTransport, certificates: list[RTCCertificate]) -> None:
        super().__init__(transport, certificates)
        self.keys: SrtpKeys | None = None
        self._srtp_profiles = list(PROFILES)
        self._set_role("client")

    async def _do_handshake(self) -> None:
        cast(SSL.Connection, self._ssl).set_ciphertext_mtu(DTLS_MTU)
        await super()._do_handshake()

    def _setup_srtp(self) -> None:
        connection = cast(SSL.Connection, self._ssl)
        chosen = connection.get_selected_srtp_profile()
        for profile, name in PROFILES.items():
            if profile.openssl_profile == chosen:
                size = 2 * (profile.key_length + profile.salt_length)
                material = connection.export_keying_material(EXPORTER_LABEL, size)
                client, server = (profile.get_key_and_salt(material, side) for side in (0, 1))
                self.keys = SrtpKeys(name, receive_key=server, send_key=client)
                return
        self._set_state(State.FAILED)
