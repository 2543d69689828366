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
from collections import Counter, deque
from typing import Protocol

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from mcu.errors import ProtocolError
from mcu.media.types import EncodedFrame, StreamKind
from mcu.signaling import protocol
from mcu.synthetic.client import Attention, Client
from mcu.synthetic.entry import Entry, Refused, local_tls
from mcu.synthetic.media_keeper import Equipment, MediaKeeper
from mcu.synthetic.player import Reel, Reels, Size
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate

RETRY_FIRST, RETRY_MOST = 0.5, 5.0  # seconds between attempts: people must be back within ten of a restart
OPEN_SECONDS = 10.0  # for the WebSocket to open
CLOSE_SECONDS = 2.0  # for the server to say goodbye as well: a stopped one never does
MAX_LINES = 200  # of chat kept
MENDABLE = frozenset(("media-unavailable", "busy", "server-stopping"))  # error codes worth another try

__all__ = ["Entry", "Participant", "Receiver", "Refused", "Witness"]

log = structlog.get_logger()


class Receiver(Protocol):
    """Who wants what participants receive; frames while the connection lasts."""

    def frame_received(self, participant: Participant, kind: StreamKind, frame: EncodedFrame) -> None: ...


class Witness(Protocol):
    """Who wants to know what becomes of a participant, as it happens."""

    def message_received(self, message: protocol.AnyServerMessage) -> None: ...  # and heeded
    def signaling_lost(self) -> None: ...  # or not there yet; another try follows
    def media_connected(self) -> None: ...
    def media_lost(self) -> None: ...  # another connection follows


