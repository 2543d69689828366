"""The control protocol between MC and MP: every message, and their framing for a byte stream.

Rules:
1. The MC asks, the MP answers each request once with the same `id`; the MP may send events at any time.
2. `UpdateConference` carries the whole state that the mixers need, so an MP that missed one is healed by the next.
3. Nothing here knows the transport: over a unix socket each message is a 4-byte big-endian length and the
   MessagePack body; over a message bus the body alone is one message.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from mcu.errors import ProtocolError

PROTOCOL_VERSION = 1
MAX_MESSAGE = 1 << 20  # bytes; the largest real one, a conference of 100 with long names, is under 64 KiB


class Message(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all messages; the class name is the tag on the wire."""


# --- values -----------------------------------------------------------------------------------------


class PictureSettings(msgspec.Struct, frozen=True):
    """Size, rate and bitrate of the composite."""

    width: int = 1280
    height: int = 720
    fps: int = 25
    bitrate: int = 1_200_000


class SlotRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rectangle of a custom layout on its logical canvas and who may stand in it."""

    x: int
    y: int
    width: int
    height: int
    holds: str = "rolling"  # "seat", "speaker", "content" or "rolling"
    seat: int = 0  # with holds="seat": the seat's number, from 1


class LayoutChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A layout by name, with its data where the name is "custom"."""

    name: str = "grid"  # grid, speaker, single, lecture, presentation, custom
    strip: int = 5  # small tiles beside the large one in "speaker", "lecture" and "presentation"
    fit: str = "cover"  # "cover" crops to the tile, "contain" shows all with bars
    slots: tuple[SlotRule, ...] = ()
    canvas: tuple[int, int] = (1920, 1080)  # logical size that `slots` refer to


class ParticipantState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the mixers must know of a participant."""

    participant: str
    name: str
    office: str = ""
    seat: int = 0
    muted: bool = False  # by whomever: the mixer does not hear this participant
    sounding: bool = False  # although muted: what comes is the sound of the content, and nobody's voice
    camera_off: bool = False
    seen: bool = True  # False for a viewer: no tile


class TileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where one participant stands in the composite, in pixels."""

    participant: str
    x: int
    y: int
    width: int
    height: int
    content: bool = False


class NeededPicture(msgspec.Struct, frozen=True):
    """The most that a participant's tiles show of a camera: a picture of this size, upright, and its rates."""

    width: int
    height: int
    fps: int
    bitrate: int


# --- requests, MC to MP -----------------------------------------------------------------------------


class OpenBridge(Message, frozen=True):
    conference: str
    picture: PictureSettings


class CloseBridge(Message, frozen=True):
    conference: str


class UpdateConference(Message, frozen=True):
    """The whole of what the mixers need, in roster order (the order of tiles)."""

    conference: str
    revision: int
    participants: tuple[ParticipantState, ...]
    layout: LayoutChoice
    content: str | None = None  # the participant whose content stream is shown


class AddLeg(Message, frozen=True):
    """Connect a participant with an SDP offer. Answered by `LegAnswer`.

    `direction` limits what the server will do, in the server's words: "both", "receive" (WHIP) or "send" (WHEP).
    """

    conference: str
    participant: str
    leg: str
    offer: str
    direction: str = "both"


class UpdateLeg(Message, frozen=True):
    """A later offer on the same leg: ICE restart. Answered by `LegAnswer`."""

    leg: str
    offer: str


class AddCandidate(Message, frozen=True):
    """A trickled candidate of the peer (RFC 8838); "" is end-of-candidates."""

    leg: str
    candidate: str


class RemoveLeg(Message, frozen=True):
    leg: str


class CheckLine(Message, frozen=True):
    """Connect somebody who only tries the line, in no conference, for a few seconds. Answered by `LegAnswer`."""

    leg: str
    offer: str


class ReportLoad(Message, frozen=True):
    """Ask for a `Load` now."""


