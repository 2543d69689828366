"""A bad network in user space: a UDP relay that delays, loses and blocks datagrams by a seeded dice, both ways."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

Address = tuple[str, int]
MAX_PEERS = 64

# Sends a browser's media through the relay: the answer names the relay alone.
BROWSER_THROUGH = """() => {
  const port = %d;
  window.connections = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...parameters) { super(...parameters); window.connections.push(this); }
    setRemoteDescription({ type, sdp }) {
      const line = `a=candidate:1 1 udp 2130706431 127.0.0.1 ${port} typ host`;
      let placed = false;
      const lines = sdp.split("\\r\\n").flatMap((each) => {
        if (!each.startsWith("a=candidate:")) return [each];
        if (placed) return [];
        placed = true;
        return [line];
      });
      return super.setRemoteDescription({ type, sdp: lines.join("\\r\\n") });
    }
  };
}"""


@dataclass
class Weather:
    """May be changed while the relay runs."""

    delay: float = 0.0  # seconds, one way
    loss: float = 0.0  # share of datagrams, one way
    blocked: bool = False


class Relay(asyncio.DatagramProtocol):
    """Clients send to `port`; each gets an own socket towards the server, so that the server tells them apart."""

    def __init__(self, server: Address, weather: Weather, seed: int) -> None:
        self.weather = weather
        self.passed = 0
        self.lost = 0
        self._server = server
        self._dice = random.Random(seed)
        self._upstream: dict[Address, _Upstream] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        upstream = self._upstream.get(addr)
        if upstream is None:
            assert len(self._upstream) < MAX_PEERS
            upstream = self._upstream[addr] = _Upstream(self, addr)
            upstream.open(self._server)
        self.carry(data, upstream.send)

    def carry(self, data: bytes, send: object) -> None:
        if self.weather.blocked or self._dice.random() < self.weather.loss:
            self.lost += 1
            return
        self.passed += 1
        asyncio.get_running_loop().call_later(self.weather.delay, send, data)  # type: ignore[arg-type]

    def to_client(self, data: bytes, address: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, address)

    def change_addresses(self) -> None:
        """From now on every client comes to the server from another port, as after a change of network."""
        for upstream in self._upstream.values():
            upstream.close()
            upstream.open(self._server)

    def close(self) -> None:
        for upstream in self._upstream.values():
            upstream.close()
        if self._transport is not None:
            self._transport.close()


class _Upstream(asyncio.DatagramProtocol):
    """The socket that stands for one client towards the server."""

    def __init__(self, relay: Relay, client: Address) -> None:
        self._relay = relay
        self._client = client
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: list[bytes] = []
        self._opening: asyncio.Future[object] | None = None

    def open(self, server: Address) -> None:
        loop = asyncio.get_running_loop()
        self._opening = asyncio.ensure_future(loop.create_datagram_endpoint(lambda: self, remote_addr=server))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        for data in self._waiting:
            self._transport.sendto(data)
        self._waiting.clear()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._relay.carry(data, lambda payload: self._relay.to_client(payload, self._client))

    def send(self, data: bytes) -> None:
        if self._transport is None:
            self._waiting.append(data)
        elif not self._transport.is_closing():
            self._transport.sendto(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None


@asynccontextmanager
async def relay(server_port: int, weather: Weather, *, seed: int = 1, host: str = "127.0.0.1") -> AsyncIterator[Relay]:
    """A relay on loopback towards the server's media port."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(
        lambda: Relay((host, server_port), weather, seed), local_addr=(host, 0)
    )
    try:
        yield protocol
    finally:
        protocol.close()


def through(answer: str, *, server_port: int, relay_port: int, host: str = "127.0.0.1") -> str:
    """An SDP answer whose only candidate is the relay."""
    lines = []
    placed = False
    for line in answer.splitlines():
        if not line.startswith("a=candidate:"):
            lines.append(line)
        elif not placed:
            lines.append(f"a=candidate:1 1 udp 2130706431 {host} {relay_port} typ host")
            placed = True
    return "\r\n".join(lines) + "\r\n"
