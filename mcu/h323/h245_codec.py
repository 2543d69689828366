"""Messages of H.245 between values (mcu.h323.h245_messages) and bytes: the one place that knows their shape.

Rule: `parse` lets out H245Error only, whatever a peer sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcu.h323 import asn1, h245_messages, open_channel
from mcu.h323.asn1 import Pdu
from mcu.h323.h245_messages import (
    Conference,
    EncryptionUpdate,
    EndSessionCommand,
    FlowControlCommand,
    FunctionNotUnderstood,
    H245Error,
    Ignored,
    MaintenanceLoopReject,
    MaintenanceLoopRequest,
    Message,
    MiscellaneousCommand,
    Presentation,
    RequestChannelClose,
    RequestMode,
    SendTerminalCapabilitySet,
    TerminalCapabilitySet,
    Unknown,
    UserInput,
)
from mcu.h323.media_keys import KeySync
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck

Value = Any  # as in mcu.h323.asn1

MAX_PDU = 16_384  # bytes; the largest sets seen have 3 kB, and the time of decoding grows with them
H239 = (0, 0, 8, 239, 2)  # messages of H.239, clause 11
ACKNOWLEDGE, REJECT = 126, 127  # their parameters that are `logical`, without a value
DIGITS = "0123456789*#ABCD"
TONE_MS = 200  # of a signal, where its sender said no duration

INTEGER, NAME = "integer", "name"  # a field as it is; a CHOICE of NULLs by its name
_NUMBER, _SEQUENCE = ("forwardLogicalChannelNumber", INTEGER), ("sequenceNumber", INTEGER)

# Messages whose fields are integers and CHOICEs of NULLs: the fields in the order of the dataclass.
_PLAIN: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("request", "masterSlaveDetermination"): (("terminalType", INTEGER), ("statusDeterminationNumber", INTEGER)),
    ("response", "masterSlaveDeterminationAck"): (("decision", NAME),),
    ("response", "masterSlaveDeterminationReject"): (("cause", NAME),),
    ("indication", "masterSlaveDeterminationRelease"): (),
    ("response", "terminalCapabilitySetAck"): (_SEQUENCE,),
    ("response", "terminalCapabilitySetReject"): (_SEQUENCE, ("cause", NAME)),
    ("indication", "terminalCapabilitySetRelease"): (),
    ("response", "openLogicalChannelReject"): (_NUMBER, ("cause", NAME)),
    ("indication", "openLogicalChannelConfirm"): (_NUMBER,),
    ("request", "closeLogicalChannel"): (_NUMBER, ("source", NAME)),
    ("response", "closeLogicalChannelAck"): (_NUMBER,),
    ("response", "requestChannelCloseAck"): (_NUMBER,),
    ("response", "requestChannelCloseReject"): (_NUMBER, ("cause", NAME)),
    ("indication", "requestChannelCloseRelease"): (_NUMBER,),
    ("response", "requestModeAck"): (_SEQUENCE, ("response", NAME)),
    ("response", "requestModeReject"): (_SEQUENCE, ("cause", NAME)),
    ("indication", "requestModeRelease"): (),
    ("request", "roundTripDelayRequest"): (_SEQUENCE,),
    ("response", "roundTripDelayResponse"): (_SEQUENCE,),
}
_CLASSES: dict[tuple[str, str], Any] = {way: getattr(h245_messages, way[1][0].upper() + way[1][1:]) for way in _PLAIN}
_WAYS = {kind: way for way, kind in _CLASSES.items()}

# Commands that ask for nothing, or for what is only of use on other networks. So do all responses and indications that
# are not read.
_IGNORED = {
    "nonStandard",
    "communicationModeCommand",
    "maintenanceLoopOffCommand",
    "h223MultiplexReconfiguration",
    "newATMVCCommand",
    "mobileMultilinkReconfigurationCommand",
}


def parse(data: bytes) -> Message:
    """The message in `data`. Raises H245Error."""
    if len(data) > MAX_PDU:
        raise H245Error(f"PDU of {len(data)} bytes")
    try:
        category, (name, fields) = asn1.decode(Pdu.H245, data)
        return _read(category, name, fields)
    except asn1.Asn1Error as error:
        raise H245Error(str(error)) from error
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:  # decoded, of another shape
        raise H245Error(f"{type(error).__name__}: {error}") from error


def build(message: Message) -> bytes:
    """The bytes of `message`. Raises Asn1Error for values out of range: a bug on our side."""
    return asn1.encode(Pdu.H245, _write(message))


# --- from values ------------------------------------------------------------------------------------------


def _read(category: str, name: str, fields: Value) -> Message:
    way = category, name
    if way in _PLAIN:
        read = (fields[wire] if kind == INTEGER else fields[wire][0] for wire, kind in _PLAIN[way])
        message: Message = _CLASSES[way](*read)
        return message
    if way in _READERS:
        return _READERS[way](fields)
    if name.startswith("conference"):
        return Conference(category, *fields)
    presentation = _presentation(fields) if name.startswith("generic") else None
    if presentation is not None:
        return presentation
    if category in {"response", "indication"} or name in _IGNORED:
        return Ignored(name)
    return Unknown(category, (name, fields))


def _capability_set(fields: Value) -> Message:
    rest = {name: value for name, value in fields.items() if name not in {"sequenceNumber", "protocolIdentifier"}}
    return TerminalCapabilitySet(fields["sequenceNumber"], tuple(fields["protocolIdentifier"]), rest)


def _request_mode(fields: Value) -> Message:
    modes = tuple(tuple(element["type"] for element in mode) for mode in fields["requestedModes"])
    return RequestMode(fields["sequenceNumber"], modes)


def _flow_control(fields: Value) -> Message:
    scope, number = fields["scope"]
    restriction, bitrate = fields["restriction"]
    if scope == "resourceID":
        return Ignored("flowControlCommand of a resource")
    return FlowControlCommand(
        number if scope == "logicalChannelNumber" else 0, bitrate if restriction == "maximumBitRate" else None
    )


def _miscellaneous(fields: Value, name: str, value: Value) -> Message:
    number = fields["logicalChannelNumber"]
    if name not in {"encryptionUpdate", "encryptionUpdateCommand"}:
        return MiscellaneousCommand(number, name, value)
    wants_ack = name == "encryptionUpdateCommand"
    sync = value["encryptionSync"] if wants_ack else value
    direction = fields.get("direction", ("", 0))[0]
    return EncryptionUpdate(number, KeySync(sync["synchFlag"], sync["h235Key"]), direction, wants_ack=wants_ack)


def _user_input(fields: Value) -> Message:
    name, value = fields
    if name == "alphanumeric":
        return UserInput(value)
    if name == "extendedAlphanumeric":
        return UserInput(value["alphanumeric"])
    if name == "signal":
        return UserInput(value["signalType"], is_signal=True, duration=value.get("duration", 0))
    return Ignored(f"userInput {name}")


def _presentation(fields: Value) -> Presentation | None:
    if fields["messageIdentifier"] != ("standard", H239):
        return None
    found = []
    for parameter in fields.get("messageContent", ()):
        kind, identifier = parameter["parameterIdentifier"]
        number = parameter["parameterValue"][1]
        if kind == "standard" and isinstance(number, int):
            found.append((identifier, number))
    return Presentation(fields.get("subMessageIdentifier", 0), tuple(found))


_READERS: Mapping[tuple[str, str], Callable[[Value], Message]] = {
    ("request", "terminalCapabilitySet"): _capability_set,
    ("request", "openLogicalChannel"): open_channel.parse,
    ("response", "openLogicalChannelAck"): open_channel.parse_ack,
    ("request", "requestChannelClose"): lambda fields: RequestChannelClose(
        fields["forwardLogicalChannelNumber"], fields.get("reason", ("unknown", 0))[0]
    ),
    ("request", "requestMode"): _request_mode,
    ("request", "maintenanceLoopRequest"): lambda fields: MaintenanceLoopRequest(fields["type"]),
    ("command", "sendTerminalCapabilitySet"): lambda fields: SendTerminalCapabilitySet(),
    ("command", "flowControlCommand"): _flow_control,
    ("command", "miscellaneousCommand"): lambda fields: _miscellaneous(fields, *fields["type"]),
    ("command", "endSessionCommand"): lambda fields: EndSessionCommand(),
    ("indication", "userInput"): _user_input,
}


# --- to values --------------------------------------------------------------------------------------------


def _write(message: Message) -> Value:
    way = _WAYS.get(type(message))
    if way is not None:
        slots = zip(_PLAIN[way], message.__dataclass_fields__, strict=True)
        values = ((wire, kind, getattr(message, name)) for (wire, kind), name in slots)
        return way[0], (way[1], {wire: value if kind == INTEGER else (value, 0) for wire, kind, value in values})
    match message:
        case TerminalCapabilitySet(sequence, protocol, capabilities):
            fields = {"sequenceNumber": sequence, "protocolIdentifier": protocol, **capabilities}
            return "request", ("terminalCapabilitySet", fields)
        case OpenLogicalChannel():
            return "request", ("openLogicalChannel", open_channel.build(message))
        case OpenLogicalChannelAck():
            return "response", ("openLogicalChannelAck", open_channel.build_ack(message))
        case RequestChannelClose(number, reason):
            fields = {"forwardLogicalChannelNumber": number, "reason": (reason, 0)}
            return "request", ("requestChannelClose", fields)
        case MaintenanceLoopReject(value):
            return "response", ("maintenanceLoopReject", {"type": value, "cause": ("canNotPerformLoop", 0)})
        case FlowControlCommand(number, bitrate):
            scope = ("logicalChannelNumber", number) if number else ("wholeMultiplex", 0)
            restriction = ("noRestriction", 0) if bitrate is None else ("maximumBitRate", bitrate)
            return "command", ("flowControlCommand", {"scope": scope, "restriction": restriction})
        case MiscellaneousCommand(number, name, value):
            return "command", ("miscellaneousCommand", {"logicalChannelNumber": number, "type": (name, value)})
        case EncryptionUpdate(number, sync, direction):
            told = {"synchFlag": sync.flag, "h235Key": sync.key}
            fields = {"logicalChannelNumber": number, "type": ("encryptionUpdate", told)}
            return "command", ("miscellaneousCommand", fields | ({"direction": (direction, 0)} if direction else {}))
        case EndSessionCommand():
            return "command", ("endSessionCommand", ("disconnect", 0))
        case UserInput(text, True, duration):
            return "indication", ("userInput", ("signal", {"signalType": text, "duration": duration or TONE_MS}))
        case UserInput(text):
            return "indication", ("userInput", ("alphanumeric", text))
        case Conference(category, name, value):
            return category, (f"conference{category.capitalize()}", (name, value))
        case Presentation(kind, parameters):
            category = PRESENTATION_CATEGORIES[kind]
            return category, (f"generic{category.capitalize()}", _generic(kind, parameters))
        case FunctionNotUnderstood(category, value):
            return "indication", ("functionNotUnderstood", (category, value))
        case _:
            raise asn1.Asn1Error(f"{type(message).__name__} is never sent")


PRESENTATION_CATEGORIES = {1: "request", 2: "response", 3: "request", 4: "response", 5: "command", 6: "indication"}


def _generic(kind: int, parameters: tuple[tuple[int, int], ...]) -> Value:
    return {
        "messageIdentifier": ("standard", H239),
        "subMessageIdentifier": kind,
        "messageContent": [
            {
                "parameterIdentifier": ("standard", number),
                "parameterValue": ("logical", 0) if number in {ACKNOWLEDGE, REJECT} else ("unsignedMin", value),
            }
            for number, value in parameters
        ],
    }