class Stop(Message, frozen=True):
    """Close everything and exit."""


Command = (
    OpenBridge
    | CloseBridge
    | UpdateConference
    | AddLeg
    | UpdateLeg
    | AddCandidate
    | RemoveLeg
    | CheckLine
    | ReportLoad
    | Stop
)

# --- answers, MP to MC ------------------------------------------------------------------------------


class Done(Message, frozen=True):
    """The request was carried out and has nothing to tell."""


class LegAnswer(Message, frozen=True):
    answer: str  # SDP


class Refused(Message, frozen=True):
    """`code` as in mcu.errors.RefusedError: "sdp-invalid", "sdp-nothing-in-common", "no-such-leg", "busy"..."""

    code: str
    detail: str = ""


class BridgeLoad(msgspec.Struct, frozen=True):
    conference: str
    legs: int
    encoders: int
    ticks: int
    ticks_missed: int


class Load(Message, frozen=True):
    """What the MP is doing; counters since its start, by Prometheus name, labels in braces as in exposition format."""

    cpu_seconds: float
    rss_bytes: int
    strain: float  # share of time in which the busiest thread ran or waited for a CPU since the last report
    bridges: tuple[BridgeLoad, ...]
    counters: dict[str, float]


Answer = Done | LegAnswer | Refused | Load

# --- events, MP to MC -------------------------------------------------------------------------------


class Ready(Message, frozen=True):
    """First message of an MP on the control connection."""

    version: int
    pid: int
    port: int
    addresses: tuple[str, ...]


class LegState(Message, frozen=True):
    """`state`: "connected" (media flows), "disconnected" (silent; may return), "closed" (gone; `reason` says why)."""

    leg: str
    state: str
    reason: str = ""


class TilesChanged(Message, frozen=True):
    conference: str
    revision: int
    layout: str
    width: int
    height: int
    tiles: tuple[TileState, ...]


class SpeakerChanged(Message, frozen=True):
    """The dominant speaker and everybody who is audible now."""

    conference: str
    speaker: str | None
    speaking: tuple[str, ...] = ()


class LinesChanged(Message, frozen=True):
    """Whose line is poor now, by participant; and whether the MP does less for pictures, for want of CPU."""

    conference: str
    poor: tuple[str, ...] = ()
    strained: bool = False


class PictureNeeded(Message, frozen=True):
    """What the peer of a leg should send of its camera from now on; None: nothing, nobody is shown it."""

    leg: str
    picture: NeededPicture | None


Notice = Ready | LegState | TilesChanged | SpeakerChanged | LinesChanged | PictureNeeded


# --- envelopes and framing --------------------------------------------------------------------------


class Request(Message, frozen=True):
    id: int
    body: Command


class Reply(Message, frozen=True):
    id: int
    body: Answer


class Event(Message, frozen=True):
    body: Notice


Envelope = Request | Reply | Event

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Envelope] = msgspec.msgpack.Decoder(Envelope)
_LENGTH = struct.Struct("!I")


def encode(envelope: Envelope) -> bytes:
    """The body of one message."""
    return _encoder.encode(envelope)


def decode(body: bytes) -> Envelope:
    """The message in `body`. Raises ProtocolError."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"control message: {error}") from error


def frame(envelope: Envelope) -> bytes:
    """One message as it goes over a byte stream. Raises ValueError above MAX_MESSAGE (a bug on our side)."""
    body = encode(envelope)
    if len(body) > MAX_MESSAGE:
        raise ValueError(f"control message of {len(body)} bytes")
    return _LENGTH.pack(len(body)) + body


class Deframer:
    """Cuts a byte stream into messages. Raises ProtocolError on a length above MAX_MESSAGE or a bad body."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> Iterator[Envelope]:
        """Add `data` and yield the messages that are complete."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_MESSAGE:
                raise ProtocolError(f"control message of {length} bytes announced")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield decode(body)
