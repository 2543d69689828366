"""What a call tells whoever owns it. H.245 and call signaling both speak in these."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mcu.h323.address import Address
from mcu.h323.channels import Channel, Direction
from mcu.media.types import StreamKind


class EndReason(enum.StrEnum):
    """Why a call is over, in words for roster and log. H.225.0 and Q.931 causes are mapped to them and back."""

    HUNG_UP = "hung-up"  # normal, by either side
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no-answer"
    NOT_FOUND = "not-found"  # nobody by that name or number
    UNREACHABLE = "unreachable"  # no route, refused connection
    NOTHING_IN_COMMON = "nothing-in-common"  # no codec both sides know
    NOT_ALLOWED = "not-allowed"  # security denied, network not configured
    NO_BANDWIDTH = "no-bandwidth"  # the gatekeeper's word
    RESOURCES = "resources"  # too many calls, no port
    TIMED_OUT = "timed-out"  # a timer of the recommendation ran out
    PROTOCOL_ERROR = "protocol-error"  # what came could not be understood
    CONNECTION_LOST = "connection-lost"
    CONFERENCE_ENDED = "conference-ended"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who is at the other end, as far as was said. Names are text from outside: not cleaned yet."""

    display: str = ""
    aliases: tuple[str, ...] = ()  # h323-ID, E.164, URL, as written
    product: str = ""
    version: str = ""
    vendor: tuple[int, int, int] = (0, 0, 0)  # T.35 country code, extension, manufacturer code
    is_mcu: bool = False
    source: Address | None = None  # call signaling address


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A SETUP came. `called` are the destination's names as dialled, in order; () when only the address was."""

    party: Party
    called: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alerting:
    """It rings at the other end."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The other end took the call; media may still be missing."""

    party: Party


@dataclass(frozen=True, slots=True)
class PartyChanged:
    """A name, a vendor or a terminal type became known later."""

    party: Party


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The other end wants this call elsewhere (FACILITY callForwarded, routeCallToMC); CallEnded(REPLACED) is next.

    One of the two may be missing: an address to call, or names to call by the gatekeeper or at the same address.
    """

    address: Address | None
    called: tuple[str, ...]
    conference_id: bytes = b""  # of the conference there; b"" for none


@dataclass(frozen=True, slots=True)
class ControlWanted:
    """Open a TCP connection for H.245 there."""

    address: Address


@dataclass(frozen=True, slots=True)
class ControlReady:
    """Capabilities and roles are agreed on: H.245 can be asked for things."""


@dataclass(frozen=True, slots=True)
class ChannelOpened:
    """Media may flow. The same kind and direction again replaces the former."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelClosed:
    direction: Direction
    kind: StreamKind


@dataclass(frozen=True, slots=True)
class KeyframeRequested:
    """By videoFastUpdatePicture and its kin."""

    kind: StreamKind


@dataclass(frozen=True, slots=True)
class BitrateLimited:
    """Send no more than this, bit/s (flowControlCommand): 0 is nothing at all, None takes the limit away."""

    kind: StreamKind
    bitrate: int | None


@dataclass(frozen=True, slots=True)
class DigitsReceived:
    """From userInputIndication or the Q.931 keypad."""

    digits: str


@dataclass(frozen=True, slots=True)
class TerminalLabel:
    """A terminal behind a bridge (H.243): numbers and its name; "" when it left."""

    mcu: int
    terminal: int
    name: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The peer's empty capability set: it wants nothing sent until it says what again."""

    paused: bool


@dataclass(frozen=True, slots=True)
class ContentHeld:
    """H.239: whether the peer holds the token (it presents), or we do."""

    by_peer: bool
    by_us: bool


@dataclass(frozen=True, slots=True)
class ContentRefused:
    """H.239: the peer did not give us the token."""


@dataclass(frozen=True, slots=True)
class ChairTokenAsked:
    """H.243: the peer wants to lead, or gives the lead back."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """Seconds that H.245 took there and back."""

    seconds: float


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The last event of a call. `detail` is for logs: cause names, what could not be understood."""

    reason: EndReason
    detail: str = ""


Event = (
    IncomingCall
    | Alerting
    | Answered
    | PartyChanged
    | Forwarded
    | ControlWanted
    | ControlReady
    | ChannelOpened
    | ChannelClosed
    | KeyframeRequested
    | BitrateLimited
    | DigitsReceived
    | TerminalLabel
    | Paused
    | ContentHeld
    | ContentRefused
    | ChairTokenAsked
    | RoundTrip
    | CallEnded
)
