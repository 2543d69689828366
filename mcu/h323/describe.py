"""One line for each PDU, for people: what it is, and of its contents what one looks for when a call does not work.

Nothing here raises for what a PDU holds: what cannot be read is said in the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from mcu.errors import ProtocolError
from mcu.h323 import address, asn1, q931, q931_contents
from mcu.h323.aliases import list_from_h225
from mcu.h323.asn1 import Pdu

MAX_LINE = 400  # characters of one description
_LIBRARY_SHAPES = (KeyError, TypeError, ValueError, IndexError, AttributeError)  # a PDU of another shape than usual

Value = Any


def call_signaling(message: bytes) -> str:
    """A Q.931 message with what is in its user-user element, tunnelled H.245 included."""
    try:
        parsed = q931.parse(message)
    except ProtocolError as error:
        return f"Q.931? {error}"
    words = [_message_name(parsed.kind)]
    for element in parsed.elements:
        words += _element(element)
    return _cut(" ".join(words))


def control(message: bytes) -> str:
    """An H.245 message; several may be in one TPKT."""
    return _decoded(Pdu.H245, message, _h245)


def ras(message: bytes) -> str:
    return _decoded(Pdu.RAS, message, _ras)


def _decoded(pdu: Pdu, data: bytes, describe: Callable[[Value], str]) -> str:
    try:
        return _cut(describe(asn1.decode(pdu, data)))
    except ProtocolError as error:
        return _cut(f"{pdu.name}? {error}")
    except _LIBRARY_SHAPES as error:
        return _cut(f"{pdu.name}, of an unusual shape: {error!r}")


def _cut(text: str) -> str:
    printable = "".join(c if c.isprintable() else "·" for c in text)
    return printable if len(printable) <= MAX_LINE else f"{printable[: MAX_LINE - 1]}…"


# --- call signaling -----------------------------------------------------------------------------------------


def _message_name(kind: int) -> str:
    try:
        return q931.MessageType(kind).name.replace("_", " ")
    except ValueError:
        return f"Q.931 message {kind:#04x}"


def _element(element: q931.Element) -> list[str]:
    try:
        match element.identifier:
            case q931.ElementId.CAUSE:
                return [f"cause {q931_contents.parse_cause(element.contents)}"]
            case q931.ElementId.DISPLAY:
                return [f"“{q931_contents.parse_display(element.contents)}”"]
            case q931.ElementId.KEYPAD_FACILITY:
                return [f"keypad {q931_contents.parse_keypad(element.contents)}"]
            case q931.ElementId.USER_USER:
                # the first octet of contents is the element's protocol discriminator
                return [_decoded(Pdu.H225, element.contents[1:], _h225)]
    except ProtocolError as error:
        return [f"({error})"]
    return []


def _h225(value: Value) -> str:
    pdu = value["h323-uu-pdu"]
    name, body = pdu["h323-message-body"]
    body = body if isinstance(body, dict) else {}
    words = ["empty"] if name == "empty" else []  # otherwise it is what the Q.931 message is
    if "reason" in body:
        words.append(f"reason {body['reason'][0]}")
    for field, mark in (("destinationAddress", "to"), ("sourceAddress", "from")):
        if body.get(field):
            words.append(f"{mark} {_names(body[field])}")
    if "h245Address" in body:
        words.append(f"H.245 at {address.from_h225(body['h245Address'])}")
    if body.get("fastStart"):
        words.append(f"fastStart [{'; '.join(_fast_start(each) for each in body['fastStart'])}]")
    if "fastConnectRefused" in body:
        words.append("fastConnectRefused")
    if pdu.get("h245Tunneling") or pdu.get("h245Tunnelling"):
        words.append("tunnelling")
    tunnelled = [*body.get("parallelH245Control", ()), *pdu.get("h245Control", ())]
    words += [f"⟨{control(each)}⟩" for each in tunnelled]
    return " ".join(words)


def _names(aliases: Value) -> str:
    return ", ".join(alias.text for alias in list_from_h225(aliases))


def _fast_start(data: bytes) -> str:
    return _decoded(Pdu.FAST_START, data, _open_channel)


# --- H.245 --------------------------------------------------------------------------------------------------


def _h245(value: Value) -> str:
    _, (name, fields) = value
    words = _DETAILS[name](fields) if name in _DETAILS and isinstance(fields, dict | tuple) else ""
    return f"{name} {words}".strip()


def _capability_set(fields: Value) -> str:
    table = fields.get("capabilityTable", ())
    if not table:
        return f"#{fields['sequenceNumber']} empty"
    names = Counter(_capability(entry["capability"]) for entry in table if "capability" in entry)
    shown = [name if count == 1 else f"{count} {name}" for name, count in names.items()]
    return f"#{fields['sequenceNumber']} {', '.join(shown)}"


def _capability(value: Value) -> str:
    kind, content = value
    if isinstance(content, tuple) and kind not in {"h233EncryptionReceiveCapability"}:
        name, fields = content
        return _data(name, fields)
    return str(kind)


def _data(name: str, fields: Value) -> str:
    """One kind of sound or picture, shortly."""
    if name in {"genericVideoCapability", "genericAudioCapability", "genericDataCapability"}:
        kind, identifier = fields["capabilityIdentifier"]
        shown = ".".join(map(str, identifier)) if kind == "standard" else kind
        unit = 1 if kind == "standard" and tuple(identifier) == _G7221 else 100  # its own clause says bit/s
        rate = f" {fields['maxBitRate'] * unit} bit/s" if "maxBitRate" in fields else ""
        return f"{_GENERIC.get(shown, shown)}{rate}"
    if name == "extendedVideoCapability":
        inner = ", ".join(_data(*each) for each in fields["videoCapability"])
        return f"content({inner})"
    if isinstance(fields, dict):
        rate = f" {fields['maxBitRate'] * 100} bit/s" if "maxBitRate" in fields else ""
        sizes = "/".join(size[:-3] for size in fields if size.endswith("MPI"))
        return f"{name.removesuffix('Capability')}{' ' + sizes if sizes else ''}{rate}"
    return f"{name} {fields}" if isinstance(fields, int) and fields else name


def _open_channel(fields: Value) -> str:
    forward = fields["forwardLogicalChannelParameters"]
    words = [f"{fields['forwardLogicalChannelNumber']}"]
    kind, content = forward["dataType"]
    if kind != "nullData":
        words.append(_data(*content) if isinstance(content, tuple) else kind)
    reverse = fields.get("reverseLogicalChannelParameters")
    if reverse is not None and isinstance(reverse["dataType"][1], tuple):
        words.append(f"back {_data(*reverse['dataType'][1])}")
    both = (forward, reverse or {})
    words += [_addresses(each["multiplexParameters"][1]) for each in both if "multiplexParameters" in each]
    return " ".join(filter(None, words))


def _open_channel_ack(fields: Value) -> str:
    words = [f"{fields['forwardLogicalChannelNumber']}"]
    if "forwardMultiplexAckParameters" in fields:
        words.append(_addresses(fields["forwardMultiplexAckParameters"][1]))
    return " ".join(words)


def _addresses(parameters: Value) -> str:
    if not isinstance(parameters, dict):
        return ""
    words = [f"session {parameters['sessionID']}"] if "sessionID" in parameters else []
    for field, mark in (("mediaChannel", "RTP"), ("mediaControlChannel", "RTCP")):
        if field in parameters:
            words.append(f"{mark} {address.from_h245(parameters[field])}")
    if "dynamicRTPPayloadType" in parameters:
        words.append(f"type {parameters['dynamicRTPPayloadType']}")
    return " ".join(words)


def _number(fields: Value) -> str:
    cause = fields.get("cause")
    return f"{fields.get('forwardLogicalChannelNumber', '')}{' ' + cause[0] if cause else ''}"


def _miscellaneous(fields: Value) -> str:
    return f"{fields['type'][0]} of {fields['logicalChannelNumber']}"


def _flow_control(fields: Value) -> str:
    scope, number = fields["scope"]
    kind, rate = fields["restriction"]
    limit = f"{rate * 100} bit/s" if kind == "maximumBitRate" else "no limit"
    return f"{number if scope == 'logicalChannelNumber' else scope} {limit}"


def _user_input(fields: Value) -> str:
    name, content = fields
    shown = content.get("signalType", "") if isinstance(content, dict) else content
    return f"{name} {shown}"


_G7221 = (0, 0, 7, 7221, 1, 0)
_GENERIC = {
    "0.0.8.241.0.0.1": "H.264",
    "0.0.8.239.1.1": "H.239 control",
    "0.0.8.239.1.2": "H.239 content",
    "0.0.7.7221.1.0": "G.722.1",
}

_DETAILS: Mapping[str, Callable[[Value], str]] = {
    "terminalCapabilitySet": _capability_set,
    "terminalCapabilitySetAck": lambda f: f"#{f['sequenceNumber']}",
    "terminalCapabilitySetReject": lambda f: f"#{f['sequenceNumber']} {f['cause'][0]}",
    "masterSlaveDetermination": lambda f: f"type {f['terminalType']} number {f['statusDeterminationNumber']}",
    "masterSlaveDeterminationAck": lambda f: f"you are {f['decision'][0]}",
    "masterSlaveDeterminationReject": lambda f: str(f["cause"][0]),
    "openLogicalChannel": _open_channel,
    "openLogicalChannelAck": _open_channel_ack,
    "openLogicalChannelReject": _number,
    "closeLogicalChannel": _number,
    "closeLogicalChannelAck": _number,
    "requestChannelClose": _number,
    "miscellaneousCommand": _miscellaneous,
    "miscellaneousIndication": _miscellaneous,
    "flowControlCommand": _flow_control,
    "flowControlIndication": _flow_control,
    "userInput": _user_input,
    "endSessionCommand": lambda f: str(f[0]),
    "roundTripDelayRequest": lambda f: f"#{f['sequenceNumber']}",
    "roundTripDelayResponse": lambda f: f"#{f['sequenceNumber']}",
    "conferenceIndication": lambda f: str(f[0]),
    "conferenceRequest": lambda f: str(f[0]),
    "conferenceResponse": lambda f: str(f[0]),
    "conferenceCommand": lambda f: str(f[0]),
}


# --- RAS ----------------------------------------------------------------------------------------------------


def _ras(value: Value) -> str:
    name, fields = value
    words = [name, f"#{fields.get('requestSeqNum', '')}"]
    choices = (fields.get(key) for key in ("rejectReason", "callModel", "disengageReason", "reason"))
    words += [choice[0] for choice in choices if isinstance(choice, tuple)]
    names = (("terminalAlias", "as"), ("destinationInfo", "to"), ("srcInfo", "from"))
    words += [f"{mark} {_names(fields[key])}" for key, mark in names if isinstance(fields.get(key), list)]
    if fields.get("keepAlive"):
        words.append("keepAlive")
    if "destCallSignalAddress" in fields:
        words.append(f"at {address.from_h225(fields['destCallSignalAddress'])}")
    return " ".join(words)
