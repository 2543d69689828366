"""H323-UserInformation between bytes and the values of `h225_messages`, by a table of fields for each message.

Rules:
1. What a PDU has beyond the fields is left out when read; what it lacks stays at the field's default. `parse` lets out
   Asn1Error only.
2. Fields at None, (), "" or False are not sent, those that every message of its kind must have always are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mcu.h323 import address, aliases, asn1
from mcu.h323.aliases import Alias
from mcu.h323.asn1 import Pdu
from mcu.h323.h225_messages import (
    Alerting,
    Body,
    CallProceeding,
    Connect,
    Empty,
    Endpoint,
    Facility,
    Information,
    Notify,
    Progress,
    ReleaseComplete,
    Setup,
    SetupAcknowledge,
    Status,
    StatusInquiry,
    UserInformation,
)

MAX_PDUS = 96  # fastStart elements or tunnelled H.245 messages taken from one message; the most seen are 54
_PROTOCOL = (0, 0, 8, 2250, 0)  # protocolIdentifier without the version

T = TypeVar("T")


def parse(data: bytes) -> UserInformation:
    """The message in the user-user element. Raises Asn1Error."""
    value = asn1.decode(Pdu.H225, data)["h323-uu-pdu"]
    kind, content = value["h323-message-body"]
    made = _KINDS.get(kind)
    return UserInformation(
        body=made(**_read(content, _FIELDS[made])) if made else Empty(),
        **_read(value, _ENVELOPE),
    )


def serialize(message: UserInformation) -> bytes:
    """The bytes of `message`. Raises Asn1Error for a value that does not fit (a bug of ours)."""
    value = _written(message, _ENVELOPE)
    if isinstance(message.body, Empty):
        value["h323-message-body"] = "empty", 0
    else:
        kind = type(message.body)
        value["h323-message-body"] = _NAMES[kind], _written(message.body, _FIELDS[kind]) | _CONSTANT.get(kind, {})
    return asn1.encode(Pdu.H225, {"h323-uu-pdu": value})


# --- fields -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Field(Generic[T]):
    """One field here and there. `write` makes nothing of a field that is not sent."""

    attribute: str
    name: str
    read: Callable[[Any], T]
    write: Callable[[T], Any]
    always: bool = False
    unless: tuple[Any, ...] = (None, (), "", b"", False)  # values that are not sent


def _read(value: Mapping[str, Any], fields: tuple[_Field[Any], ...]) -> dict[str, Any]:
    return {f.attribute: f.read(value[f.name]) for f in fields if f.name in value}


def _written(message: object, fields: tuple[_Field[Any], ...]) -> dict[str, Any]:
    found = [(f, getattr(message, f.attribute)) for f in fields]
    return {f.name: f.write(v) for f, v in found if f.always or v not in f.unless}


def _same(value: Any) -> Any:
    return value


def _plain(attribute: str, name: str, *, always: bool = False) -> _Field[Any]:
    return _Field(attribute, name, _same, _same, always)


def _listed(attribute: str, name: str) -> _Field[tuple[Any, ...]]:
    return _Field(attribute, name, lambda value: tuple(value[:MAX_PDUS]), list)


def _transport(attribute: str, name: str) -> _Field[Any]:
    return _Field(attribute, name, address.from_h225, address.to_h225)


def _names(attribute: str, name: str) -> _Field[tuple[Alias, ...]]:
    return _Field(attribute, name, aliases.list_from_h225, lambda named: [aliases.to_h225(a) for a in named])


def _null(attribute: str, name: str) -> _Field[bool]:
    return _Field(attribute, name, lambda _: True, lambda _: 0)


def _choice(attribute: str, name: str, *, always: bool = False) -> _Field[str]:
    """A CHOICE whose alternatives that are sent here hold nothing."""
    return _Field(attribute, name, lambda value: str(value[0]), lambda chosen: (chosen, 0), always)


def _shown(value: Any) -> str:
    return str(value[0]["name"]).rstrip("\0") if value else ""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\0", "").strip()


def _endpoint(value: Any) -> Endpoint:
    """What an EndpointType says; of several kinds the one that says most."""
    vendor = value.get("vendor", {})
    number = vendor.get("vendor", {})
    kind = next((name for name in ("mcu", "gateway", "gatekeeper") if name in value), "terminal")
    return Endpoint(
        kind=kind,
        has_mc=bool(value.get("mc")),
        vendor=tuple(number.get(name, 0) for name in ("t35CountryCode", "t35Extension", "manufacturerCode")),
        product=_text(vendor.get("productId", b"")),
        version=_text(vendor.get("versionId", b"")),
    )


def endpoint_to_h225(endpoint: Endpoint) -> Any:
    """The EndpointType, as call signaling and RAS have it."""
    country, extension, manufacturer = endpoint.vendor
    number = {"t35CountryCode": country, "t35Extension": extension, "manufacturerCode": manufacturer}
    vendor: dict[str, Any] = {"vendor": number}
    for name, text in (("productId", endpoint.product), ("versionId", endpoint.version)):
        if text:
            vendor[name] = text.encode()[:256]
    return {"vendor": vendor, endpoint.kind: {}, "mc": endpoint.has_mc, "undefinedNode": False}


def _what(attribute: str, name: str, *, always: bool = False) -> _Field[Endpoint]:
    return _Field(attribute, name, _endpoint, endpoint_to_h225, always)


_COMMON: tuple[_Field[Any], ...] = (
    _Field("version", "protocolIdentifier", lambda v: v[-1] if v else 0, lambda version: (*_PROTOCOL, version), True),
    _Field("call_identifier", "callIdentifier", lambda value: value["guid"], lambda guid: {"guid": guid}, True),
    _listed("tokens", "tokens"),
    _listed("crypto_tokens", "cryptoTokens"),
)
_ANSWER: tuple[_Field[Any], ...] = (
    *_COMMON,
    _what("destination", "destinationInfo", always=True),
    _transport("h245_address", "h245Address"),
    _listed("fast_start", "fastStart"),
    _null("fast_connect_refused", "fastConnectRefused"),
)
_FEATURES = _plain("features", "featureSet")
_DISPLAY = _Field("display_name", "displayName", _shown, lambda text: [{"name": aliases.basic(text)[:80]}])

_FIELDS: dict[type[Body], tuple[_Field[Any], ...]] = {
    Setup: (
        *_COMMON,
        _what("source", "sourceInfo", always=True),
        _names("source_aliases", "sourceAddress"),
        _transport("source_address", "sourceCallSignalAddress"),
        _names("destination_aliases", "destinationAddress"),
        _transport("destination_address", "destCallSignalAddress"),
        _Field("remote_extension", "remoteExtensionAddress", aliases.from_h225, aliases.to_h225),
        _transport("h245_address", "h245Address"),
        _plain("conference_id", "conferenceID", always=True),
        _choice("goal", "conferenceGoal", always=True),
        _listed("fast_start", "fastStart"),
        _plain("media_wait_for_connect", "mediaWaitForConnect", always=True),
        _listed("parallel_control", "parallelH245Control"),
        _DISPLAY,
        _plain("endpoint_identifier", "endpointIdentifier"),
        _listed("needed_features", "neededFeatures"),
        _listed("desired_features", "desiredFeatures"),
        _listed("supported_features", "supportedFeatures"),
    ),
    CallProceeding: (*_ANSWER, _FEATURES),
    Alerting: (*_ANSWER, _FEATURES, _DISPLAY, _names("aliases", "alertingAddress")),
    Progress: _ANSWER,
    Connect: (
        *_ANSWER,
        _FEATURES,
        _DISPLAY,
        _plain("conference_id", "conferenceID", always=True),
        _names("aliases", "connectedAddress"),
    ),
    ReleaseComplete: (*_COMMON, _choice("reason", "reason")),
    Facility: (
        *_COMMON,
        _choice("reason", "reason", always=True),
        _transport("alternative_address", "alternativeAddress"),
        _names("alternative_aliases", "alternativeAliasAddress"),
        _plain("conference_id", "conferenceID"),
        _transport("h245_address", "h245Address"),
        _listed("fast_start", "fastStart"),
        _null("fast_connect_refused", "fastConnectRefused"),
        _what("destination", "destinationInfo"),
        _FEATURES,
    ),
    SetupAcknowledge: _COMMON,
    Information: (*_COMMON, _listed("fast_start", "fastStart"), _null("fast_connect_refused", "fastConnectRefused")),
    Notify: (*_COMMON, _names("aliases", "connectedAddress"), _what("destination", "destinationInfo"), _DISPLAY),
    Status: _COMMON,
    StatusInquiry: _COMMON,
}
_NAMES: dict[type[Body], str] = {
    Setup: "setup",
    CallProceeding: "callProceeding",
    Alerting: "alerting",
    Progress: "progress",
    Connect: "connect",
    ReleaseComplete: "releaseComplete",
    Facility: "facility",
    SetupAcknowledge: "setupAcknowledge",
    Information: "information",
    Notify: "notify",
    Status: "status",
    StatusInquiry: "statusInquiry",
}
_KINDS = {name: kind for kind, name in _NAMES.items()}

# Without DEFAULT in the recommendation, so each message of version 4 and above has them.
_SINGLE = {"multipleCalls": False, "maintainConnection": False}
_CONSTANT: dict[type[Body], dict[str, Any]] = {
    Setup: {"activeMC": False, "callType": ("pointToPoint", 0), "canOverlapSend": False} | _SINGLE,
    CallProceeding: _SINGLE,
    Alerting: _SINGLE,
    Progress: _SINGLE,
    Connect: _SINGLE,
}

_ENVELOPE: tuple[_Field[Any], ...] = (
    _Field("tunnelling", "h245Tunnelling", bool, bool, unless=(None,)),
    _listed("control", "h245Control"),
    _null("provisional_tunnelling", "provisionalRespToH245Tunnelling"),
    _listed("supplementary", "h4501SupplementaryService"),
    _listed("generic", "genericData"),
)
