"""A synthetic participant: the browser's signaling protocol, a light WebRTC client, and coming back by itself.

Rules:
1. `run` lasts from entering to the end; whoever owns the task ends it by cancelling, which leaves properly.
2. A lost WebSocket is resumed with the secret; a lost media connection, or `media_restart`, gets a new client.
3. Refusals that trying again cannot mend end the participant with `Refused`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import structlog
from msgspec import UNSET
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from mcu.errors import PeerError, ProtocolError
from mcu.media.types import EncodedFrame, StreamKind
from mcu.signaling import protocol
from mcu.synthetic.client import Client, ConnectError
from mcu.synthetic.player import Reels
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate

RETRY_FIRST, RETRY_MOST = 0.5, 5.0  # seconds between attempts: people must be back within ten of a restart
OPEN_SECONDS = 10.0  # for the WebSocket to open
MAX_LINES = 200  # of chat kept
MENDABLE = frozenset(("media-unavailable", "busy", "server-stopping"))  # error codes worth another try

log = structlog.get_logger()


class Refused(PeerError):
    """The server does not want this participant; `code` is the error's."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


class Receiver(Protocol):
    """Who wants what participants receive; see `mcu.synthetic.client.Listener`."""

    def frame_received(self, participant: Participant, kind: StreamKind, frame: EncodedFrame) -> None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """Into which conference, as whom."""

    server: str  # "http://host:port" or "https://host:port"
    conference: str  # the link's id
    name: str
    office: str = ""
    role: str = "attendee"
    chair_key: str = ""
    muted: bool = False
    camera_off: bool = False


