"""RAS messages of an endpoint (H.225.0 clause 7) as values of the ASN.1 library: (name, fields), without tokens.

Rules:
1. Messages are those of version 4 and small: fields that no gatekeeper needs are not sent.
2. `Identity` is what a gatekeeper gave us; it is in every message after registration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mcu.h323.address import to_h225
from mcu.h323.aliases import Alias, basic
from mcu.h323.aliases import to_h225 as alias_to_h225
from mcu.h323.ras_events import CallFacts
from mcu.h323.ras_messages import BANDWIDTH_UNIT, Fields
from mcu.h323.ras_settings import RasSettings

Value = tuple[str, Fields]
PROTOCOL = (0, 0, 8, 2250, 0, 4)  # version 4; a later one promises things that are not done here
MAX_BANDWIDTH = 0xFFFFFFFF  # units of BANDWIDTH_UNIT
MAX_CALLS_LISTED = 16  # in one IRR, so that it fits into a datagram of 2 kB


@dataclass(slots=True)
class Identity:
    """Who we are to the gatekeeper, and it to us; "" until it said so."""

    endpoint: str = ""
    gatekeeper: str = ""


@dataclass(frozen=True, slots=True)
class RunningCall:
    """A call as an IRR lists it."""

    facts: CallFacts
    bandwidth: int  # bit/s
    routed: bool


def gatekeeper_request(settings: RasSettings, security: Fields) -> Value:
    """GRQ. `security` are the fields that say which password hashes are known."""
    fields: Fields = {
        "protocolIdentifier": PROTOCOL,
        "rasAddress": to_h225(settings.ras_address),
        "endpointType": _endpoint_type(settings),
        "supportsAltGK": 0,
    }
    if settings.gatekeeper_identifier:
        fields["gatekeeperIdentifier"] = settings.gatekeeper_identifier
    return "gatekeeperRequest", fields | _aliases("endpointAlias", settings.aliases) | security


def registration_request(settings: RasSettings, identity: Identity, *, discovered: bool) -> Value:
    """A full RRQ."""
    fields = {
        "protocolIdentifier": PROTOCOL,
        "discoveryComplete": discovered,
        "callSignalAddress": [to_h225(address) for address in settings.signaling_addresses],
        "rasAddress": [to_h225(settings.ras_address)],
        "terminalType": _endpoint_type(settings),
        "endpointVendor": _vendor(settings),
        "timeToLive": settings.time_to_live,
        "keepAlive": False,
        "willSupplyUUIEs": False,
        "maintainConnection": False,
        "supportsAltGK": 0,
    }
    return "registrationRequest", fields | _identity(identity) | _aliases("terminalAlias", settings.aliases)


def keep_alive(settings: RasSettings, identity: Identity) -> Value:
    """A lightweight RRQ (clause 7.9.1): no aliases, and the terminal's type without prefixes."""
    fields = {
        "protocolIdentifier": PROTOCOL,
        "discoveryComplete": True,
        "callSignalAddress": [to_h225(address) for address in settings.signaling_addresses],
        "rasAddress": [to_h225(settings.ras_address)],
        "terminalType": {"mcu": {}, "mc": True, "undefinedNode": False},
        "endpointVendor": _vendor(settings),
        "timeToLive": settings.time_to_live,
        "keepAlive": True,
        "willSupplyUUIEs": False,
        "maintainConnection": False,
    }
    return "registrationRequest", fields | _identity(identity)


def unregistration_request(settings: RasSettings, identity: Identity) -> Value:
    fields = {"callSignalAddress": [to_h225(address) for address in settings.signaling_addresses]}
    return "unregistrationRequest", fields | _identity(identity) | _aliases("endpointAlias", settings.aliases)


def admission_request(call: CallFacts, identity: Identity) -> Value:
    fields: Fields = {
        "callType": ("multiPoint" if call.multipoint else "pointToPoint", 0),
        "srcInfo": [alias_to_h225(alias) for alias in call.source_aliases],
        "bandWidth": bandwidth(call.bandwidth),
        "callReferenceValue": call.reference,
        "conferenceID": call.conference_identifier,
        "activeMC": False,
        "answerCall": call.answering,
        "canMapAlias": True,
        "callIdentifier": {"guid": call.call_identifier},
        "willSupplyUUIEs": False,
    }
    if call.destination is not None:
        fields["destCallSignalAddress"] = to_h225(call.destination)
    if call.source is not None:
        fields["srcCallSignalAddress"] = to_h225(call.source)
    return "admissionRequest", fields | _identity(identity) | _aliases("destinationInfo", call.destination_aliases)


