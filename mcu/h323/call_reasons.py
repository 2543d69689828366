"""Why a call ended: words of this server, causes of Q.850, reasons of RELEASE COMPLETE (H.225.0 table 5)."""

from __future__ import annotations

from dataclasses import dataclass

from mcu.h323.events import EndReason

STATUS_RESPONSE, INVALID_REFERENCE = 30, 81  # causes of Q.850 that end nothing, or no call of ours
_SAYS_NOTHING = frozenset({0, 16, 31, 127})  # causes that stand for several reasons: the reason says more


@dataclass(frozen=True, slots=True)
class Said:
    """What a RELEASE COMPLETE says. `reason` is "" where the cause says all."""

    cause: int
    reason: str = ""


SAID: dict[EndReason, Said] = {
    EndReason.HUNG_UP: Said(16),
    EndReason.BUSY: Said(17, "inConf"),
    EndReason.DECLINED: Said(21, "destinationRejection"),
    EndReason.NO_ANSWER: Said(19),
    EndReason.NOT_FOUND: Said(20, "calledPartyNotRegistered"),
    EndReason.UNREACHABLE: Said(3, "unreachableDestination"),
    EndReason.NOTHING_IN_COMMON: Said(88),
    EndReason.NOT_ALLOWED: Said(31, "securityDenied"),
    EndReason.NO_BANDWIDTH: Said(34, "noBandwidth"),
    EndReason.RESOURCES: Said(42, "gatewayResources"),
    EndReason.TIMED_OUT: Said(102),
    EndReason.PROTOCOL_ERROR: Said(111, "undefinedReason"),
    EndReason.CONNECTION_LOST: Said(27),
    EndReason.CONFERENCE_ENDED: Said(16),
    EndReason.REPLACED: Said(16, "facilityCallDeflection"),
}

_CAUSES: dict[int, EndReason] = {
    1: EndReason.NOT_FOUND,  # unallocated number
    2: EndReason.UNREACHABLE,
    3: EndReason.UNREACHABLE,
    17: EndReason.BUSY,
    18: EndReason.NO_ANSWER,
    19: EndReason.NO_ANSWER,
    20: EndReason.NOT_FOUND,  # subscriber absent
    21: EndReason.DECLINED,
    22: EndReason.NOT_FOUND,  # number changed
    27: EndReason.CONNECTION_LOST,  # destination out of order
    28: EndReason.NOT_FOUND,  # invalid number
    34: EndReason.NO_BANDWIDTH,
    38: EndReason.UNREACHABLE,  # network out of order
    41: EndReason.RESOURCES,  # temporary failure
    42: EndReason.RESOURCES,  # congestion
    47: EndReason.RESOURCES,
    57: EndReason.NOT_ALLOWED,
    63: EndReason.RESOURCES,
    65: EndReason.NOTHING_IN_COMMON,  # bearer capability not implemented
    88: EndReason.NOTHING_IN_COMMON,  # incompatible destination
    102: EndReason.TIMED_OUT,
    111: EndReason.PROTOCOL_ERROR,
}

_REASONS: dict[str, EndReason] = {
    "noBandwidth": EndReason.NO_BANDWIDTH,
    "gatekeeperResources": EndReason.RESOURCES,
    "unreachableDestination": EndReason.UNREACHABLE,
    "destinationRejection": EndReason.DECLINED,
    "invalidRevision": EndReason.NOTHING_IN_COMMON,
    "noPermission": EndReason.NOT_ALLOWED,
    "unreachableGatekeeper": EndReason.UNREACHABLE,
    "gatewayResources": EndReason.RESOURCES,
    "badFormatAddress": EndReason.NOT_FOUND,
    "adaptiveBusy": EndReason.BUSY,
    "inConf": EndReason.BUSY,
    "facilityCallDeflection": EndReason.REPLACED,
    "securityDenied": EndReason.NOT_ALLOWED,
    "calledPartyNotRegistered": EndReason.NOT_FOUND,
    "callerNotRegistered": EndReason.NOT_ALLOWED,
    "newConnectionNeeded": EndReason.RESOURCES,
    "replaceWithConferenceInvite": EndReason.REPLACED,
    "neededFeatureNotSupported": EndReason.NOTHING_IN_COMMON,
    "tunnelledSignallingRejected": EndReason.NOTHING_IN_COMMON,
    "invalidCID": EndReason.NOT_FOUND,
    "securityError": EndReason.NOT_ALLOWED,
    "hopCountExceeded": EndReason.UNREACHABLE,
}


def heard(cause: int, reason: str) -> EndReason:
    """What a peer's RELEASE COMPLETE means; a cause of 0 and a reason of "" were not there."""
    if cause not in _SAYS_NOTHING and cause in _CAUSES:
        return _CAUSES[cause]
    return _REASONS.get(reason, EndReason.HUNG_UP)
