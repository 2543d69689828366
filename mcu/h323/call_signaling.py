"""Call signaling of one call (H.225.0 clause 7, Q.931 clause 5): messages, states and timers, without H.245.

Rules:
1. One call for each connection: a SETUP with another reference is released, other messages with it are answered once in
   a while (Q.931 clause 5.8.3.2).
2. What cannot be read is counted and left; more than MAX_MALFORMED end the call. A RELEASE COMPLETE always counts.
3. Messages that do not fit the state change nothing, but what they carry is used: peers differ in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcu.errors import ProtocolError
from mcu.h323 import h225_codec, q931, q931_contents, tpkt
from mcu.h323.call_reasons import INVALID_REFERENCE, STATUS_RESPONSE
from mcu.h323.call_state import KINDS, RECEIVED, SENT, TIMEOUTS, CallState
from mcu.h323.h225_messages import (
    VERSION,
    Body,
    Empty,
    ReleaseComplete,
    Setup,
    Status,
    StatusInquiry,
    UserInformation,
)
from mcu.h323.q931 import Element, ElementId
from mcu.h323.q931 import MessageType as M

# Seconds (H.225.0 clause 7.4: at least 4, 10 and 180). Calls over gatekeepers and gateways take long to proceed.
SETUP_SECONDS = 10.0  # from a connection to its SETUP
T303 = 15.0
T310 = 60.0
SILENCE = 60.0  # without a word of the peer, after which it is asked for its state
MAX_INQUIRIES = 3  # that a peer which answers them otherwise has left unanswered: it is gone
MAX_MALFORMED = 64
MAX_STRANGE = 8  # messages with another reference that are answered


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of this call. `information` is empty where it could not be read or was not there."""

    kind: int
    message: q931.Message
    information: UserInformation
    first_setup: bool = False


@dataclass(slots=True)
class Counters:
    """What came and was of no use, for logs and metrics."""

    malformed: int = 0
    unknown: int = 0  # message types
    repeated: int = 0  # SETUPs
    strange: int = 0  # messages with another call reference
    after_end: int = 0


class SignalingFailed(ProtocolError):
    """The call cannot go on; a message of the peer's is at fault."""


class SignalingTimedOut(ProtocolError):
    """A timer ran out."""


