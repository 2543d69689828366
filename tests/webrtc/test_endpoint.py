"""The endpoint over real sockets, one step at a time: what is let in when, over which way, and what it is answered."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from collections.abc import AsyncIterator, Iterator

import pytest

from mcu._native.packets import BATCH
from mcu.errors import RefusedError
from mcu.media.types import StreamKind
from mcu.webrtc import endpoint as module
from mcu.webrtc import stun
from mcu.webrtc.dtls import DtlsAssociation
from mcu.webrtc.endpoint import Endpoint
from mcu.webrtc.ice_lite import PATH_LIFETIME_SECONDS
from mcu.webrtc.leg import WebRtcLeg
from mcu.webrtc.leg_interfaces import LegState
from mcu.webrtc.stun import Attribute, MessageClass
from tests.webrtc.echo import PROFILE, Echo, endpoint
from tests.webrtc.raw_client import RawClient, Way, tcp_way, udp_way, until

HOST = "127.0.0.1"


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Endpoint]:
    async with endpoint(HOST, monkeypatch) as started:
        yield started
    assert started.counters["legs_failed"] == 0


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Without the garbage collector: what is in a reference cycle stays."""
    gc.disable()
    yield
    gc.enable()


def join(server: Endpoint, name: str = "a") -> tuple[RawClient, WebRtcLeg, Echo]:
    client, handler = RawClient(), Echo()
    leg = server.create_leg(name, offer=client.offer(), direction="both", handler=handler, video=PROFILE)
    client.accept(leg.answer)
    return client, leg, handler


async def connect(server: Endpoint, way: Way) -> tuple[RawClient, WebRtcLeg, Echo]:
    client, leg, handler = join(server)
    await client.check(way, nominate=True)
    assert await client.handshake(way) == "connected"
    await handler.connected.wait()
    return client, leg, handler


async def echoed(client: RawClient, way: Way, *, over: Way) -> None:
    """Sound sent on `way` comes back on `over`."""
    client.send_sound(way)
    found: list[tuple[Way, bytes]] = []
    await until(lambda: found.extend(client.sounds()) or found)
    assert found == [(over, b"sound")]


def code_of(message: stun.Message) -> int:
    return stun.parse_error_code(message.get(Attribute.ERROR_CODE) or b"")


@pytest.mark.parametrize("open_way", [udp_way, tcp_way])
async def test_sound_goes_round_over_udp_and_over_tcp(server: Endpoint, open_way) -> None:  # type: ignore[no-untyped-def]
    way = await open_way(HOST, server.port)
    client, leg, _ = await connect(server, way)
    await echoed(client, way, over=way)
    assert StreamKind.AUDIO in leg.sent
    await client.close()
    way.close()


async def test_media_goes_on_when_packets_are_gathered_and_when_no_more(server: Endpoint) -> None:
    way = await udp_way(HOST, server.port)
    client, _, _ = await connect(server, way)
    server._gathering.active = True  # as a thousand packets a second make it
    await echoed(client, way, over=way)
    assert server._reading is not None
    await echoed(client, way, over=way)
    await until(lambda: not server._gathering.active)
    await echoed(client, way, over=way)
    await client.close()
    way.close()


