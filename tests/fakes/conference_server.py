"""A conference made of the protocol's own messages: enough server for the web client's pages, and a remote control.

It keeps one conference in memory, on a free port, in a thread of its own. A test reads `received`, and makes things
happen with `tell` and `drop`. It carries no media: a page that is to see some is given tests/browser/still_media.js,
which shows `still`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from mcu.errors import ProtocolError
from mcu.signaling import protocol, static
from mcu.signaling.headers import SecurityHeaders
from tests.support.server import free_port

WEB_CLIENT = Path(__file__).resolve().parents[2] / "web-client"
LINK = "Zm9vYmFyYmF6cXV4cXV1eA"
SECRET = "a-secret-of-this-participant"
M = TypeVar("M", bound=protocol.ClientMessage)


def person(name: str, office: str, seat: int, **changes: object) -> protocol.Participant:
    """A participant whose microphone and camera are on."""
    plain = protocol.Participant(
        participant=f"p{seat}",
        name=name,
        office=office,
        role="attendee",
        seat=seat,
        muted=False,
        muted_by_chair=False,
        camera_off=False,
        hand=False,
        captioner=False,
        presence="connected",
    )
    return msgspec.structs.replace(plain, **changes)


@dataclass
class FakeConference:
    """What the server knows; tests may change it before a page connects."""

    others: list[protocol.Participant] = field(default_factory=list)
    title: str = "구청장 협의회 정례회의"
    role: protocol.Role = "attendee"
    refusal: protocol.Error | None = None  # answers the next `enter`
    too_fast: int = 0  # so many of the next `set_self` are refused
    forgotten: bool = False  # `resume` is refused
    answers_pings: bool = True
    answers_enter: bool = True
    tiles: protocol.Tiles | None = None
    content: str | None = None
    locked: bool = False
    still: bytes = b""  # the composite as PNG, at /still.png
    port: int = 0
    received: list[protocol.ClientMessage] = field(default_factory=list)
    chat: list[protocol.ChatLine] = field(default_factory=list)
    you: protocol.Participant | None = None
    layout: protocol.LayoutChoice = field(default_factory=protocol.LayoutChoice)
    _sockets: set[WebSocket] = field(default_factory=set)
    _waiting: set[WebSocket] = field(default_factory=set)  # not entered yet
    _loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def link(self) -> str:
        return f"{self.url}/c/{LINK}"

    def tell(self, *messages: protocol.ServerMessage) -> None:
        """Send to everybody, from the test's thread."""
        self._run(self._tell(*messages))

    def drop(self) -> None:
        """Break every connection without a word."""
        self._run(self._drop())

    def refuse_waiting(self, refusal: protocol.Error) -> None:
        """Answer those who asked to enter and heard nothing so far."""
        self._run(self._tell(refusal, to=self._waiting))

    def sent(self, kind: type[M]) -> list[M]:
        return [message for message in self.received if isinstance(message, kind)]

    def write(self, who: protocol.Participant, text: str) -> None:
        self.tell(self._line(who, text))

    def _run(self, coroutine: object) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(5)  # type: ignore[arg-type]

    async def _tell(self, *messages: protocol.ServerMessage, to: set[WebSocket] | None = None) -> None:
        for socket in list(self._sockets if to is None else to):
            for message in messages:
                await socket.send_text(protocol.encode(message))

    async def _drop(self) -> None:
        for socket in list(self._sockets):
            await socket.close(1012)

    async def picture(self, _: Request) -> Response:
        """What tests/browser/still_media.js sends as the composite."""
        return Response(self.still, media_type="image/png")

    async def tell_title(self, _: Request) -> Response:
        return JSONResponse({"title": self.title})

    async def serve(self, socket: WebSocket) -> None:
        """One WebSocket from beginning to end."""
        await socket.accept(subprotocol=protocol.SUBPROTOCOL)
        self._waiting.add(socket)
        self._loop = asyncio.get_running_loop()
        await socket.send_text(protocol.encode(protocol.Welcome(protocol=protocol.SUBPROTOCOL, server="fake")))
        try:
            while True:
                message = protocol.decode_client(await socket.receive_text())
                self.received.append(message)
                for answer in self._answers(message):
                    await socket.send_text(protocol.encode(answer))
                    if isinstance(answer, protocol.Entered):
                        self._waiting.discard(socket)
                        self._sockets.add(socket)
        except WebSocketDisconnect:
            return
        except ProtocolError as error:
            raise AssertionError(f"the page sent {error}") from error
        finally:
            self._sockets.discard(socket)
            self._waiting.discard(socket)

    def _answers(self, message: protocol.ClientMessage) -> list[protocol.ServerMessage]:
        match message:
            case protocol.Enter():
                return self._enter(message) if self.answers_enter else []
            case protocol.Resume():
                return self._resume(message)
            case protocol.Ping():
                return [protocol.Pong()] if self.answers_pings else []
            case protocol.SetSelf() if self.too_fast > 0:
                self.too_fast -= 1
                sentence = protocol.Sentence(ko="요청이 너무 잦습니다.", en="Too many requests.")
                return [protocol.Error(code="too-fast", message=sentence, regarding="set_self")]
            case protocol.SetSelf():
                return [self._change_self(message)]
            case protocol.Content(active=active):
                return [protocol.ContentChanged(participant=self._you.participant if active else None)]
            case protocol.Layout(choice=choice):
                self.layout = choice
                return [protocol.LayoutChanged(choice=choice)]
            case protocol.Lock(locked=locked):
                return [protocol.LockChanged(locked=locked)]
            case protocol.Chat(text=text):
                return [self._line(self._you, text)]
            case protocol.React(reaction=reaction):
                return [protocol.Reacted(participant=self._you.participant, reaction=reaction)]
            case protocol.Caption(text=text, final=final):
                return [protocol.Captioned(participant=self._you.participant, text=text, final=final)]
            case protocol.Moderate():
                return self._moderate(message)
            case protocol.End():
                return [_ended("conference-ended")]
            case protocol.Leave():
                return [_ended("left")]
            case _:
                return []

    @property
    def _you(self) -> protocol.Participant:
        assert self.you is not None
        return self.you

    def _enter(self, message: protocol.Enter) -> list[protocol.ServerMessage]:
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            return [refusal]
        viewer = message.role == "viewer"
        self.you = person(
            message.name,
            message.office,
            0 if viewer else 7,
            participant="you",
            role="viewer" if viewer else ("chair" if message.chair_key is not msgspec.UNSET else self.role),
            muted=message.muted or viewer,
            camera_off=message.camera_off or viewer,
        )
        return self._entered(resumed=False)

    def _resume(self, message: protocol.Resume) -> list[protocol.ServerMessage]:
        if self.forgotten or message.secret != SECRET or self.you is None:
            sentence = protocol.Sentence(ko="이전 연결을 이어 갈 수 없습니다.", en="Your place is gone.")
            return [protocol.Error(code="resume-unknown", message=sentence, regarding="resume")]
        return self._entered(resumed=True)

    def _entered(self, *, resumed: bool) -> list[protocol.ServerMessage]:
        conference = protocol.ConferenceView(
            id="c1",
            title=self.title,
            number="123456789",
            locked=self.locked,
            layout=self.layout,
            content=self.content,
            picture=protocol.PictureSize(width=1280, height=720, fps=25),
        )
        you = protocol.You(participant="you", secret=SECRET, role=self._you.role, seat=self._you.seat)
        entered = protocol.Entered(
            conference=conference,
            you=you,
            participants=(*self.others, self._you),
            chat=tuple(self.chat),
            ice_servers=(),
            resumed=resumed,
        )
        return [entered, *([self.tiles] if self.tiles else [])]

    def _change_self(self, message: protocol.SetSelf) -> protocol.ServerMessage:
        changes = {
            name: value
            for name in ("muted", "camera_off", "hand")
            if (value := getattr(message, name)) is not msgspec.UNSET
        }
        self.you = msgspec.structs.replace(self._you, **changes)
        return protocol.ParticipantChanged(participant=self.you)

    def _moderate(self, message: protocol.Moderate) -> list[protocol.ServerMessage]:
        index = next(i for i, other in enumerate(self.others) if other.participant == message.participant)
        if message.action == "remove":
            gone = self.others.pop(index)
            return [protocol.ParticipantLeft(participant=gone.participant, reason="removed")]
        if message.action in ("appoint_captioner", "dismiss_captioner"):
            captioner = message.action == "appoint_captioner"
            self.others[index] = msgspec.structs.replace(self.others[index], captioner=captioner)
            return [protocol.ParticipantChanged(participant=self.others[index])]
        muted = message.action == "mute"
        self.others[index] = msgspec.structs.replace(self.others[index], muted=muted, muted_by_chair=muted)
        return [protocol.ParticipantChanged(participant=self.others[index])]

    def _line(self, who: protocol.Participant, text: str) -> protocol.ChatMessage:
        line = protocol.ChatLine(
            line=len(self.chat) + 1,
            participant=who.participant,
            name=who.name,
            office=who.office,
            text=text,
            at=f"2026-11-21T01:{len(self.chat) % 60:02}:00Z",
        )
        self.chat.append(line)
        return protocol.ChatMessage(message=line)


async def busy(_: Request) -> Response:
    """Nobody's line is checked here, which must keep nobody from joining."""
    return JSONResponse({"code": "busy"}, 503)


def _ended(reason: str) -> protocol.Ended:
    sentence = protocol.Sentence(ko="회의가 끝났습니다.", en="The meeting is over.")
    return msgspec.structs.replace(protocol.Ended(reason="left", message=sentence), reason=reason)


@contextmanager
def running(conference: FakeConference) -> Iterator[FakeConference]:
    """Serve the web client and `conference` on a free port."""

    routes = [
        WebSocketRoute("/ws", conference.serve),
        Route("/lobby", conference.tell_title, methods=["POST"]),
        Route("/lobby/line", busy, methods=["POST"]),
        Route("/still.png", conference.picture),
        *static.pages(WEB_CLIENT),
        static.files(WEB_CLIENT),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)])
    conference.port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=conference.port, log_level="warning", ws="websockets-sansio", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield conference
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(5)