def bandwidth_request(call: CallFacts, identity: Identity, bits: int) -> Value:
    return "bandwidthRequest", _call(call, identity) | {"bandWidth": bandwidth(bits)}


def disengage_request(call: CallFacts, identity: Identity, reason: str) -> Value:
    return "disengageRequest", _call(call, identity) | {"disengageReason": (reason, 0)}


def info_response(
    settings: RasSettings,
    identity: Identity,
    calls: Iterable[RunningCall],
    *,
    status: str,
    unsolicited: bool,
    answer_wanted: bool,
) -> Value:
    """IRR. `status` is irrStatus: "complete", "incomplete", "invalidCall"."""
    fields = {
        "endpointType": _endpoint_type(settings),
        "endpointIdentifier": identity.endpoint,
        "rasAddress": to_h225(settings.ras_address),
        "callSignalAddress": [to_h225(address) for address in settings.signaling_addresses],
        "perCallInfo": [_call_info(call) for call in calls],
        "needResponse": answer_wanted,
        "unsolicited": unsolicited,
    }
    if not unsolicited:
        fields["irrStatus"] = (status, 0)
    return "infoRequestResponse", fields | _aliases("endpointAlias", settings.aliases)


def resources_indication(settings: RasSettings, identity: Identity, *, almost_out: bool) -> Value:
    fields = {
        "protocolIdentifier": PROTOCOL,
        "endpointIdentifier": identity.endpoint,
        "protocols": _protocols(settings),
        "almostOutOfResources": almost_out,
    }
    return "resourcesAvailableIndicate", fields


def bandwidth(bits: int) -> int:
    """bit/s in the units of H.225.0, rounded up."""
    return min(-(-max(bits, 0) // BANDWIDTH_UNIT), MAX_BANDWIDTH)


# --- parts ------------------------------------------------------------------------------------------------


def _identity(identity: Identity) -> Fields:
    fields = {}
    if identity.endpoint:
        fields["endpointIdentifier"] = identity.endpoint
    if identity.gatekeeper:
        fields["gatekeeperIdentifier"] = identity.gatekeeper
    return fields


def _aliases(name: str, aliases: Iterable[Alias]) -> Fields:
    """A list of names; an empty one is not sent, which some gatekeepers take for a flaw."""
    listed = [alias_to_h225(alias) for alias in aliases]
    return {name: listed} if listed else {}


def _call(call: CallFacts, identity: Identity) -> Fields:
    return _identity(identity) | {
        "conferenceID": call.conference_identifier,
        "callReferenceValue": call.reference,
        "callIdentifier": {"guid": call.call_identifier},
        "answeredCall": call.answering,
    }


def _call_info(call: RunningCall) -> Fields:
    facts = call.facts
    signaling: Fields = {}
    if facts.destination is not None:
        signaling["sendAddress" if not facts.answering else "recvAddress"] = to_h225(facts.destination)
    if facts.source is not None:
        signaling["recvAddress" if not facts.answering else "sendAddress"] = to_h225(facts.source)
    return {
        "callReferenceValue": facts.reference,
        "conferenceID": facts.conference_identifier,
        "originator": not facts.answering,
        "h245": {},
        "callSignalling": signaling,
        "callType": ("multiPoint" if facts.multipoint else "pointToPoint", 0),
        "bandWidth": bandwidth(call.bandwidth),
        "callModel": ("gatekeeperRouted" if call.routed else "direct", 0),
        "callIdentifier": {"guid": facts.call_identifier},
    }


def _endpoint_type(settings: RasSettings) -> Fields:
    """An MCU with its MC. With prefixes it is a gateway too: gatekeepers look for them there."""
    kind: Fields = {"vendor": _vendor(settings), "mcu": {}, "mc": True, "undefinedNode": False}
    if settings.prefixes:
        kind["mcu"] = {"protocol": _protocols(settings)}
        kind["gateway"] = {"protocol": _protocols(settings)}
    return kind


def _protocols(settings: RasSettings) -> list[Any]:
    prefixes = [{"prefix": ("dialledDigits", prefix)} for prefix in settings.prefixes]
    return [("h323", {"supportedPrefixes": prefixes})]


def _vendor(settings: RasSettings) -> Fields:
    country, extension, manufacturer = settings.vendor
    vendor: Fields = {
        "vendor": {"t35CountryCode": country, "t35Extension": extension, "manufacturerCode": manufacturer},
        "productId": _octets(settings.product),
    }
    return vendor | ({"versionId": _octets(settings.version)} if settings.version else {})


def _octets(text: str) -> bytes:
    return basic(text).encode("ascii", "replace")[:256] or b"?"
