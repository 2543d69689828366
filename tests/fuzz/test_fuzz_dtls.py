"""DTLS from a peer that ICE has validated but that sends rubbish: its handshake fails, the process goes on."""

from __future__ import annotations

import asyncio
import contextlib

from OpenSSL import SSL

from mcu.webrtc.dtls import DTLS_MTU, PROFILES, Certificate, DtlsAssociation, DtlsError, datagrams
from mcu.webrtc.sdp_offer import DtlsRole, Fingerprint
from tests.fuzz.mutations import INPUTS, mutations
from tests.webrtc.raw_client import until

CERTIFICATE = Certificate()
DATAGRAMS_PER_SERVER = 50  # then a new one: a handshake that failed takes nothing more in


def client_flights() -> list[bytes]:
    """A real ClientHello, and the client's next flights against a real server."""
    context = CERTIFICATE.rtc._create_ssl_context(list(PROFILES))
    client, server = SSL.Connection(context), SSL.Connection(context)
    client.set_connect_state()
    server.set_accept_state()
    flights = []
    for _ in range(4):
        for end, other in ((client, server), (server, client)):
            with contextlib.suppress(SSL.WantReadError):
                end.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                data = end.bio_read(65_536)
                other.bio_write(data)
                if end is client:
                    flights.append(data)
    return flights


async def attack(inputs: list[bytes]) -> str:
    """One server takes all of `inputs`; returns how its handshake ended."""
    server = DtlsAssociation(
        CERTIFICATE,
        role=DtlsRole.SERVER,
        fingerprints=[Fingerprint("sha-256", "AA")],
        send=lambda _: None,
        closed=lambda: None,
    )
    handshake = asyncio.create_task(server.handshake())
    for data in inputs:
        server.receive(data)
    await until(lambda: handshake.done() or server.idle)
    stopping = asyncio.create_task(server.stop())
    try:
        await handshake
    except DtlsError as error:
        return error.reason
    finally:
        await stopping
    return "connected"


async def test_damaged_handshakes_fail_and_nothing_else_happens() -> None:
    batch: list[bytes] = []
    for data in mutations(client_flights(), seed=6347):
        if data and 20 <= data[0] < 64:  # anything else never gets here (RFC 7983)
            batch.append(data)
        if len(batch) == DATAGRAMS_PER_SERVER:
            assert await attack(batch) == "dtls-failed"
            batch = []


def test_cutting_flights_keeps_every_byte() -> None:
    for data in mutations(client_flights(), seed=9147, count=INPUTS // 10):
        assert b"".join(datagrams(data, DTLS_MTU)) == data