class Participant:
    """Enters and stays. `entered`, `tiles`, `speaker` and `roster` are what the server said last."""

    def __init__(
        self,
        entry: Entry,
        reels: Reels | None,
        *,
        stage: Stage,
        certificate: Certificate,
        order: int = 0,
        codec: str = "VP8",
        receiver: Receiver | None = None,
    ) -> None:
        self.entry = entry
        self.client: Client | None = None
        self.entered: protocol.Entered | None = None
        self.roster: dict[str, protocol.Participant] = {}
        self.tiles: protocol.Tiles | None = None
        self.speaker: protocol.Speaker | None = None
        self.chat: deque[protocol.ChatLine] = deque(maxlen=MAX_LINES)
        self.reconnects = 0  # WebSockets opened after the first
        self.media_connects = 0  # media connections that came to be
        self.ready = asyncio.Event()  # media flows
        self._reels = reels
        self._stage = stage
        self._certificate = certificate
        self._order = order
        self._codec = codec
        self._receiver = receiver
        self._muted, self._camera_off, self._speaking = entry.muted, entry.camera_off, False
        self._socket: ClientConnection | None = None
        self._offered: Client | None = None  # waits for its answer
        self._media_wanted = asyncio.Event()
        self._answers: asyncio.Queue[str] = asyncio.Queue(1)
        self._over = False
        self._chance = random.Random(f"participant {entry.name} {order}")

    # --- what a participant can do ----------------------------------------------------------------------

    @property
    def id(self) -> str:
        """As the server calls this participant; "" before it entered."""
        return self.entered.you.participant if self.entered else ""

    def set_speaking(self, speaking: bool) -> None:
        """Play the loop of speaking, or of listening, from the next picture on."""
        self._speaking = speaking
        if self.client is not None and self.client.player is not None:
            self.client.player.set_speaking(speaking)

    async def set_self(
        self, *, muted: bool | None = None, camera_off: bool | None = None, hand: bool | None = None
    ) -> None:
        """Change own microphone, camera, hand; None leaves it."""
        self._muted = self._muted if muted is None else muted
        self._camera_off = self._camera_off if camera_off is None else camera_off
        self._apply_switches()
        changes = {"muted": muted, "camera_off": camera_off, "hand": hand}
        await self.send(protocol.SetSelf(**{key: value for key, value in changes.items() if value is not None}))

    async def say(self, text: str) -> None:
        """One line of chat."""
        await self.send(protocol.Chat(text=text))

    async def send(self, message: protocol.ClientMessage) -> None:
        """Any message; dropped while there is no connection, as a browser's would be."""
        if self._socket is not None:
            with contextlib.suppress(WebSocketException):
                await self._socket.send(protocol.encode(message))

    async def leave(self) -> None:
        """Leave for good; `run` then returns."""
        self._over = True
        await self.send(protocol.Leave())
        if self._socket is not None:
            await self._socket.close()

    # --- life -------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Enter and stay until the conference ends or `leave`. Raises Refused, in an exception group."""
        pause = RETRY_FIRST
        try:
            while not self._over:
                try:
                    async with self._open() as socket:
                        self._socket = socket
                        pause = RETRY_FIRST
                        await self._converse_and_leave(socket)
                except* (OSError, TimeoutError, WebSocketException, ProtocolError) as lost:
                    names = [type(error).__name__ for error in lost.exceptions]
                    log.info("signaling lost", participant=self._order, errors=names)
                self._socket = None
                if not self._over:
                    self.reconnects += 1
                    await asyncio.sleep(pause * self._chance.uniform(0.5, 1.0))
                    pause = min(RETRY_MOST, 2 * pause)
        finally:
            self.ready.clear()
            await self._drop_clients()

    def _open(self) -> connect:
        server = self.entry.server.rstrip("/").replace("http", "ws", 1)
        return connect(
            f"{server}/ws",
            subprotocols=[Subprotocol(protocol.SUBPROTOCOL)],
            open_timeout=OPEN_SECONDS,
            max_size=protocol.MAX_MESSAGE_BYTES * 8,  # the roster of a full conference with 100 lines of chat
            ssl=local_tls() if server.startswith("wss") else None,
            proxy=None,
        )

    async def _converse_and_leave(self, socket: ClientConnection) -> None:
        """Whoever is called away says goodbye first, so that the place is not kept."""
        try:
            await self._converse(socket)
        except asyncio.CancelledError:
            self._over = True
            await self.send(protocol.Leave())
            raise

    async def _converse(self, socket: ClientConnection) -> None:
        """One WebSocket's life: this task reads, another keeps the media connected."""
        await socket.send(protocol.encode(self._greeting()))
        async with asyncio.TaskGroup() as group:
            media = group.create_task(self._keep_media())
            try:
                async for text in socket:
                    self._receive(protocol.decode_server(text))
                    if self._over:
                        break
            finally:
                media.cancel()

    def _greeting(self) -> protocol.ClientMessage:
        if self.entered is not None:
            you = self.entered.you
            return protocol.Resume(
                conference=self.entered.conference.id, participant=you.participant, secret=you.secret
            )
        entry = self.entry
        return protocol.Enter(
            conference=entry.conference,
            name=entry.name,
            office=entry.office,
            role="viewer" if entry.role == "viewer" else "attendee",
            muted=self._muted,
            camera_off=self._camera_off,
            chair_key=entry.chair_key or UNSET,
        )

    def _receive(self, message: protocol.AnyServerMessage) -> None:
        match message:
            case protocol.Entered():
                self.entered = message
                self.roster = {line.participant: line for line in message.participants}
                if self.client is None or not message.resumed:
                    self._media_wanted.set()
            case protocol.Answer(sdp=sdp) if not self._answers.full():
                self._answers.put_nowait(sdp)
            case protocol.MediaRestart():
                self._media_wanted.set()
            case protocol.ParticipantJoined(participant=line) | protocol.ParticipantChanged(participant=line):
                self.roster[line.participant] = line
            case protocol.ParticipantLeft(participant=who):
                self.roster.pop(who, None)
            case protocol.Tiles():
                self.tiles = message
            case protocol.Speaker():
                self.speaker = message
            case protocol.ChatMessage(message=line):
                self.chat.append(line)
            case protocol.Error():
                self._refused(message)
            case protocol.Ended(reason=reason):
                self._over = True
                log.info("conference over", participant=self._order, reason=reason)

    def _refused(self, error: protocol.Error) -> None:
        if error.regarding == "resume":
            self.entered = None  # too late to resume: enter anew on the next connection
            raise ProtocolError(error.code)
        if error.regarding == "enter" and error.code not in MENDABLE:
            raise Refused(error.code, error.message.en)
        if error.regarding == "offer":
            self._media_wanted.set()
        log.info("refused", participant=self._order, code=error.code, regarding=str(error.regarding))

    # --- media ------------------------------------------------------------------------------------------

    async def _keep_media(self) -> None:
        """Make a media connection whenever one is wanted."""
        while True:
            await self._media_wanted.wait()
            self._media_wanted.clear()
            try:
                await self._connect_media()
            except (ConnectError, ProtocolError, TimeoutError) as error:
                log.info("media failed", participant=self._order, error=str(error))
                await asyncio.sleep(RETRY_FIRST)
                self._media_wanted.set()

    async def _connect_media(self) -> None:
        self.ready.clear()
        await self._drop_clients()
        client = self._offered = Client(
            self._stage,
            self._reels,
            certificate=self._certificate,
            seed=f"{self.entry.name} {self._order}",
            codec=self._codec,
            order=self._order,
            listener=self,
        )
        while not self._answers.empty():
            self._answers.get_nowait()
        await self.send(protocol.Offer(sdp=client.offer()))
        async with asyncio.timeout(OPEN_SECONDS):
            answer = await self._answers.get()
        await client.connect(answer)
        self.client, self._offered = client, None
        self.media_connects += 1
        self._apply_switches()
        self.set_speaking(self._speaking)
        self.ready.set()

    async def _drop_clients(self) -> None:
        old = [client for client in (self.client, self._offered) if client is not None]
        self.client = self._offered = None
        for client in old:
            await client.close()

    def _apply_switches(self) -> None:
        if self.client is not None and self.client.player is not None:
            self.client.player.muted = self._muted
            self.client.player.camera_off = self._camera_off

    # --- mcu.synthetic.client.Listener ------------------------------------------------------------------

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None:
        if self._receiver is not None:
            self._receiver.frame_received(self, kind, frame)

    def connection_lost(self, client: Client, reason: str) -> None:
        if client is self.client and not self._over:
            log.info("media lost", participant=self._order, reason=reason)
            self.ready.clear()
            self._media_wanted.set()


def local_tls() -> ssl.SSLContext:
    """TLS without looking at the certificate: the server makes its own at the first start."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
