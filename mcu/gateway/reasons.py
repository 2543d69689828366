"""Why a call does not go on, from the conference's words to those of calls."""

from __future__ import annotations

from mcu.controller.member import EndReason as MembershipEnd
from mcu.errors import RefusedError, StorageError
from mcu.gateway.admission import Refused
from mcu.h323.events import EndReason


def reason_of(error: RefusedError | StorageError) -> EndReason:
    """What the room is told when it cannot come in."""
    return _REFUSALS.get(getattr(error, "code", ""), EndReason.RESOURCES)


def told_refusal(error: RefusedError | StorageError) -> str:
    """The code, where people are told that rather than the end of a call which never began; else ""."""
    code = getattr(error, "code", "")
    return code if code in TOLD_REFUSALS else ""


# In mcu.controller.member.Room beside the ends of calls; mcu.signaling.values.CallEnd has them too.
TOLD_REFUSALS = frozenset(
    {
        "address-invalid",
        "address-unknown",
        "address-unreachable",
        "no-gatekeeper",
        "gatekeeper-silent",
        "gatekeeper-password",
        "gatekeeper-refused",
        "ports-taken",
    }
)


def logged(error: RefusedError | StorageError | Refused) -> str:
    """The error as the log may have it: of a refusal the code alone, as its detail may name what was dialled."""
    if isinstance(error, Refused):
        return ": ".join(filter(None, (error.reason.value, error.detail)))
    return error.code if isinstance(error, RefusedError) else str(error)


def advised(error: RefusedError | StorageError | Refused) -> dict[str, str]:
    """What the operator is told beside it, as fields of the log."""
    advice = ADVICE.get(getattr(error, "code", ""))
    return {"advice": advice} if advice else {}


ADVICE = {  # refusals that the operator has to mend
    "ports-taken": "Other programs hold the UDP ports from [media] rtp_port on: choose others there.",
}
HANG_UP_REASONS = {  # others hang up as usual
    MembershipEnd.CONFERENCE_ENDED: EndReason.CONFERENCE_ENDED,
    MembershipEnd.SUPERSEDED: EndReason.REPLACED,
}
_REFUSALS = {
    "conference-full": EndReason.RESOURCES,
    "conference-locked": EndReason.DECLINED,
    "loop": EndReason.DECLINED,
    "no-such-conference": EndReason.NOT_FOUND,
    "conference-ended": EndReason.NOT_FOUND,
    "address-unknown": EndReason.UNREACHABLE,
    "address-unreachable": EndReason.UNREACHABLE,
    "no-gatekeeper": EndReason.UNREACHABLE,
    "gatekeeper-silent": EndReason.UNREACHABLE,
    "gatekeeper-password": EndReason.UNREACHABLE,
    "gatekeeper-refused": EndReason.UNREACHABLE,
    "number-or-pin-wrong": EndReason.NOT_ALLOWED,
    "too-many-attempts": EndReason.NOT_ALLOWED,
}