class CallSignaling:
    """`reference` is None for a call in until its SETUP came."""

    def __init__(self, *, reference: int | None, ring_seconds: float, now: float) -> None:
        self.state = CallState.IDLE
        self.counters = Counters()
        self.reference = reference or 0
        self.is_outgoing = reference is not None
        self.call_identifier = bytes(16)
        self.version = VERSION  # of H.225.0: the lower of both
        self.tunnelling = False  # what each message says of h245Tunnelling
        self.asks = True  # whether a silent peer is asked for its state
        self._t301 = ring_seconds
        self._deframer = tpkt.Deframer()
        self._output = bytearray()
        self._due: float | None = None if self.is_outgoing else now + SETUP_SECONDS
        self._heard_at = now
        self._answers_inquiries = False
        self._inquiries = 0  # unanswered

    @property
    def keepalives(self) -> int:
        return self._deframer.keepalives

    # --- out ----------------------------------------------------------------------------------------------

    def send(self, body: Body, *elements: Element, now: float, control: Sequence[bytes] = ()) -> None:
        """A message with what it tells, its elements besides user-user, and tunnelled H.245."""
        kind = KINDS[type(body)]
        self._put(kind, UserInformation(body, tunnelling=self.tunnelling, control=tuple(control)), elements)
        if kind is M.SETUP:
            self._enter(CallState.CALL_INITIATED, now)
        elif kind is M.RELEASE_COMPLETE:
            self._enter(CallState.ENDED, now)
        else:
            self._enter(SENT.get((self.state, kind), self.state), now)

    def send_control(self, control: Sequence[bytes]) -> None:
        """Tunnelled H.245 in a FACILITY without a message (H.323 clause 8.2.1)."""
        facility = (Element(ElementId.FACILITY),)
        self._put(M.FACILITY, UserInformation(Empty(), tunnelling=self.tunnelling, control=tuple(control)), facility)

    def to_send(self) -> bytes:
        """Framed, drained."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def _put(self, kind: int, information: UserInformation, elements: Sequence[Element]) -> None:
        in_order = sorted(elements, key=lambda element: element.identifier)  # Q.931 clause 4.5.1
        user = q931_contents.user_user(h225_codec.serialize(information))
        message = q931.Message(kind, self.reference, not self.is_outgoing, (*in_order, user))
        self._output += tpkt.frame(q931.serialize(message))

    # --- in -----------------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> list[bytes]:
        """Whole messages in `data`, for `read`. Raises SignalingFailed."""
        self.peer_lives(now)
        try:
            return self._deframer.receive(data)
        except tpkt.TpktError as error:
            raise SignalingFailed(str(error)) from error

    def peer_lives(self, now: float) -> None:
        """Something came from the peer, here or by H.245."""
        self._heard_at, self._inquiries = now, 0

    def read(self, data: bytes, now: float) -> Heard | None:
        """One message; None for one that is not for this call. Raises SignalingFailed."""
        if self.state is CallState.ENDED:
            self.counters.after_end += 1
            return None
        try:
            message = q931.parse(data)
        except q931.Q931Error as error:
            self._malformed(error)
            return None
        if not self._is_ours(message):
            return None
        information = self._information(message)
        if information is None:
            return None
        return self._heard(message, information, now)

    def _is_ours(self, message: q931.Message) -> bool:
        if self.state is CallState.IDLE:
            if self.is_outgoing or message.kind != M.SETUP or not 0 < message.call_reference < 1 << q931.REFERENCE_BITS:
                self._strange(message)
                return False
            self.reference = message.call_reference
            return True
        if message.call_reference != self.reference:
            self._strange(message)
            return False
        return True

    def _strange(self, message: q931.Message) -> None:
        """A message of no call here."""
        self.counters.strange += 1
        answered = message.kind not in {M.RELEASE_COMPLETE, M.STATUS} and message.call_reference
        if not answered or self.counters.strange > MAX_STRANGE or message.call_reference >= 1 << q931.REFERENCE_BITS:
            return
        cause = q931_contents.cause(INVALID_REFERENCE)
        user = q931_contents.user_user(h225_codec.serialize(UserInformation(ReleaseComplete(version=self.version))))
        reply = q931.Message(M.RELEASE_COMPLETE, message.call_reference, not message.by_destination, (cause, user))
        self._output += tpkt.frame(q931.serialize(reply))

    def _information(self, message: q931.Message) -> UserInformation | None:
        """What the user-user element says; None where the message is of no use without."""
        data = message.user_information
        try:
            if data is None:
                raise ProtocolError("no user-user element")
            information = h225_codec.parse(data)
            if message.kind == M.SETUP and not isinstance(information.body, Setup):
                raise ProtocolError("a SETUP without Setup")
            return information
        except ProtocolError as error:
            if message.kind == M.SETUP and self.state is CallState.IDLE:
                raise SignalingFailed(str(error)) from error
            if (data is None and message.kind not in {M.SETUP, M.CONNECT}) or message.kind == M.RELEASE_COMPLETE:
                return UserInformation()
            self._malformed(error)
            return None

    def _malformed(self, error: ProtocolError) -> None:
        self.counters.malformed += 1
        if self.counters.malformed > MAX_MALFORMED:
            raise SignalingFailed(str(error)) from error

    def _heard(self, message: q931.Message, information: UserInformation, now: float) -> Heard | None:
        kind, first = message.kind, self.state is CallState.IDLE
        if kind == M.SETUP and not first:
            self.counters.repeated += 1
            return None
        if kind not in set(M):
            self.counters.unknown += 1
        if isinstance(information.body, Body) and information.body.version:
            self.version = min(VERSION, information.body.version)
        if isinstance(information.body, Setup):
            self.call_identifier = information.body.call_identifier
        if kind == M.STATUS_INQUIRY:
            self._answer_inquiry(now)
        elif kind == M.STATUS:
            self._answers_inquiries = True
        elif kind in {M.RELEASE_COMPLETE, M.RELEASE}:
            self._enter(CallState.ENDED, now)
        self._enter(RECEIVED.get((self.state, kind), self.state), now)
        return Heard(kind, message, information, first)

    def _answer_inquiry(self, now: float) -> None:
        body = Status(call_identifier=self.call_identifier, version=self.version)
        cause, state = q931_contents.cause(STATUS_RESPONSE), q931_contents.call_state(self.state.value)
        self.send(body, cause, state, now=now)

    # --- time ---------------------------------------------------------------------------------------------

    def _enter(self, state: CallState, now: float) -> None:
        if state is self.state:
            return
        self.state = state
        waits = {
            CallState.CALL_INITIATED: T303,
            CallState.OUTGOING_PROCEEDING: T310,
            CallState.CALL_DELIVERED: self._t301,
        }.get(state)
        self._due = None if waits is None else now + waits

    def next_timer(self) -> float | None:
        if self.state is CallState.ENDED:
            return None
        return min((due for due in (self._due, self._asks_at()) if due is not None), default=None)

    def handle_timer(self, now: float) -> None:
        """Raises SignalingTimedOut."""
        if self.state is CallState.ENDED:
            return
        if self._due is not None and now >= self._due:
            raise SignalingTimedOut(TIMEOUTS[self.state])
        asks = self._asks_at()
        if asks is not None and now >= asks:
            self._inquire(now)

    def _asks_at(self) -> float | None:
        if self.state is not CallState.ACTIVE or not self.asks:
            return None
        return self._heard_at + SILENCE * (1 + self._inquiries)

    def _inquire(self, now: float) -> None:
        """A peer that never answers this is asked on and not judged by it: many do not know it."""
        if self._inquiries >= MAX_INQUIRIES and self._answers_inquiries:
            raise SignalingTimedOut(f"silent for {now - self._heard_at:.0f} s")
        self._inquiries += 1
        self.send(StatusInquiry(call_identifier=self.call_identifier, version=self.version), now=now)
