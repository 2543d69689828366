"""ICE-TCP: framing, half-open connections, and what happens when a peer does not read."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from typing import Any, cast

import pytest
import uvloop

from mcu.errors import ProtocolError
from mcu.webrtc import ice_tcp
from mcu.webrtc.ice_tcp import (
    BUFFER_BYTES,
    HALF_OPEN_SECONDS,
    MAX_FRAME_BYTES,
    MAX_HALF_OPEN_PER_ADDRESS,
    VIDEO_BUFFER_BYTES,
    Deframer,
    IceTcpConnection,
    IceTcpListener,
)
from mcu.webrtc.sockets import open_pair
from tests.webrtc.raw_client import until

VIDEO = frozenset((96,))
VIDEO_PACKET = b"\x80\x60" + bytes(10)
AUDIO_PACKET = b"\x80\x6f" + bytes(10)


class Recorder:
    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.opened: list[IceTcpConnection] = []
        self.lost: list[IceTcpConnection] = []

    def stream_opened(self, connection: IceTcpConnection) -> None:
        self.opened.append(connection)

    def stream_received(self, connection: IceTcpConnection, packets: list[bytes]) -> None:
        self.packets += packets

    def stream_lost(self, connection: IceTcpConnection) -> None:
        self.lost.append(connection)


class FakeTransport:
    """A transport whose buffer fills as the test says."""

    def __init__(self, ip: str = "192.0.2.9") -> None:
        self.ip = ip
        self.waiting = 0
        self.written: list[bytes] = []
        self.aborted = False

    def get_extra_info(self, name: str) -> tuple[str, int]:
        assert name == "peername"
        return (self.ip, 4000)

    def set_write_buffer_limits(self, high: int) -> None: ...

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def connect(listener: IceTcpListener, ip: str = "192.0.2.9") -> tuple[IceTcpConnection, FakeTransport]:
    connection, transport = IceTcpConnection(listener), FakeTransport(ip)
    connection.connection_made(cast(Any, transport))
    return connection, transport


def framed(*packets: bytes) -> bytes:
    return b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets)


def test_frames_come_out_however_the_stream_is_cut() -> None:
    packets = [b"a", b"bc" * 700, b"def"]
    stream = framed(packets[0], b"", *packets[1:])
    for size in (1, 2, 3, 7, 500, len(stream)):
        deframer = Deframer()
        found = [p for start in range(0, len(stream), size) for p in deframer.receive(stream[start : start + size])]
        assert found == packets


def test_a_frame_too_long_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        Deframer().receive((MAX_FRAME_BYTES + 1).to_bytes(2, "big"))


async def test_a_peer_that_sends_nonsense_is_cut() -> None:
    listener = IceTcpListener(Recorder())
    connection, transport = connect(listener)
    connection.data_received(b"GET / HTTP/1.1\r\n")
    assert transport.aborted
    assert listener.counters["malformed"] == 1


def test_a_peer_that_reset_before_it_was_accepted_is_let_go() -> None:
    """On the processor's own loop: asyncio's remembers whose the connection was."""
    faults: list[dict[str, Any]] = []
    handler = Recorder()

    async def story() -> int:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
        listener = IceTcpListener(handler)
        waiting = socket.create_server(("127.0.0.1", 0))
        address = waiting.getsockname()
        with socket.create_connection(address) as gone:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with RST
        waiting.setblocking(False)
        await listener.start(waiting)
        _, writer = await asyncio.open_connection(*address)
        await until(lambda: handler.opened)  # who came after, so the first was seen
        port: int = writer.get_extra_info("sockname")[1]
        writer.close()
        await listener.close()
        return port

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        port = runner.run(story())
    assert [connection.port for connection in handler.opened] == [port]
    assert not faults


async def test_mapped_ipv4_addresses_are_shown_as_ipv4() -> None:
    listener = IceTcpListener(Recorder())
    assert str(connect(listener, "::ffff:192.0.2.9")[0]) == "192.0.2.9:4000"
    assert str(connect(listener, "2001:db8::9")[0]) == "[2001:db8::9]:4000"


async def test_when_the_buffer_fills_video_goes_first_then_everything() -> None:
    listener = IceTcpListener(Recorder())
    connection, transport = connect(listener)
    listener.claim(connection, VIDEO)
    assert connection.write(VIDEO_PACKET)
    transport.waiting = VIDEO_BUFFER_BYTES + 1
    assert not connection.write(VIDEO_PACKET)
    assert connection.write(AUDIO_PACKET)
    transport.waiting = BUFFER_BYTES + 1
    assert not connection.write(AUDIO_PACKET)
    assert listener.counters["dropped_full"] == 2
    assert transport.written == [framed(VIDEO_PACKET), framed(AUDIO_PACKET)]
    connection.connection_lost(None)
    assert not connection.write(AUDIO_PACKET)


async def test_unclaimed_connections_are_cut_in_time() -> None:
    listener = IceTcpListener(Recorder())
    claimed, claimed_transport = connect(listener)
    waiting, waiting_transport = connect(listener)
    listener.claim(claimed, VIDEO)
    due = listener.next_timer()
    assert due == waiting.opened + HALF_OPEN_SECONDS
    listener.handle_timer(due - 1.0)
    assert not waiting_transport.aborted
    listener.handle_timer(due)
    assert waiting_transport.aborted
    assert not claimed_transport.aborted
    assert listener.counters["unclaimed"] == 1
    assert listener.next_timer() == math.inf


async def test_half_open_connections_are_limited_by_address_and_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    listener = IceTcpListener(recorder)
    for _ in range(MAX_HALF_OPEN_PER_ADDRESS):
        connect(listener)
    refused, transport = connect(listener)
    assert transport.aborted
    refused.connection_lost(None)
    assert refused not in recorder.lost
    connect(listener, "192.0.2.10")
    monkeypatch.setattr(ice_tcp, "MAX_HALF_OPEN", MAX_HALF_OPEN_PER_ADDRESS + 1)
    assert connect(listener, "192.0.2.11")[1].aborted
    assert listener.counters["refused"] == 2


async def test_over_a_real_socket() -> None:
    recorder = Recorder()
    listener = IceTcpListener(recorder)
    udp, tcp = open_pair("127.0.0.1", 0)
    port = udp.getsockname()[1]
    await listener.start(tcp)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(framed(b"hello"))
    await until(lambda: recorder.packets)
    assert recorder.packets == [b"hello"]
    assert recorder.opened[0].write(b"answer")
    assert await reader.readexactly(8) == framed(b"answer")
    recorder.opened[0].close()
    assert await reader.read() == b""
    await until(lambda: recorder.lost)
    writer.close()
    await listener.close()
    udp.close()
