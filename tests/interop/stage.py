"""One conference on the running server, and the doors into it: WebSocket, WHIP, WHEP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.media import TONES
from tests.support.observe import HEARD, REMOVED, people_in_tiles, until
from tests.support.peers import Peer
from tests.support.server import Server

RATE = 48_000
ANSWER_SECONDS = 10.0
STANDS_SECONDS = 3.0  # after which the host takes its picture for one that a lost packet has stopped
HOST, GUEST = 1, 2  # persons: the stock aiortc that judges, and the stack under test
FRAGMENT = "application/trickle-ice-sdpfrag"


class Receiver(Protocol):
    """What a stack received: a Peer or a Child."""

    @property
    def picture(self) -> NDArray[np.uint8] | None: ...
    @property
    def sound(self) -> NDArray[np.float32]: ...


def hears(receiver: Receiver, *people: int) -> bool:
    """Whether the tones of `people`, and of nobody else, are in the last half second."""
    tail = receiver.sound[-RATE // 2 :]
    if len(tail) < RATE // 2:
        return False
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(tail * np.hanning(len(tail)))) + 1e-9)
    floor = float(np.median(spectrum))
    bins = {person: round(frequency * len(tail) / RATE) for person, frequency in TONES.items()}
    levels = {person: float(spectrum[b - 2 : b + 3].max()) - floor for person, b in bins.items()}
    weakest = min(levels[person] for person in people)
    return weakest > HEARD and all(levels[other] < weakest - REMOVED for other in TONES if other not in people)


class Membership:
    """A participant over the WebSocket; `tiles` is what the server said last."""

    def __init__(self, socket: ClientConnection) -> None:
        self.tiles: list[dict[str, Any]] = []
        self.width = 1  # of the composite in which `tiles` are measured
        self._socket = socket
        self._told: dict[str, asyncio.Queue[dict[str, Any]]] = {"entered": asyncio.Queue(), "answer": asyncio.Queue()}

    async def say(self, **message: object) -> None:
        await self._socket.send(json.dumps(message))

    async def told(self, kind: str) -> dict[str, Any]:
        return await asyncio.wait_for(self._told[kind].get(), ANSWER_SECONDS)

    async def negotiate(self, offer: str) -> str:
        await self.say(type="offer", sdp=offer)
        answer: str = (await self.told("answer"))["sdp"]
        return answer

    async def read(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if message["type"] == "tiles":
                self.tiles, self.width = message["tiles"], message["width"]
            elif message["type"] in self._told:
                self._told[message["type"]].put_nowait(message)
            assert message["type"] != "error", message


@dataclass
class Resource:
    """A session of WHIP or WHEP."""

    http: httpx.AsyncClient
    url: str
    etag: str
    answer: str

    async def patch(self, fragment: str, etag: str) -> httpx.Response:
        return await self.http.patch(self.url, content=fragment, headers={"content-type": FRAGMENT, "if-match": etag})

    async def delete(self) -> int:
        return (await self.http.delete(self.url)).status_code


class Stage:
    """One conference. The host, a stock aiortc, is in it and judges."""

    def __init__(self, server: Server, http: httpx.AsyncClient) -> None:
        made = server.post("/api/v1/conferences", {"title": "연동 회의"})
        self.id: str = made["id"]
        self.server = server
        self._link: str = made["link"]
        self._http = http
        self.host = Peer(HOST)
        self.membership: Membership

    @asynccontextmanager
    async def enter(self, name: str) -> AsyncIterator[Membership]:
        url = self.server.url.replace("http", "ws", 1) + "/ws"
        async with connect(url, subprotocols=[Subprotocol("mcu.v1")]) as socket:
            membership = Membership(socket)
            reader = asyncio.ensure_future(membership.read())
            try:
                await membership.say(type="enter", conference=self._link, name=name, office="연동 시험")
                await membership.told("entered")
                yield membership
                await membership.say(type="leave")
            finally:
                reader.cancel()

    def token(self, kind: str, name: str) -> tuple[str, str]:
        """(address, bearer token) for a client of WHIP or WHEP."""
        made = self.server.post(f"/api/v1/conferences/{self.id}/tokens", {"kind": kind, "name": name})
        return f"{self.server.url}/{kind}/{self.id}", made["token"]

    async def post(self, kind: str, offer: str) -> Resource:
        """Begin a session as RFC 9725 section 4.2 says."""
        url, token = self.token(kind, f"{kind} 손님")
        bearer = {"authorization": f"Bearer {token}"}
        response = await self._http.post(url, content=offer, headers=bearer | {"content-type": "application/sdp"})
        assert response.status_code == 201, response.text
        assert response.headers["content-type"] == "application/sdp"
        client = httpx.AsyncClient(headers=bearer)
        location = str(response.url.join(response.headers["location"]))
        return Resource(client, location, response.headers["etag"], response.text)

    def sees(self, receiver: Receiver, *people: int) -> bool:
        """Whether the composite that `receiver` decoded shows these people in the tiles, in their order.

        One whose H.264 level says that it cannot take the full size gets the same picture, smaller.
        """
        if receiver.picture is None:
            return False
        return people_in_tiles(receiver.picture, self.membership.tiles, self.membership.width) == list(people)

    async def until(self, condition: Any, *arguments: Any, what: str, seconds: float = 15.0) -> float:
        """Poll a plain function until it is true. Raises TimeoutError; the time when it was."""

        asked = time.monotonic()

        async def holds() -> bool:
            nonlocal asked
            held = bool(condition(*arguments))
            if not held and time.monotonic() > asked + STANDS_SECONDS:
                asked = time.monotonic()
                await self.host.ask_for_keyframe()
            return held

        return await until(holds, seconds, what=what)


@asynccontextmanager
async def stage(server: Server) -> AsyncIterator[Stage]:
    """A conference with its host in picture."""
    async with httpx.AsyncClient() as http:
        prepared = Stage(server, http)
        try:
            async with prepared.enter("주최자") as prepared.membership:
                await prepared.host.accept(await prepared.membership.negotiate(await prepared.host.offer()))
                await prepared.until(prepared.sees, prepared.host, HOST, what="the host alone")
                yield prepared
        finally:
            await prepared.host.close()


def seconds_since(begin: float) -> str:
    return f"{time.monotonic() - begin:.2f} s"