async def test_rubbish_that_came_before_keeps_no_packet_waiting_for_the_next_beat(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BATCHES", 2)  # a socket that was granted little does not hold so many as there are
    way = await udp_way(HOST, server.port)
    client, _, _ = await connect(server, way)
    server._gathering.active = True
    await echoed(client, way, over=way)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(BATCH * 3):  # more than one reading takes
            stranger.sendto(b"GET / HTTP/1.1", (HOST, server.port))
    client.send_sound(way)
    server.beat()
    assert server.counters["dropped_unknown"] == BATCH * 2
    assert server._reading is not None
    rest = server._reading
    assert rest.when() <= asyncio.get_running_loop().time() + 0.001  # after what others have to do, and no later
    server._read_gathered()
    assert server.counters["dropped_unknown"] == BATCH * 3
    await until(client.sounds)
    await client.close()
    way.close()


async def test_while_somebody_hurries_there_is_a_reading_between_two_beats(server: Endpoint) -> None:
    way = await udp_way(HOST, server.port)
    client, _, _ = await connect(server, way)
    server._gathering.active = True
    await echoed(client, way, over=way)
    loop = asyncio.get_running_loop()
    server.hurry(server.now() + 60.0)
    server.beat()
    assert server._reading is not None
    assert server._reading.when() < loop.time() + 0.015
    await client.close()
    way.close()


async def test_a_beat_reads_at_once_what_has_gathered(server: Endpoint) -> None:
    way = await udp_way(HOST, server.port)
    client, _, _ = await connect(server, way)
    calls = server.counters["receive_calls"]
    server.beat()
    assert server.counters["receive_calls"] == calls  # without load nothing is left to gather
    server._gathering.active = True
    await echoed(client, way, over=way)
    waiting, received = server._reading, server.counters["received"]
    assert waiting is not None
    client.send_sound(way)
    server.beat()
    assert server.counters["received"] == received + 1
    assert waiting.cancelled()
    assert server._reading is not waiting
    await until(lambda: not server._gathering.active)
    await echoed(client, way, over=way)
    await client.close()
    way.close()


async def test_dtls_may_begin_before_nomination(server: Endpoint) -> None:
    client, leg, handler = join(server)
    way = await udp_way(HOST, server.port)
    await client.check(way)
    assert await client.handshake(way) == "connected"
    await handler.connected.wait()
    await echoed(client, way, over=way)
    assert leg.ice.selected is None
    await client.close()
    way.close()


async def test_dtls_from_an_address_that_ice_has_not_validated_is_not_let_in(server: Endpoint) -> None:
    client, leg, _ = join(server)
    for open_way in (udp_way, tcp_way):
        stranger = await open_way(HOST, server.port)
        before = server.counters["dropped_unvalidated"]
        stranger.write(b"\x16\xfe\xfd" + bytes(60))
        await until(lambda before=before: server.counters["dropped_unvalidated"] > before)
        stranger.close()
    assert leg.state is LegState.CHECKING
    way = await udp_way(HOST, server.port)
    assert code_of(await client.check(way, password="wrong")) == 401
    assert leg.state is LegState.CHECKING
    way.close()


async def test_the_peer_moves_to_another_address(server: Endpoint) -> None:
    wifi = await udp_way(HOST, server.port)
    client, _, handler = await connect(server, wifi)
    cable = await udp_way(HOST, server.port)
    await client.check(cable)
    await echoed(client, cable, over=wifi)
    await client.check(cable, nominate=True)
    await echoed(client, cable, over=cable)
    assert handler.events == [("connected",)]
    await client.close()
    wifi.close()
    cable.close()


async def test_the_peer_falls_back_from_a_broken_tcp_connection_to_udp(server: Endpoint) -> None:
    tcp, udp = await tcp_way(HOST, server.port), await udp_way(HOST, server.port)
    client, leg, _ = await connect(server, tcp)
    await client.check(udp)
    tcp.close()
    await until(lambda: len(leg.ice.paths) == 1)
    await echoed(client, udp, over=udp)
    await client.close()
    udp.close()


async def test_a_tcp_connection_without_consent_is_cut_and_the_selected_way_stays(server: Endpoint) -> None:
    udp, tcp = await udp_way(HOST, server.port), await tcp_way(HOST, server.port)
    client, leg, _ = await connect(server, udp)
    await client.check(tcp)
    leg.handle_timer(server.now() + PATH_LIFETIME_SECONDS - 0.1)
    assert not tcp.lost.is_set()
    leg.last_received = server.now() + PATH_LIFETIME_SECONDS  # sound has been coming all the while
    leg.handle_timer(server.now() + PATH_LIFETIME_SECONDS)
    await tcp.lost.wait()
    await echoed(client, udp, over=udp)
    await client.close()
    udp.close()


async def test_ice_restarts_while_media_goes_on(server: Endpoint) -> None:
    old = await udp_way(HOST, server.port)
    client, leg, handler = await connect(server, old)
    first = client.server_ufrag
    client.accept(leg.update(client.restart()))
    assert client.server_ufrag != first
    await echoed(client, old, over=old)
    new = await udp_way(HOST, server.port)
    await client.check(new, nominate=True)
    await echoed(client, new, over=new)
    assert leg.ice.ufrags == (client.server_ufrag,)
    assert handler.events == [("connected",)]
    client.server_ufrag = first
    assert code_of(await client.check(old)) == 401
    await client.close()
    old.close()
    new.close()


async def test_a_neighbour_cannot_take_a_path_over(server: Endpoint) -> None:
    way = await udp_way(HOST, server.port)
    client, leg, _ = await connect(server, way)
    other, other_leg, _ = join(server, "b")
    await other.check(way, nominate=True)
    assert server.counters["paths_contested"] == 1
    assert other_leg.state is LegState.CHECKING
    way.take = client._take
    await echoed(client, way, over=way)
    leg.close("removed")
    await other.check(way, nominate=True)
    assert other_leg.state is LegState.SECURING
    await client.close()
    way.close()


async def test_stun_for_nobody_is_refused_in_few_bytes_or_not_at_all(server: Endpoint) -> None:
    client, _, _ = join(server)
    way = await udp_way(HOST, server.port)
    client.server_ufrag = "nobody"
    assert code_of(await client.check(way)) == 401
    way.write(stun.build(MessageClass.REQUEST, bytes(12)))
    way.write(stun.build(MessageClass.INDICATION, bytes(12)))
    honest = stun.build(MessageClass.REQUEST, bytes(12))
    way.write(honest[:-8] + b"\x80\x28\x00\xff" + bytes(4))  # an attribute that runs past the end
    await until(lambda: server.counters["stun_malformed"])
    assert server.counters["stun_refused"] == 2
    assert server.counters["stun_ignored"] == 1
    way.close()


async def test_an_impostor_is_sent_away(server: Endpoint) -> None:
    client, leg, handler = join(server)
    way = await udp_way(HOST, server.port)
    await client.check(way, nominate=True)
    stranger = RawClient()
    stranger.accept(leg.answer)
    await stranger.handshake(way)
    assert await handler.closed.get() == "dtls-fingerprint"
    assert server.legs == {}
    await stranger.close()
    way.close()


async def test_a_handler_s_bug_costs_one_leg(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    way = await udp_way(HOST, server.port)
    client, _, handler = join(server)

    def broken(_: WebRtcLeg) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(handler, "leg_connected", broken)
    join(server, "b")
    await client.check(way, nominate=True)
    await client.handshake(way)
    assert await handler.closed.get() == "internal-error"
    assert list(server.legs) == ["b"]
    assert server.counters["legs_failed"] == 1
    server._failures = 0
    await client.close()
    way.close()


async def test_a_bug_in_a_handshake_costs_one_leg_and_is_counted(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: DtlsAssociation) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(DtlsAssociation, "handshake", broken)
    way = await udp_way(HOST, server.port)
    client, _, handler = join(server)
    join(server, "b")
    await client.check(way, nominate=True)
    greeting = asyncio.create_task(client.handshake(way))
    assert await handler.closed.get() == "internal-error"
    assert list(server.legs) == ["b"]
    assert server.counters["legs_failed"] == 1
    server._failures = 0
    greeting.cancel()
    await asyncio.wait([greeting])
    way.close()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("open_way", [udp_way, tcp_way])
async def test_a_leg_that_was_closed_is_in_no_reference_cycle(server: Endpoint, open_way) -> None:  # type: ignore[no-untyped-def]
    way = await open_way(HOST, server.port)
    _, leg, _ = await connect(server, way)
    leg.close("removed")
    gone = weakref.ref(leg)
    del leg
    await until(lambda: gone() is None)
    way.close()


@pytest.mark.usefixtures("uncollected")
async def test_neither_is_one_that_nobody_came_to(server: Endpoint) -> None:
    _, leg, _ = join(server)
    leg.close("ice-timeout")
    gone = weakref.ref(leg)
    del leg
    await until(lambda: gone() is None)


async def test_closing_the_endpoint_closes_its_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    async with endpoint(HOST, monkeypatch) as started:
        way = await udp_way(HOST, started.port)
        client, _, handler = await connect(started, way)
    assert handler.events[-1] == ("closed", "server-stopping")
    await client.close()
    way.close()


async def test_the_certificate_is_renewed_for_new_legs_before_it_expires(server: Endpoint) -> None:
    first, _, _ = join(server)
    server._certificate.renew_at = 0.0
    second, _, _ = join(server, "b")
    third, _, _ = join(server, "c")
    assert first.server_print != second.server_print == third.server_print


async def test_candidates_are_taken_or_refused_by_form(server: Endpoint) -> None:
    _, leg, _ = join(server)
    leg.add_candidate("candidate:1 1 udp 2130706431 192.0.2.7 51744 typ host")
    leg.add_candidate("")
    with pytest.raises(RefusedError, match="candidate-invalid"):
        leg.add_candidate("nonsense")
    leg.close("removed")
    with pytest.raises(RefusedError):
        leg.update("v=0")
