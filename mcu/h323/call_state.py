"""States of a call (Q.931 clause 2.1, as far as H.225.0 has them), and what changes them."""

from __future__ import annotations

import enum

from mcu.h323.h225_messages import (
    Alerting,
    Body,
    CallProceeding,
    Connect,
    Facility,
    Information,
    ReleaseComplete,
    Setup,
    Status,
    StatusInquiry,
)
from mcu.h323.q931 import MessageType


class CallState(enum.Enum):
    """States of Q.931 clause 2.1; the value is that of the Call state element."""

    IDLE = 0  # in: no SETUP yet
    CALL_INITIATED = 1  # out: SETUP sent
    OUTGOING_PROCEEDING = 3
    CALL_DELIVERED = 4  # out: it rings there
    CALL_PRESENT = 6  # in: SETUP received
    CALL_RECEIVED = 7  # in: ALERTING sent
    INCOMING_PROCEEDING = 9
    ACTIVE = 10
    ENDED = 19  # release request, or nothing any more


S, M = CallState, MessageType

RECEIVED: dict[tuple[CallState, int], CallState] = {
    (S.IDLE, M.SETUP): S.CALL_PRESENT,
    (S.CALL_INITIATED, M.SETUP_ACK): S.OUTGOING_PROCEEDING,
    (S.CALL_INITIATED, M.CALL_PROCEEDING): S.OUTGOING_PROCEEDING,
    (S.CALL_INITIATED, M.PROGRESS): S.OUTGOING_PROCEEDING,
    (S.CALL_INITIATED, M.ALERTING): S.CALL_DELIVERED,
    (S.CALL_INITIATED, M.CONNECT): S.ACTIVE,
    (S.OUTGOING_PROCEEDING, M.ALERTING): S.CALL_DELIVERED,
    (S.OUTGOING_PROCEEDING, M.CONNECT): S.ACTIVE,
    (S.CALL_DELIVERED, M.CONNECT): S.ACTIVE,
}
SENT: dict[tuple[CallState, int], CallState] = {
    (S.CALL_PRESENT, M.CALL_PROCEEDING): S.INCOMING_PROCEEDING,
    (S.CALL_PRESENT, M.ALERTING): S.CALL_RECEIVED,
    (S.CALL_PRESENT, M.CONNECT): S.ACTIVE,
    (S.INCOMING_PROCEEDING, M.ALERTING): S.CALL_RECEIVED,
    (S.INCOMING_PROCEEDING, M.CONNECT): S.ACTIVE,
    (S.CALL_RECEIVED, M.CONNECT): S.ACTIVE,
}

KINDS: dict[type[Body], MessageType] = {
    Setup: M.SETUP,
    CallProceeding: M.CALL_PROCEEDING,
    Alerting: M.ALERTING,
    Connect: M.CONNECT,
    ReleaseComplete: M.RELEASE_COMPLETE,
    Facility: M.FACILITY,
    Information: M.INFORMATION,
    Status: M.STATUS,
    StatusInquiry: M.STATUS_INQUIRY,
}


TIMEOUTS = {  # timers of H.225.0 clause 7.4 by the state that they end
    CallState.IDLE: "no SETUP",
    CallState.CALL_INITIATED: "T303",
    CallState.OUTGOING_PROCEEDING: "T310",
    CallState.CALL_DELIVERED: "T301",
}
