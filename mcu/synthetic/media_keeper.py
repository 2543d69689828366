"""Keeps one participant's media connected: a new client whenever one is wanted, dressed as the last one was."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from mcu.errors import ProtocolError
from mcu.media.types import EncodedFrame, StreamKind
from mcu.synthetic.client import Attention, Client, ConnectError
from mcu.synthetic.player import Reel, Reels, Size
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate

RETRY_SECONDS = 0.5  # after an attempt that failed
ANSWER_SECONDS = 10.0  # for the server to answer an offer

log = structlog.get_logger()


class Owner(Protocol):
    """Whose media it is."""

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None: ...
    def media_connected(self) -> None: ...
    def media_lost(self) -> None: ...  # it will be there again, unless all is over


@dataclass(frozen=True, slots=True)
class Equipment:
    """What all clients of one participant are made with."""

    stage: Stage
    reels: Reels | None  # None for a viewer
    certificate: Certificate
    name: str  # seeds what is random
    order: int = 0
    codec: str = "VP8"
    attention: Attention = Attention.WHOLE  # to what is received, at first
    takes_content: bool = False  # as a stream of its own
    speaks_while_muted: bool = False  # a client that obeys nobody, for seeing that the server does not rely on it


class MediaKeeper:
    """`run` while signaling is up; `want` a connection, `take_answer` for its offer."""

    def __init__(self, equipment: Equipment, owner: Owner, *, offer: Callable[[str], Awaitable[None]]) -> None:
        self.client: Client | None = None  # the one that is connected
        self.connects = 0  # media connections that came to be
        self.ready = asyncio.Event()  # media flows
        self.muted = self.camera_off = self.speaking = False  # see apply
        self.content: Reel | None = None  # likewise
        self.paused = False  # likewise
        self.least: Size | None = None  # likewise
        self._equipment = equipment
        self._owner = owner
        self._attention = equipment.attention
        self._past: Counter[str] = Counter()  # of clients that are gone
        self._send_offer = offer
        self._offered: Client | None = None  # waits for its answer
        self._wanted = asyncio.Event()
        self._answers: asyncio.Queue[str] = asyncio.Queue(1)

    def want(self) -> None:
        """Make a connection, in place of the one there is."""
        self._lose()
        self._wanted.set()

    def attend(self, attention: Attention) -> None:
        """To what is received from now on, also after another connection was made."""
        self._attention = attention
        if self.client is not None:
            self.client.attend(attention)

    @property
    def counters(self) -> Counter[str]:
        """Those of all clients so far, and "skipped" media."""
        total = Counter(self._past)
        if self.client is not None:
            total.update(_counters(self.client))
        return total

    def take_answer(self, sdp: str) -> None:
        """The server's answer to the last offer."""
        if not self._answers.full():
            self._answers.put_nowait(sdp)

    async def run(self) -> None:
        """Make a media connection whenever one is wanted."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._connect()
            except (ConnectError, ProtocolError, TimeoutError) as error:
                log.info("media failed", participant=self._equipment.order, error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                self._wanted.set()

    async def close(self) -> None:
        """End whatever there is."""
        for client in self._let_go():
            await client.close()

    async def abandon(self) -> None:
        """Likewise, without a word, as when power fails."""
        for client in self._let_go():
            await client.abandon()

    def _let_go(self) -> list[Client]:
        self.ready.clear()
        self._past = self.counters
        old = [client for client in (self.client, self._offered) if client is not None]
        self.client = self._offered = None
        return old

    def apply(self) -> None:
        """Play by `muted`, `camera_off`, `speaking`, `content`, `paused` and `least`."""
        client = self.client
        if client is None or client.player is None:
            return
        client.player.muted = self.muted and not self._equipment.speaks_while_muted
        client.player.camera_off = self.camera_off
        client.player.paused, client.player.least = self.paused, self.least
        client.player.set_speaking(self.speaking)
        if client.shared is not self.content:
            client.share(self.content)

    async def _connect(self) -> None:
        await self.close()
        equipment = self._equipment
        client = self._offered = Client(
            equipment.stage,
            equipment.reels,
            certificate=equipment.certificate,
            seed=f"{equipment.name} {equipment.order}",
            codec=equipment.codec,
            order=equipment.order,
            listener=self,
            attention=self._attention,
            takes_content=equipment.takes_content,
        )
        while not self._answers.empty():
            self._answers.get_nowait()
        await self._send_offer(client.offer())
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await self._answers.get()
        await client.connect(answer)
        self.client, self._offered = client, None
        client.attend(self._attention)  # which may have changed meanwhile
        self.connects += 1
        self.apply()
        self.ready.set()
        self._owner.media_connected()

    def _lose(self) -> None:
        if self.ready.is_set():
            self.ready.clear()
            self._owner.media_lost()

    # --- mcu.synthetic.client.Listener ------------------------------------------------------------------

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None:
        self._owner.frame_received(client, kind, frame)

    def connection_lost(self, client: Client, reason: str) -> None:
        if client is self.client:
            log.info("media lost", participant=self._equipment.order, reason=reason)
            self._lose()
            self._wanted.set()


def _counters(client: Client) -> Counter[str]:
    counters = Counter(client.counters)
    counters["skipped"] += client.player.skipped if client.player is not None else 0
    return counters
