"""H.225.0 call signaling messages (clause 7.3 and H323-UserInformation of clause 7.2.2.31) as plain values.

Only what is used has a field. Tokens and feature sets (H.460) are kept as the ASN.1 values that they are. What is
missing is None, (), "" or False; `h225_codec` has the way from and to bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcu.h323.address import Address
from mcu.h323.aliases import Alias

VERSION = 6  # of H.225.0, ours: what is sent here all was there by then
_NO_ID = bytes(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """EndpointType and VendorIdentifier: what the sender is."""

    kind: str = "terminal"  # or "mcu", "gateway", "gatekeeper"
    has_mc: bool = False
    vendor: tuple[int, int, int] = (0, 0, 0)  # T.35 country code, extension, manufacturer code
    product: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What messages have in common. `version` is that of H.225.0, 0 if untold."""

    call_identifier: bytes = _NO_ID
    version: int = VERSION
    tokens: tuple[Any, ...] = ()  # ClearToken of H.235
    crypto_tokens: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup(Body):
    source: Endpoint = Endpoint()
    source_aliases: tuple[Alias, ...] = ()
    source_address: Address | None = None
    destination_aliases: tuple[Alias, ...] = ()
    destination_address: Address | None = None  # some crash without it
    remote_extension: Alias | None = None
    h245_address: Address | None = None
    conference_id: bytes = _NO_ID
    goal: str = "create"  # or "join", "invite", "capability-negotiation", "callIndependentSupplementaryService"
    fast_start: tuple[bytes, ...] = ()
    media_wait_for_connect: bool = False
    parallel_control: tuple[bytes, ...] = ()  # tunnelled H.245 beside fastStart (H.323 clause 8.2.4)
    display_name: str = ""  # some refuse a SETUP that has it
    endpoint_identifier: str = ""  # by the gatekeeper, where it routes calls
    needed_features: tuple[Any, ...] = ()
    desired_features: tuple[Any, ...] = ()
    supported_features: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Body):
    """What CallProceeding, Alerting, Connect and Progress have in common."""

    destination: Endpoint = Endpoint()
    h245_address: Address | None = None
    fast_start: tuple[bytes, ...] = ()
    fast_connect_refused: bool = False
    features: Any = None  # FeatureSet
    display_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallProceeding(Answer):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting(Answer):
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Answer):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect(Answer):
    conference_id: bytes = _NO_ID
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseComplete(Body):
    reason: str = ""  # ReleaseCompleteReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility(Body):
    reason: str = "undefinedReason"  # FacilityReason
    alternative_address: Address | None = None
    alternative_aliases: tuple[Alias, ...] = ()
    conference_id: bytes = b""
    h245_address: Address | None = None
    fast_start: tuple[bytes, ...] = ()
    fast_connect_refused: bool = False
    destination: Endpoint | None = None
    features: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupAcknowledge(Body):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Information(Body):
    fast_start: tuple[bytes, ...] = ()
    fast_connect_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(Body):
    aliases: tuple[Alias, ...] = ()
    destination: Endpoint | None = None
    display_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Body):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInquiry(Body):
    pass


@dataclass(frozen=True, slots=True)
class Empty:
    """No message: for what is around it."""


@dataclass(frozen=True, slots=True)
class UserInformation:
    """H323-UU-PDU. `tunnelling` is None where the sender is older than H.245 tunnelling."""

    body: Body | Empty = Empty()
    tunnelling: bool | None = None
    control: tuple[bytes, ...] = ()  # tunnelled H.245 messages
    provisional_tunnelling: bool = False  # h245Tunnelling may still become True (H.323 clause 8.2.1)
    supplementary: tuple[bytes, ...] = ()  # H.450.1
    generic: tuple[Any, ...] = ()  # GenericData of H.460
