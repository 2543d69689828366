"""Why a call does not go on, from the conference's words to those of calls."""

from __future__ import annotations

from mcu.controller.member import EndReason as MembershipEnd
from mcu.errors import RefusedError, StorageError
from mcu.h323.events import EndReason


def reason_of(error: RefusedError | StorageError) -> EndReason:
    """What the room is told when it cannot come in."""
    return _REFUSALS.get(getattr(error, "code", ""), EndReason.RESOURCES)


def told_refusal(error: RefusedError | StorageError) -> str:
    """The code, where people are told that rather than the end of a call which never began; else ""."""
    code = getattr(error, "code", "")
    return code if code in TOLD_REFUSALS else ""


# In mcu.controller.member.Room beside the ends of calls; mcu.signaling.values.CallEnd has them too.
TOLD_REFUSALS = frozenset({"address-invalid", "address-unknown", "address-unreachable", "no-gatekeeper"})
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
    "number-or-pin-wrong": EndReason.NOT_ALLOWED,
    "too-many-attempts": EndReason.NOT_ALLOWED,
}
