"""What is asked of a gatekeeper, and what RAS (H.225.0 clause 7) tells whoever owns the calls."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mcu.h323.address import Address
from mcu.h323.aliases import Alias
from mcu.h323.events import EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """A call that is to be admitted. `call` is the owner's name for it; a call to ourselves is two of them.

    `destination` is an address to call directly, if one is known; aliases of a called party go to the gatekeeper.
    """

    call: str
    call_identifier: bytes  # 16 bytes, as in SETUP
    conference_identifier: bytes  # 16 bytes, conferenceID
    reference: int  # call reference value of Q.931, without the flag of direction
    answering: bool
    bandwidth: int  # bit/s, both ways together (H.225.0 BandWidth)
    destination: Address | None = None
    destination_aliases: tuple[Alias, ...] = ()
    source: Address | None = None  # call signaling address of the caller
    source_aliases: tuple[Alias, ...] = ()
    multipoint: bool = False  # callType


class LostReason(enum.StrEnum):
    """Why an endpoint is not registered any more, or yet."""

    NO_ANSWER = "no-answer"  # the gatekeeper is away
    REFUSED = "refused"  # GRJ or RRJ
    ASKED = "asked"  # URQ of the gatekeeper
    FORGOTTEN = "forgotten"  # it does not know us any more: it was started again
    CLOSED = "closed"  # by us


@dataclass(frozen=True, slots=True)
class Registered:
    """The gatekeeper knows us under `aliases`; it may have taken some of them away, or added some.

    Comes again when an alternate takes over. Calls that it routes come from `signaling`, or from where its RAS is.
    """

    gatekeeper: str  # its identifier
    address: Address  # of its RAS
    aliases: tuple[Alias, ...]
    signaling: Address | None = None


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Calls go on. Registration is tried again, unless the reason is CLOSED."""

    reason: LostReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The call may go on. One that we place is signaled to `destination`; `routed` says that this is the gatekeeper.

    `destination_aliases` are what to put into SETUP: the gatekeeper may have changed them (canMapAlias).
    `by_gatekeeper` is False for a call that no gatekeeper was asked about.
    """

    call: str
    destination: Address | None
    routed: bool
    destination_aliases: tuple[Alias, ...]
    bandwidth: int  # bit/s
    by_gatekeeper: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRejected:
    """The call may not go on. `redirect` is where its caller should be sent (routeCallToGatekeeper)."""

    call: str
    reason: EndReason
    detail: str = ""
    redirect: Address | None = None


@dataclass(frozen=True, slots=True)
class BandwidthGranted:
    """bit/s that the call may use from now on: what was asked for, or less."""

    call: str
    bandwidth: int


@dataclass(frozen=True, slots=True)
class BandwidthAsked:
    """The gatekeeper wants the call to use no more than this, bit/s; it was told that the call will."""

    call: str
    bandwidth: int


@dataclass(frozen=True, slots=True)
class DisengageAsked:
    """The gatekeeper wants the call to end; it was told that it has."""

    call: str
    detail: str = ""


RasEvent = Registered | Unregistered | Admitted | AdmissionRejected | BandwidthGranted | BandwidthAsked | DisengageAsked
