"""What a locust worker says to an agent, and what the agent says back: one JSON object a line over a unix socket.

Rules:
1. Every `Command` is answered by exactly one `Reply` with its number, in any order. `Happened` comes unasked.
2. `who` is a participant's number in the whole run: its face, voice, code and signature. An agent has one of a number.
3. Seconds are monotonic, the same in all processes of a machine; durations are floats of seconds.
4. The worker listens at the socket, and the agent connects to it once, when it can take commands. The end of the
   connection is the end of the agent: everybody in it leaves.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from loadtests.findings import Inspection
from mcu.errors import ProtocolError

MAX_LINE = 4 << 20  # bytes: an inspection of thirty tiles is some ten kilobytes

Kind = Literal["attendee", "viewer", "room", "whip", "whep"]


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """Base of what an agent is told; `number` is the worker's own count."""

    number: int
    who: int


class Enter(Command, frozen=True, kw_only=True, tag="enter"):
    """Come in, with media: `attendee` and `viewer` as a browser does, `room` by H.323, `whip` and `whep` by HTTP.

    The reply's figures: "join" (until media goes both ways), "first frame" and "first sound", in seconds from the
    command, or from when the agent has what the participant sends. `failed` is "refused" when the server does not let
    in: `detail` is its code and its English sentence, "code: Sentence.", as `mcu.synthetic.entry.Refused` says it.

    A room without a conference waits to be called: the reply's detail is its address, and each call is `Happened`.
    """

    kind: Kind = "attendee"
    server: str  # "https://host:port"; for rooms "host:port" of the gateway; for WHIP and WHEP the whole address
    conference: str = ""  # the link's id; for rooms "number##pin"
    token: str = ""  # bearer of WHIP and WHEP
    watches: int = -1  # by WHEP, where one sender's picture fills the whole: whose, by number; -1 where others tell
    chair_key: str = ""
    camera: bool = True
    speaks_while_muted: bool = False  # a client that obeys nobody: keeps speaking when it is muted
    hard_of_hearing: bool = False  # takes nothing in: neither reports nor feedback leave it (one bad leg)
    patience: float = 20.0  # seconds to be in


class Leave(Command, frozen=True, kw_only=True, tag="leave"):
    """Properly: says so, hangs up, deletes."""


class Vanish(Command, frozen=True, kw_only=True, tag="vanish"):
    """As when power fails: nothing is said, no packet leaves any more. It is gone for the agent."""


class Act(Command, frozen=True, kw_only=True, tag="act"):
    """Do as the fields say; None leaves things. The reply comes when the server has said so, with its figure by name
    (`loadtests.agent.acts`).

    "layout change": from asking to the first frame that began to come after the tiles of the new layout were told.
    """

    speaking: bool | None = None
    muted: bool | None = None
    camera_off: bool | None = None
    hand: bool | None = None
    shares: bool | None = None  # a screen
    layout: str | None = None  # of the conference; the chair's
    mute: int | None = None  # this participant; the chair's. Number of `who`
    unmute: int | None = None
    give_word: int | None = None  # to this participant, whose hand is up; the chair's
    end: bool | None = None  # the conference; the chair's


class Check(Command, frozen=True, kw_only=True, tag="check"):
    """Keep what is received for so long, then judge it. The reply has the `Inspection`."""

    seconds: float = 3.0


class Count(Command, frozen=True, kw_only=True, tag="count"):
    """How the agent itself does; `who` is -1."""


class Counts(msgspec.Struct, frozen=True):
    """Since the last `Count`. A load is believed as long as `late` and `skipped` are small, and nothing `broke`."""

    seconds: float
    cpu_seconds: float  # of the agent's processes
    connected: int  # participants with media now
    packets_received: int
    packets_sent: int
    skipped: int  # sounds and pictures left out because the agent came too late
    overflowed: int  # datagrams thrown away because they were not read in time
    late: float  # the most that a wake-up came after it was set for
    reconnects: int  # of signaling or media, that nobody asked for
    broke: int = 0  # participants whose media a bug of the load test has stopped


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="say", tag="reply"):
    """To one command."""

    number: int
    failed: str = ""  # "" when it was done; else the kind of failure: "refused", "timeout", "gone", "unknown"…
    detail: str = ""  # in words, or the server's code
    figures: dict[str, float] = {}  # seconds, by locust's request type
    inspection: Inspection | None = None
    counts: Counts | None = None


class Happened(msgspec.Struct, frozen=True, kw_only=True, tag_field="say", tag="happened"):
    """Nobody asked: `what` is a request type of locust ("reconnect", "media lost", "ended", "called"…)."""

    who: int
    what: str
    seconds: float = 0.0  # that it took
    failed: str = ""
    detail: str = ""


AnyCommand = Enter | Leave | Vanish | Act | Check | Count
AnySaying = Reply | Happened

_encoder = msgspec.json.Encoder()
_commands: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_sayings: msgspec.json.Decoder[AnySaying] = msgspec.json.Decoder(AnySaying)


def encode(message: AnyCommand | AnySaying) -> bytes:
    """With the end of its line."""
    return _encoder.encode(message) + b"\n"


def decode_command(line: bytes) -> AnyCommand:
    """Raises ProtocolError."""
    try:
        return _commands.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(f"agent command: {error}") from error


def decode_saying(line: bytes) -> AnySaying:
    """Raises ProtocolError."""
    try:
        return _sayings.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(f"agent saying: {error}") from error