class Participant:
    """Enters and stays. `entered`, `tiles`, `speaker`, `needed`, `roster` are what the server said last."""

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
        witness: Witness | None = None,
        attention: Attention = Attention.WHOLE,
        takes_content: bool = False,
        speaks_while_muted: bool = False,
    ) -> None:
        """`reels` None makes a viewer."""
        self.entry = entry
        self.entered: protocol.Entered | None = None
        self.roster: dict[str, protocol.Participant] = {}
        self.tiles: protocol.Tiles | None = None
        self.speaker: protocol.Speaker | None = None
        self.needed: protocol.PictureNeeded | None = None  # what of the own picture the server asked for
        self.chat: deque[protocol.ChatLine] = deque(maxlen=MAX_LINES)
        self.refusal = ""  # the code of the last one before entering
        self.reconnects = 0  # WebSockets opened after the first
        self._order = order
        self._receiver = receiver
        self._witness = witness
        equipment = Equipment(
            stage, reels, certificate, entry.name, order, codec, attention, takes_content, speaks_while_muted
        )
        self._media = MediaKeeper(equipment, self, offer=lambda sdp: self.send(protocol.Offer(sdp=sdp)))
        self._media.muted, self._media.camera_off = entry.muted, entry.camera_off
        self._socket: ClientConnection | None = None
        self._over = False
        self._chance = random.Random(f"participant {entry.name} {order}")

    # --- what a participant can do ----------------------------------------------------------------------

    @property
    def id(self) -> str:
        """As the server calls this participant; "" before it entered."""
        return self.entered.you.participant if self.entered else ""

    @property
    def client(self) -> Client | None:
        """The media connection, None while there is none."""
        return self._media.client

    @property
    def ready(self) -> asyncio.Event:
        """Media flows."""
        return self._media.ready

    @property
    def media_connects(self) -> int:
        """Media connections that came to be."""
        return self._media.connects

    @property
    def counters(self) -> Counter[str]:
        """See MediaKeeper."""
        return self._media.counters

    def attend(self, attention: Attention) -> None:
        """Look and listen more or less closely from now on, see `Client.attend`."""
        self._media.attend(attention)

    def set_speaking(self, speaking: bool) -> None:
        """Play the loop of speaking, or of listening, from the next picture on."""
        self._media.speaking = speaking
        self._media.apply()

    async def set_self(
        self, *, muted: bool | None = None, camera_off: bool | None = None, hand: bool | None = None
    ) -> None:
        """Change own microphone, camera, hand; None leaves it."""
        self._media.muted = self._media.muted if muted is None else muted
        self._media.camera_off = self._media.camera_off if camera_off is None else camera_off
        self._media.apply()
        changes = {"muted": muted, "camera_off": camera_off, "hand": hand}
        await self.send(protocol.SetSelf(**{key: value for key, value in changes.items() if value is not None}))

    async def share(self, reel: Reel | None) -> None:
        """Show the pictures of `reel` as content; None stops."""
        self._media.content = reel
        self._media.apply()
        await self.send(protocol.Content(active=reel is not None))

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

    async def vanish(self) -> None:
        """Be gone without a word, as when power fails; `run` then returns."""
        self._over = True
        socket, self._socket = self._socket, None
        await self._media.abandon()
        if socket is not None:
            socket.transport.abort()

    # --- life -------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Enter and stay until the conference ends or `leave`. Raises Refused, in an exception group."""
        pause, task = RETRY_FIRST, asyncio.current_task()
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
                if task is not None and task.cancelling():
                    raise asyncio.CancelledError  # Python 3.11's TaskGroup raises what a child did instead
                if not self._over:
                    self.reconnects += 1
                    if self._witness is not None:
                        self._witness.signaling_lost()
                    await asyncio.sleep(pause * self._chance.uniform(0.5, 1.0))
                    pause = min(RETRY_MOST, 2 * pause)
        finally:
            await self._media.close()

    def _open(self) -> connect:
        server = self.entry.server.rstrip("/").replace("http", "ws", 1)
        return connect(
            f"{server}/ws",
            subprotocols=[Subprotocol(protocol.SUBPROTOCOL)],
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
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
            keeping = group.create_task(self._media.run())
            try:
                async for text in socket:
                    message = protocol.decode_server(text)
                    self._receive(message)
                    if self._witness is not None:
                        self._witness.message_received(message)
                    if self._over:
                        break
            finally:
                keeping.cancel()

    def _greeting(self) -> protocol.ClientMessage:
        if self.entered is not None:
            you = self.entered.you
            return protocol.Resume(
                conference=self.entered.conference.id, participant=you.participant, secret=you.secret
            )
        return self.entry.greeting(muted=self._media.muted, camera_off=self._media.camera_off)

    def _receive(self, message: protocol.AnyServerMessage) -> None:
        match message:
            case protocol.Entered():
                self.entered = message
                self.roster = {line.participant: line for line in message.participants}
                if self.client is None or not message.resumed:
                    self._media.want()
            case protocol.Answer(sdp=sdp):
                self._media.take_answer(sdp)
            case protocol.MediaRestart():
                self._media.want()
            case protocol.ParticipantJoined(participant=line) | protocol.ParticipantChanged(participant=line):
                self.roster[line.participant] = line
            case protocol.ParticipantLeft(participant=who):
                self.roster.pop(who, None)
            case protocol.Tiles():
                self.tiles = message
            case protocol.Speaker():
                self.speaker = message
            case protocol.PictureNeeded():
                self._obey(message)
            case protocol.ChatMessage(message=line):
                self.chat.append(line)
            case protocol.Error():
                self._refused(message)
            case protocol.Ended(reason=reason):
                self._over = True
                log.info("conference over", participant=self._order, reason=reason)

    def _obey(self, needed: protocol.PictureNeeded) -> None:
        """Send no larger picture than is shown. Clips are coded already: their rates stay."""
        self.needed = needed
        picture = needed.picture
        self._media.paused = picture is None
        self._media.least = None if picture is None else Size(picture.width, picture.height)
        self._media.apply()

    def _refused(self, error: protocol.Error) -> None:
        if error.regarding == "resume":
            self.entered = None  # too late to resume: enter anew on the next connection
            raise ProtocolError(error.code)
        if self.entered is None and (
            error.regarding == "enter" or not error.regarding
        ):  # "" where it was not understood
            self.refusal = error.code
            if error.code not in MENDABLE:
                raise Refused(error.code, error.message.en)
        if error.regarding == "offer":
            self._media.want()
        log.info("refused", participant=self._order, code=error.code, regarding=str(error.regarding))

    # --- mcu.synthetic.media_keeper.Owner -------------------------------------------------------------

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None:
        if self._receiver is not None:
            self._receiver.frame_received(self, kind, frame)

    def media_connected(self) -> None:
        if self._witness is not None:
            self._witness.media_connected()

    def media_lost(self) -> None:
        if self._witness is not None:
            self._witness.media_lost()
