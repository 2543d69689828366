"""The driver over real sockets of the loopback: a scripted gatekeeper behind UDP, real clocks, nothing to wait for."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from mcu.gateway import gatekeeper as driver
from mcu.gateway.gatekeeper import FAILURE_PAUSE, UNTOLD, Gatekeeper
from mcu.h323 import asn1
from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.events import EndReason
from mcu.h323.ras_events import (
    AdmissionRejected,
    Admitted,
    BandwidthGranted,
    CallFacts,
    DisengageAsked,
    RasEvent,
    Registered,
    Unregistered,
)
from mcu.h323.ras_settings import RasSettings
from mcu.h323.registration import State
from tests.h323.scripted_gatekeeper import ScriptedGatekeeper, transport

SECONDS = 10.0  # for what takes milliseconds


class Served(asyncio.DatagramProtocol):
    """A scripted gatekeeper on a socket of its own."""

    def __init__(self, scripted: ScriptedGatekeeper) -> None:
        self.scripted = scripted
        self.clients: list[Address] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        host, port = transport.get_extra_info("sockname")[:2]
        self.scripted.address = Address(host, port)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.clients.append(Address(addr[0], addr[1]))
        self.scripted.receive(data, self.clients[-1], time.time())
        self.flush()

    def flush(self) -> None:
        for data, to in self.scripted.outgoing:
            self.transport.sendto(data, (to.ip, to.port))
        self.scripted.outgoing.clear()


@asynccontextmanager
async def serve(**how: Any) -> AsyncIterator[Served]:
    made, served = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Served(ScriptedGatekeeper(**how)), local_addr=("127.0.0.1", 0)
    )
    try:
        yield served
    finally:
        made.close()


class Owner:
    """Collects events, and lets one wait for them."""

    def __init__(self) -> None:
        self.events: list[RasEvent] = []
        self._came = asyncio.Event()

    def __call__(self, event: RasEvent) -> None:
        self.events.append(event)
        self._came.set()

    async def wait_for(self, wanted: Callable[[RasEvent], bool]) -> RasEvent:
        async with asyncio.timeout(SECONDS):
            while True:
                found = next((event for event in self.events if wanted(event)), None)
                if found is not None:
                    return found
                self._came.clear()
                await self._came.wait()


def settings(*gatekeepers: Address, **how: Any) -> RasSettings:
    return RasSettings(
        gatekeepers=gatekeepers,
        aliases=(Alias(AliasKind.H323_ID, "mcu"),),
        ras_address=UNTOLD,
        signaling_addresses=(Address("0.0.0.0", 1720),),
        **how,
    )


def call(name: str = "c") -> CallFacts:
    return CallFacts(
        call=name,
        call_identifier=name.encode().ljust(16, b"\0"),
        conference_identifier=bytes(16),
        reference=1,
        answering=False,
        bandwidth=64_000,
        destination=Address("127.0.0.9", 1720),
    )


@asynccontextmanager
async def registered(served: Served, **how: Any) -> AsyncIterator[tuple[Gatekeeper, Owner]]:
    owner = Owner()
    client = Gatekeeper(settings(served.scripted.address, **how), changed=owner, rng=random.Random(1))
    client.start()
    try:
        await owner.wait_for(lambda event: isinstance(event, Registered))
        yield client, owner
    finally:
        served.scripted.alive = True
        await client.close()


async def test_it_registers_with_the_address_that_the_gatekeeper_can_reach() -> None:
    async with serve() as served, registered(served) as (client, _):
        asked = served.scripted.last("registrationRequest")
        assert asked["rasAddress"] == [transport(served.clients[0])]
        assert asked["callSignalAddress"] == [transport(Address("127.0.0.1", 1720))]
        assert client.status.state is State.REGISTERED
        assert client.counters.strangers == 0


async def test_addresses_of_the_settings_are_told_as_they_are() -> None:
    async with serve() as served:
        told = Address("203.0.113.1", 5_000)
        owner = Owner()
        wanted = RasSettings(
            gatekeepers=(served.scripted.address,),
            ras_address=told,
            signaling_addresses=(Address("203.0.113.1", 1720),),
        )
        client = Gatekeeper(wanted, changed=owner, local=Address("127.0.0.1", 0))
        client.start()
        await owner.wait_for(lambda event: isinstance(event, Registered))
        assert served.scripted.last("registrationRequest")["rasAddress"] == [transport(told)]
        await client.close()


async def test_a_call_is_admitted_changed_and_disengaged() -> None:
    async with serve() as served, registered(served) as (client, owner):
        answer = await client.admit(call())
        assert isinstance(answer, Admitted)
        assert answer.destination == Address("127.0.0.9", 1720)
        assert answer.by_gatekeeper
        client.change_bandwidth("c", 32_000)
        await owner.wait_for(lambda event: event == BandwidthGranted("c", 32_000))
        client.disengage("c", EndReason.HUNG_UP)
        client.report_resources(almost_out=True)
        async with asyncio.timeout(SECONDS):
            while served.scripted.count("resourcesAvailableIndicate") == 0 or client.status.outstanding:
                await asyncio.sleep(0)
        assert served.scripted.count("disengageRequest") == 1
        assert client.status.calls == 0


async def test_a_hundred_calls_at_once_each_get_their_answer() -> None:
    async with serve() as served, registered(served) as (client, _):
        answers = await asyncio.gather(*(client.admit(call(f"call {number}")) for number in range(100)))
        assert [answer.call for answer in answers] == [f"call {number}" for number in range(100)]
        assert all(isinstance(answer, Admitted) and answer.by_gatekeeper for answer in answers)


async def test_the_gatekeeper_ends_a_call() -> None:
    async with serve() as served, registered(served) as (client, owner):
        await client.admit(call())
        fields = {
            "endpointIdentifier": client.status.endpoint,
            "conferenceID": bytes(16),
            "callReferenceValue": 1,
            "disengageReason": ("forcedDrop", 0),
            "callIdentifier": {"guid": call().call_identifier},
            "answeredCall": False,
        }
        served.scripted.ask("disengageRequest", fields, served.clients[0])
        served.flush()
        assert await owner.wait_for(lambda event: isinstance(event, DisengageAsked)) == DisengageAsked(
            "c", "forcedDrop"
        )


async def test_a_password_is_proven_at_the_time_of_day() -> None:
    async with serve(password="secret") as served, registered(served, password="secret"):
        stamp = served.scripted.last("registrationRequest")["cryptoTokens"][0][1][1]["hashedVals"]["timeStamp"]
        assert abs(stamp - time.time()) < SECONDS
        assert served.scripted.bad_tokens == 0


async def test_a_wait_that_is_cancelled_takes_the_question_back() -> None:
    async with serve() as served, registered(served) as (client, _):
        served.scripted.replies["admissionRequest"] = lambda _: None
        waiting = asyncio.ensure_future(client.admit(call()))
        async with asyncio.timeout(SECONDS):
            while served.scripted.count("admissionRequest") == 0:
                await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        late = served.scripted._admissionRequest(served.scripted.last("admissionRequest"))
        assert late is not None
        number = served.scripted.last("admissionRequest")["requestSeqNum"]
        served.scripted.outgoing.append(
            (asn1.encode(asn1.Pdu.RAS, (late[0], late[1] | {"requestSeqNum": number})), served.clients[0])
        )
        served.flush()
        async with asyncio.timeout(SECONDS):
            while served.scripted.count("disengageRequest") == 0:
                await asyncio.sleep(0)
        assert client.status.calls == 0


async def test_it_unregisters_when_the_server_stops_and_answers_who_waits() -> None:
    async with serve() as served:
        async with registered(served) as (client, owner):
            served.scripted.replies["admissionRequest"] = lambda _: None
            waiting = asyncio.ensure_future(client.admit(call()))
            async with asyncio.timeout(SECONDS):
                while served.scripted.count("admissionRequest") == 0:
                    await asyncio.sleep(0)
        assert isinstance(await waiting, AdmissionRejected)
        assert isinstance(owner.events[-1], Unregistered)
        assert served.scripted.count("unregistrationRequest") == 1
        after = await client.admit(call("later"))
        assert isinstance(after, AdmissionRejected)


async def test_without_a_gatekeeper_calls_go_directly_and_closing_takes_no_time() -> None:
    owner = Owner()
    client = Gatekeeper(settings(), changed=owner)
    client.start()
    answer = await client.admit(call())
    assert isinstance(answer, Admitted)
    assert not answer.by_gatekeeper
    await client.close()
    assert owner.events == []


async def test_where_one_is_required_and_there_is_none_calls_are_refused() -> None:
    client = Gatekeeper(settings(required=True), changed=Owner())
    client.start()
    assert isinstance(await client.admit(call()), AdmissionRejected)
    await client.close()


async def test_a_gatekeeper_is_found_by_name() -> None:
    async with serve() as served:
        owner = Owner()
        client = Gatekeeper(settings(), changed=owner, names=(f"localhost:{served.scripted.address.port}",))
        client.start()
        await owner.wait_for(lambda event: isinstance(event, Registered))
        await client.close()


async def test_a_name_that_is_not_known_is_looked_up_until_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "LOOKUP_PAUSE", 0.0)
    asked: list[str] = []
    async with serve() as served:
        address = served.scripted.address

        async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
            asked.append(host)
            if len(asked) < 3:
                raise socket.gaierror("not known")
            return [(0, 0, 0, "", (address.ip, port))]

        monkeypatch.setattr(driver, "getaddrinfo", getaddrinfo)
        owner = Owner()
        client = Gatekeeper(settings(), changed=owner, names=(f"gk.example.org:{address.port}",))
        client.start()
        await owner.wait_for(lambda event: isinstance(event, Registered))
        assert asked[:3] == ["gk.example.org"] * 3
        await client.close()


async def test_hostile_datagrams_from_others_change_nothing() -> None:
    async with serve() as served, registered(served) as (client, owner):
        before = client.status
        request = {"requestSeqNum": 1, "callSignalAddress": [], "endpointIdentifier": client.status.endpoint}
        hostile = asn1.encode(asn1.Pdu.RAS, ("unregistrationRequest", request))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for data in (hostile, b"", b"\xff" * 100):
                stranger.sendto(data, (served.clients[0].ip, served.clients[0].port))
        async with asyncio.timeout(SECONDS):
            while client.counters.strangers < 3:
                await asyncio.sleep(0)
        assert client.status == before
        assert len(owner.events) == 1


async def test_an_owner_that_fails_does_not_stop_the_client() -> None:
    async with serve(time_to_live=60) as served:

        def changed(_: RasEvent) -> None:
            raise RuntimeError("a bug")

        client = Gatekeeper(settings(served.scripted.address), changed=changed)
        client.start()
        async with asyncio.timeout(SECONDS):
            while client.status.state is not State.REGISTERED:
                await asyncio.sleep(0)
        assert isinstance(await client.admit(call()), Admitted)
        assert client._timer is not None
        assert client.failures == 1
        await client.close()


async def test_a_search_that_fails_is_told_at_once_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(driver, "getaddrinfo", getaddrinfo)
    client = Gatekeeper(settings(), changed=Owner(), names=("gk.example.org",))
    with capture_logs() as logs:
        client.start()
        async with asyncio.timeout(SECONDS):
            while not logs:
                await asyncio.sleep(0)
    assert [(each["event"], each["exc_info"]) for each in logs] == [("the gatekeeper is not looked for any more", True)]
    assert client.failures == 1
    await client.close()


async def test_a_client_that_fails_at_its_timer_is_counted_and_not_called_without_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Gatekeeper(settings(Address("127.0.0.1", 9)), changed=Owner())
    loop = asyncio.get_running_loop()

    def handle_timer(now: float) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(client._client, "handle_timer", handle_timer)
        broken.setattr(client._client, "next_timer", lambda: loop.time() - 1.0)  # what was due is due still
        client._time()
        assert client.failures == 1
        assert client._timer is not None
        assert client._timer.when() > loop.time() + FAILURE_PAUSE / 2
    client._time()
    assert client.failures == 1
    await client.close()


async def test_nobody_there_is_no_error() -> None:
    """Linux tells of a closed port by ICMP: the socket goes on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    client = Gatekeeper(settings(Address("127.0.0.1", port)), changed=Owner())
    client.start()
    async with asyncio.timeout(SECONDS):
        while client.counters.sent == 0:
            await asyncio.sleep(0)
    client.error_received(ConnectionRefusedError())
    assert client.status.state is State.DISCOVERING
    assert client.unsendable >= 1
    await client.close()
