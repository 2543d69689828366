"""The messages of H.245 that are used, as values; `mcu.h323.h245_codec` puts them into bytes.

Fields that nobody here needs are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mcu.errors import ProtocolError
from mcu.h323 import media_keys
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck

Value = Any  # as in mcu.h323.asn1


class H245Error(ProtocolError):
    """Bytes that are no PDU of H.245."""


@dataclass(frozen=True, slots=True)
class MasterSlaveDetermination:
    terminal_type: int
    number: int


@dataclass(frozen=True, slots=True)
class MasterSlaveDeterminationAck:
    decision: str  # "master" or "slave": what its receiver is


@dataclass(frozen=True, slots=True)
class MasterSlaveDeterminationReject:
    cause: str = "identicalNumbers"


@dataclass(frozen=True, slots=True)
class MasterSlaveDeterminationRelease:
    pass


@dataclass(frozen=True, slots=True)
class TerminalCapabilitySet:
    """`capabilities` are the fields of the library's value besides these two."""

    sequence: int
    protocol: tuple[int, ...]
    capabilities: Value = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TerminalCapabilitySetAck:
    sequence: int


@dataclass(frozen=True, slots=True)
class TerminalCapabilitySetReject:
    sequence: int
    cause: str


@dataclass(frozen=True, slots=True)
class TerminalCapabilitySetRelease:
    pass


@dataclass(frozen=True, slots=True)
class SendTerminalCapabilitySet:
    """The peer wants to hear ours again."""


@dataclass(frozen=True, slots=True)
class OpenLogicalChannelReject:
    number: int
    cause: str


@dataclass(frozen=True, slots=True)
class OpenLogicalChannelConfirm:
    number: int


@dataclass(frozen=True, slots=True)
class CloseLogicalChannel:
    number: int
    source: str = "user"  # or "lcse"


@dataclass(frozen=True, slots=True)
class CloseLogicalChannelAck:
    number: int


@dataclass(frozen=True, slots=True)
class RequestChannelClose:
    number: int
    reason: str = "unknown"


@dataclass(frozen=True, slots=True)
class RequestChannelCloseAck:
    number: int


@dataclass(frozen=True, slots=True)
class RequestChannelCloseReject:
    number: int
    cause: str = "unspecified"


@dataclass(frozen=True, slots=True)
class RequestChannelCloseRelease:
    number: int


@dataclass(frozen=True, slots=True)
class RequestMode:
    """`modes` in order of preference, each of several (type, value) of ModeElementType."""

    sequence: int
    modes: tuple[tuple[tuple[str, Value], ...], ...]


@dataclass(frozen=True, slots=True)
class RequestModeAck:
    sequence: int
    response: str


@dataclass(frozen=True, slots=True)
class RequestModeReject:
    sequence: int
    cause: str


@dataclass(frozen=True, slots=True)
class RequestModeRelease:
    pass


@dataclass(frozen=True, slots=True)
class RoundTripDelayRequest:
    sequence: int


@dataclass(frozen=True, slots=True)
class RoundTripDelayResponse:
    sequence: int


@dataclass(frozen=True, slots=True)
class MaintenanceLoopRequest:
    value: Value


@dataclass(frozen=True, slots=True)
class MaintenanceLoopReject:
    value: Value  # the type of loop that was asked for


@dataclass(frozen=True, slots=True)
class FlowControlCommand:
    """`number` is 0 for all channels; `bitrate` in units of 100 bit/s, None for no restriction."""

    number: int
    bitrate: int | None


@dataclass(frozen=True, slots=True)
class MiscellaneousCommand:
    number: int
    type: str
    value: Value = 0


@dataclass(frozen=True, slots=True)
class EncryptionUpdate:
    """The master's new key for a channel, which goes in `direction` ("masterToSlave", "slaveToMaster", "" for
    untold); `wants_ack` when the master is to be told that it is in use (H.245 clause 7.13)."""

    number: int
    sync: media_keys.KeySync
    direction: str = ""
    wants_ack: bool = False


@dataclass(frozen=True, slots=True)
class EndSessionCommand:
    pass


@dataclass(frozen=True, slots=True)
class UserInput:
    """Digits, by `alphanumeric` (any text) or by `signal` (one). `duration` in ms, 0 for untold."""

    text: str
    is_signal: bool = False
    duration: int = 0


@dataclass(frozen=True, slots=True)
class Conference:
    """ConferenceRequest, ConferenceResponse, ConferenceCommand or ConferenceIndication, by `category`."""

    category: str
    name: str
    value: Value = 0


@dataclass(frozen=True, slots=True)
class Presentation:
    """A message of H.239 clause 11, `kind` its subMessageIdentifier; parameters by their number."""

    kind: int
    parameters: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionNotUnderstood:
    """`category` is "request" or "command"; `value` is the message as the library has it."""

    category: str
    value: Value


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that is known and asks for nothing."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A request or command of another kind, as the library has it."""

    category: str
    value: Value


Message = (
    MasterSlaveDetermination
    | MasterSlaveDeterminationAck
    | MasterSlaveDeterminationReject
    | MasterSlaveDeterminationRelease
    | TerminalCapabilitySet
    | TerminalCapabilitySetAck
    | TerminalCapabilitySetReject
    | TerminalCapabilitySetRelease
    | SendTerminalCapabilitySet
    | OpenLogicalChannel
    | OpenLogicalChannelAck
    | OpenLogicalChannelReject
    | OpenLogicalChannelConfirm
    | CloseLogicalChannel
    | CloseLogicalChannelAck
    | RequestChannelClose
    | RequestChannelCloseAck
    | RequestChannelCloseReject
    | RequestChannelCloseRelease
    | RequestMode
    | RequestModeAck
    | RequestModeReject
    | RequestModeRelease
    | RoundTripDelayRequest
    | RoundTripDelayResponse
    | MaintenanceLoopRequest
    | MaintenanceLoopReject
    | FlowControlCommand
    | MiscellaneousCommand
    | EncryptionUpdate
    | EndSessionCommand
    | UserInput
    | Conference
    | Presentation
    | FunctionNotUnderstood
    | Ignored
    | Unknown
)
