"""RAS messages of a gatekeeper as values: what an endpoint uses of them. What is sent is made in `ras_requests`.

Rules:
1. Whatever is not named here is left alone. A field of a later version may be missing from any message.
2. `parse` lets out RasError only. A message that endpoints have no use for has None for its value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mcu.errors import ProtocolError
from mcu.h323 import aliases, asn1
from mcu.h323.address import Address, from_h225
from mcu.h323.aliases import Alias, basic

Fields = dict[str, Any]
MAX_DATAGRAM = 4_096  # bytes; the largest seen are 300, with long lists of alternates and aliases 2 kB
MAX_ALTERNATES = 8  # gatekeepers taken from a message
BANDWIDTH_UNIT = 100  # bit/s, H.225.0 BandWidth


class RasError(ProtocolError):
    """A datagram that is no RAS message."""


@dataclass(frozen=True, slots=True)
class Alternate:
    """Another gatekeeper (AlternateGK). A lower priority comes first."""

    address: Address
    identifier: str = ""
    needs_registration: bool = True
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Alternates:
    """`given` is None where the message does not say; `permanent` is altGKisPermanent."""

    given: tuple[Alternate, ...] | None = None
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class GatekeeperConfirm:
    identifier: str
    address: Address | None
    algorithm: tuple[int, ...] | None  # of the password hash that it chose
    alternates: Alternates


@dataclass(frozen=True, slots=True)
class PreGranted:
    """preGrantedARQ: calls that need not be asked about. Frequencies in seconds, 0 for none; bandwidth in bit/s."""

    make_call: bool
    make_through_gatekeeper: bool
    answer_call: bool
    answer_through_gatekeeper: bool
    irr_frequency: int
    bandwidth: int  # 0 for no restriction


@dataclass(frozen=True, slots=True)
class RegistrationConfirm:
    endpoint_identifier: str
    gatekeeper_identifier: str
    aliases: tuple[Alias, ...] | None
    signaling_address: Address | None
    time_to_live: int  # seconds, 0 for ever
    responds_to_irr: bool
    pre_granted: PreGranted | None
    alternates: Alternates


@dataclass(frozen=True, slots=True)
class Reject:
    """GRJ, RRJ, URJ, ARJ, BRJ, DRJ, INAK: why not, by the name in H.225.0."""

    reason: str
    alternates: Alternates
    redirect: Address | None = None  # ARJ
    bandwidth: int = 0  # BRJ, bit/s: what would be allowed


@dataclass(frozen=True, slots=True)
class AdmissionConfirm:
    bandwidth: int  # bit/s
    routed: bool
    destination: Address | None
    destination_aliases: tuple[Alias, ...]
    irr_frequency: int  # seconds, 0 for none
    responds_to_irr: bool


@dataclass(frozen=True, slots=True)
class BandwidthConfirm:
    bandwidth: int  # bit/s


@dataclass(frozen=True, slots=True)
class Confirm:
    """UCF, DCF, IACK, RAC: no more than that."""


@dataclass(frozen=True, slots=True)
class InProgress:
    """RIP: wait so long, seconds."""

    delay: float


@dataclass(frozen=True, slots=True)
class UnregistrationRequest:
    endpoint_identifier: str  # "" if it does not say
    reason: str
    alternates: Alternates


@dataclass(frozen=True, slots=True)
class CallRequest:
    """BRQ and DRQ of the gatekeeper."""

    endpoint_identifier: str
    call_identifier: bytes
    conference_identifier: bytes
    reference: int
    answered: bool | None  # of a call to ourselves, which of both; None if it does not say
    bandwidth: int = 0  # BRQ, bit/s
    reason: str = ""  # DRQ


@dataclass(frozen=True, slots=True)
class InfoRequest:
    call_identifier: bytes  # all zeros for any
    reference: int  # 0 for all calls


@dataclass(frozen=True, slots=True)
class ServiceControl:
    """SCI: something to show or to do for a call, which is answered with "not available"."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """XRS: the gatekeeper did not understand what we sent."""


Message = (
    GatekeeperConfirm
    | RegistrationConfirm
    | Reject
    | AdmissionConfirm
    | BandwidthConfirm
    | Confirm
    | InProgress
    | UnregistrationRequest
    | CallRequest
    | InfoRequest
    | ServiceControl
    | NotUnderstood
)


@dataclass(frozen=True, slots=True)
class Datagram:
    """A RAS message: its name in H.225.0, what it means to an endpoint, and all of its fields."""

    name: str
    sequence: int
    message: Message | None
    fields: Fields
    source: Address | None = None


def parse(data: bytes, source: Address | None = None) -> Datagram:
    """The message in a datagram. Raises RasError."""
    if len(data) > MAX_DATAGRAM:
        raise RasError(f"RAS message of {len(data)} bytes")
    try:
        name, fields = asn1.decode(asn1.Pdu.RAS, data)
        reader = _READERS.get(name)
        return Datagram(name, fields["requestSeqNum"], reader(fields) if reader else None, fields, source)
    except asn1.Asn1Error as error:
        raise RasError(str(error)) from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RasError(f"RAS message of a later version: {type(error).__name__}: {error}") from error


# --- readers ----------------------------------------------------------------------------------------------


def _gatekeeper_confirm(fields: Fields) -> GatekeeperConfirm:
    mode, algorithm = fields.get("authenticationMode"), fields.get("algorithmOID")
    return GatekeeperConfirm(
        identifier=_identifier(fields.get("gatekeeperIdentifier", "")),
        address=from_h225(fields["rasAddress"]),
        algorithm=tuple(algorithm) if algorithm and (mode is None or mode[0] == "pwdHash") else None,
        alternates=_alternates(fields),
    )


def _registration_confirm(fields: Fields) -> RegistrationConfirm:
    return RegistrationConfirm(
        endpoint_identifier=_identifier(fields["endpointIdentifier"]),
        gatekeeper_identifier=_identifier(fields.get("gatekeeperIdentifier", "")),
        aliases=aliases.list_from_h225(fields["terminalAlias"]) if "terminalAlias" in fields else None,
        signaling_address=next((a for a in map(from_h225, fields["callSignalAddress"]) if a and a.is_usable), None),
        time_to_live=fields.get("timeToLive", 0),
        responds_to_irr=fields.get("willRespondToIRR", False),
        pre_granted=_pre_granted(fields["preGrantedARQ"]) if "preGrantedARQ" in fields else None,
        alternates=_alternates(fields),
    )


def _pre_granted(fields: Fields) -> PreGranted:
    return PreGranted(
        make_call=fields["makeCall"],
        make_through_gatekeeper=fields["useGKCallSignalAddressToMakeCall"],
        answer_call=fields["answerCall"],
        answer_through_gatekeeper=fields["useGKCallSignalAddressToAnswer"],
        irr_frequency=fields.get("irrFrequencyInCall", 0),
        bandwidth=fields.get("totalBandwidthRestriction", 0) * BANDWIDTH_UNIT,
    )


def _reject(fields: Fields) -> Reject:
    reason = fields["rejectReason"] if "rejectReason" in fields else fields["nakReason"]
    return Reject(
        reason=reason[0],
        alternates=_alternates(fields),
        redirect=next((a for a in map(from_h225, fields.get("callSignalAddress", ())) if a and a.is_usable), None),
        bandwidth=fields.get("allowedBandWidth", 0) * BANDWIDTH_UNIT,
    )


def _admission_confirm(fields: Fields) -> AdmissionConfirm:
    return AdmissionConfirm(
        bandwidth=fields["bandWidth"] * BANDWIDTH_UNIT,
        routed=fields["callModel"][0] == "gatekeeperRouted",
        destination=from_h225(fields["destCallSignalAddress"]),
        destination_aliases=aliases.list_from_h225(fields.get("destinationInfo")),
        irr_frequency=fields.get("irrFrequency", 0),
        responds_to_irr=fields.get("willRespondToIRR", False),
    )


def _bandwidth_confirm(fields: Fields) -> BandwidthConfirm:
    return BandwidthConfirm(fields["bandWidth"] * BANDWIDTH_UNIT)


def _unregistration_request(fields: Fields) -> UnregistrationRequest:
    return UnregistrationRequest(
        endpoint_identifier=fields.get("endpointIdentifier", ""),
        reason=fields["reason"][0] if "reason" in fields else "undefinedReason",
        alternates=_alternates(fields),
    )


def _call_request(fields: Fields) -> CallRequest:
    return CallRequest(
        endpoint_identifier=fields["endpointIdentifier"],
        call_identifier=_guid(fields),
        conference_identifier=fields["conferenceID"],
        reference=fields["callReferenceValue"],
        answered=fields.get("answeredCall"),
        bandwidth=fields.get("bandWidth", 0) * BANDWIDTH_UNIT,
        reason=fields["disengageReason"][0] if "disengageReason" in fields else "",
    )


def _info_request(fields: Fields) -> InfoRequest:
    return InfoRequest(call_identifier=_guid(fields), reference=fields["callReferenceValue"])


def _identifier(text: str) -> str:
    """What we will have to say back, so it must be what BMPString can hold."""
    if basic(text) != text:
        raise ValueError("an identifier outside of the Basic Multilingual Plane")
    return text


def _guid(fields: Fields) -> bytes:
    guid: bytes = fields["callIdentifier"]["guid"] if "callIdentifier" in fields else bytes(16)
    return guid


def _alternates(fields: Fields) -> Alternates:
    info = fields.get("altGKInfo")
    listed = info["alternateGatekeeper"] if info else fields.get("alternateGatekeeper")
    if listed is None:
        return Alternates()
    found = [(from_h225(one["rasAddress"]), one) for one in listed[:MAX_ALTERNATES]]
    given = [
        Alternate(address, _identifier(one.get("gatekeeperIdentifier", "")), one["needToRegister"], one["priority"])
        for address, one in found
        if address is not None and address.is_usable
    ]
    return Alternates(
        tuple(sorted(given, key=lambda one: one.priority)), bool(info["altGKisPermanent"]) if info else True
    )


_READERS: dict[str, Callable[[Fields], Message]] = {
    "gatekeeperConfirm": _gatekeeper_confirm,
    "gatekeeperReject": _reject,
    "registrationConfirm": _registration_confirm,
    "registrationReject": _reject,
    "unregistrationRequest": _unregistration_request,
    "unregistrationConfirm": lambda _: Confirm(),
    "unregistrationReject": _reject,
    "admissionConfirm": _admission_confirm,
    "admissionReject": _reject,
    "bandwidthRequest": _call_request,
    "bandwidthConfirm": _bandwidth_confirm,
    "bandwidthReject": _reject,
    "disengageRequest": _call_request,
    "disengageConfirm": lambda _: Confirm(),
    "disengageReject": _reject,
    "infoRequest": _info_request,
    "infoRequestAck": lambda _: Confirm(),
    "infoRequestNak": _reject,
    "requestInProgress": lambda fields: InProgress(fields["delay"] / 1000),
    "resourcesAvailableConfirm": lambda _: Confirm(),
    "serviceControlIndication": lambda _: ServiceControl(),
    "unknownMessageResponse": lambda _: NotUnderstood(),
}
