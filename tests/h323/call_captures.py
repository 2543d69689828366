"""Captured calls, taken apart into what each side said over its connections, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mcu.h323 import capture_file, h225_codec, q931, tpkt
from mcu.h323.address import Address
from mcu.h323.capture_file import Piece
from mcu.h323.h225_messages import Setup, UserInformation
from mcu.h323.q931 import MessageType
from tests.h323 import captures

Connection = tuple[Address, Address]  # who made it, and to whom


@dataclass
class Spoken:
    """Bytes of one side over one connection."""

    by_caller: bool
    is_control: bool
    data: bytes


@dataclass
class CapturedCall:
    """One call of a capture. `control` is the connection for H.245, if there was one."""

    name: str
    signaling: Connection
    control: Connection | None = None
    spoken: list[Spoken] = field(default_factory=list)

    def messages(self, *, by_caller: bool) -> Iterator[tuple[q931.Message, UserInformation]]:
        """What one side said in call signaling."""
        deframer = tpkt.Deframer()
        for spoken in self.spoken:
            if spoken.by_caller is by_caller and not spoken.is_control:
                for data in deframer.receive(spoken.data):
                    message = q931.parse(data)
                    yield message, h225_codec.parse(message.user_information or b"")

    def pdus(self, *, by_caller: bool) -> Iterator[bytes]:
        """What one side said in H.245, tunnelled or not."""
        for _, information in self.messages(by_caller=by_caller):
            body = information.body
            yield from information.control
            yield from body.parallel_control if isinstance(body, Setup) else ()
        deframer = tpkt.Deframer()
        for spoken in self.spoken:
            if spoken.by_caller is by_caller and spoken.is_control:
                yield from deframer.receive(spoken.data)

    @property
    def setup(self) -> Setup:
        body = next(self.messages(by_caller=True))[1].body
        assert isinstance(body, Setup)
        return body

    def ends(self, *, by_caller: bool) -> bool:
        """Whether that side sent a RELEASE COMPLETE."""
        return any(m.kind == MessageType.RELEASE_COMPLETE for m, _ in self.messages(by_caller=by_caller))


def calls(path: Path) -> list[CapturedCall]:
    """The calls of a capture that were answered."""
    pieces = [piece for piece in captures.pieces(path) if piece.protocol == capture_file.TCP]
    begun = [(p.source, p.destination) for p in pieces if p.begins]
    made: dict[frozenset[Address], Connection] = {}
    for source, destination in begun:
        made.setdefault(frozenset((source, destination)), (source, destination))
    found = [
        CapturedCall(f"{path.stem}:{connection[1].port}", connection)
        for connection in made.values()
        if _first(pieces, connection)[4:5] == b"\x08"
    ]
    for call in found:
        for_call(call, pieces, made)
    return [call for call in found if any(m.kind == MessageType.CONNECT for m, _ in call.messages(by_caller=False))]


def for_call(call: CapturedCall, pieces: list[Piece], made: dict[frozenset[Address], Connection]) -> None:
    """Fill in what was said, and find the connection for H.245 by the addresses that were told."""
    _fill(call, pieces)
    told = {
        getattr(information.body, "h245_address", None)
        for by_caller in (True, False)
        for _, information in call.messages(by_caller=by_caller)
    }
    call.control = next((connection for connection in made.values() if connection[1] in told), None)
    _fill(call, pieces)


def _fill(call: CapturedCall, pieces: list[Piece]) -> None:
    call.spoken = []
    caller, callee = call.signaling
    for piece in pieces:
        way = piece.source, piece.destination
        if not piece.data:
            continue
        if set(way) == {caller, callee}:
            call.spoken.append(Spoken(piece.source == caller, False, piece.data))
        elif call.control is not None and set(way) == set(call.control):
            call.spoken.append(Spoken(piece.source.ip == caller.ip, True, piece.data))


def _first(pieces: list[Piece], connection: Connection) -> bytes:
    return next((p.data for p in pieces if (p.source, p.destination) == connection and p.data), b"")
