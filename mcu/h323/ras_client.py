"""An endpoint's side of RAS (H.225.0 clause 7): datagrams in and out, everything else is in the parts.

Rules:
1. Only gatekeepers are listened to: those of the settings, that they named, or that a request of ours waits for.
2. A request that comes twice is answered twice with the same datagram, and done once.
3. What cannot be read, is not for us or has a wrong token is dropped and counted. Nothing that comes raises.
4. `wall_offset` is the time of day (seconds since 1970) minus `now`; the owner keeps it right.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from dataclasses import dataclass, field

from mcu.h323 import ras_requests
from mcu.h323.address import Address
from mcu.h323.events import EndReason
from mcu.h323.ras_call_table import CallTable
from mcu.h323.ras_calls import Calls
from mcu.h323.ras_events import CallFacts, RasEvent
from mcu.h323.ras_messages import (
    CallRequest,
    Datagram,
    Fields,
    InfoRequest,
    InProgress,
    RasError,
    ServiceControl,
    UnregistrationRequest,
    parse,
)
from mcu.h323.ras_reports import Reports
from mcu.h323.ras_requests import Value
from mcu.h323.ras_settings import RasSettings, Scheme
from mcu.h323.ras_tokens import Tokens
from mcu.h323.ras_transactions import PROCEDURES, Transactions
from mcu.h323.registration import Registration, State

MAX_REMEMBERED = 64  # requests of the gatekeeper whose answers are kept
REMEMBERED_SECONDS = 30.0  # longer than any gatekeeper repeats a request
MAX_QUOTED = 256  # bytes of a message that was not understood, in what says so

_ANSWERS = frozenset(answer for procedure in PROCEDURES.values() for answer in procedure.answers)
_UNANSWERED = _ANSWERS | {"unknownMessageResponse", "nonStandardMessage", "serviceControlResponse"}


@dataclass(slots=True)
class RasCounters:
    """Datagrams that came and were dropped, by why; and what was sent in vain."""

    received: int = 0
    sent: int = 0
    strangers: int = 0  # of no gatekeeper
    unreadable: int = 0
    unexpected: int = 0  # answers to nothing: late, twice, or made up
    distrusted: dict[str, int] = field(default_factory=dict)  # by verdict on the token


@dataclass(frozen=True, slots=True)
class RasStatus:
    """For `mcu doctor` and metrics."""

    state: State
    gatekeeper: str
    address: Address | None
    endpoint: str
    aliases: tuple[str, ...]
    scheme: Scheme
    clock_skew: float  # seconds by which the gatekeeper's clock is ahead
    failure: str  # why the last attempt failed
    calls: int
    outstanding: int
    repeated: int
    unanswered: int


class RasClient:
    """Call anything, then drain `data_to_send` and `events_received`, and come back at `next_timer`."""

    def __init__(self, settings: RasSettings, *, rng: random.Random, wall_offset: float) -> None:
        self.wall_offset = wall_offset
        self.counters = RasCounters()
        self._settings = settings
        self._now = 0.0
        self._outgoing: list[tuple[bytes, Address]] = []
        self._events: list[RasEvent] = []
        self._remembered: OrderedDict[tuple[Address, bytes], tuple[float, bytes]] = OrderedDict()
        self._tokens = Tokens(settings, rng)
        self._transactions = Transactions(self._send, rng)
        self._table = CallTable()
        self._registration = Registration(
            settings,
            self._transactions,
            self._tokens,
            rng,
            emit=self._events.append,
            changed=lambda now: self._calls.registration_changed(now),
        )
        self._reports = Reports(settings, self._table, self._transactions, self._registration)
        self._calls = Calls(
            settings, self._table, self._transactions, self._registration, self._reports, self._events.append
        )

    # --- what the owner does ------------------------------------------------------------------------------

    def start(self, now: float) -> None:
        """Look for a gatekeeper, if the settings have one."""
        self._now = now
        self._registration.start(now)

    def close(self, now: float) -> None:
        """Unregister. Over when `closed` says so, in 6 s at most."""
        self._now = now
        self._registration.leave(now)

    @property
    def closed(self) -> bool:
        return self._registration.state is State.CLOSED

    def admit(self, call: CallFacts, now: float) -> None:
        """Ask whether a call may be: Admitted or AdmissionRejected follows, perhaps in this very moment."""
        self._now = now
        self._calls.admit(call, now)

    def disengage(self, call: str, reason: EndReason, now: float) -> None:
        """A call that was asked about is over."""
        self._now = now
        self._calls.disengage(call, reason, now)

    def change_bandwidth(self, call: str, bandwidth: int, now: float) -> None:
        """Ask for another bandwidth, bit/s both ways together: BandwidthGranted follows."""
        self._now = now
        self._calls.change_bandwidth(call, bandwidth, now)

    def report_resources(self, *, almost_out: bool, now: float) -> None:
        """RAI: whether the gatekeeper should rather send calls elsewhere (clause 7.18)."""
        self._now = now
        gatekeeper = self._registration.gatekeeper
        if self._registration.registered and gatekeeper is not None:
            request = ras_requests.resources_indication(
                self._settings, self._registration.identity, almost_out=almost_out
            )
            self._transactions.begin(request, gatekeeper, lambda *_: None, now)

    @property
    def status(self) -> RasStatus:
        registration = self._registration
        return RasStatus(
            state=registration.state,
            gatekeeper=registration.identity.gatekeeper,
            address=registration.gatekeeper,
            endpoint=registration.identity.endpoint,
            aliases=tuple(alias.text for alias in registration.aliases) if registration.registered else (),
            scheme=self._tokens.scheme,
            clock_skew=self._tokens.skew,
            failure=registration.failure,
            calls=len(self._table),
            outstanding=len(self._transactions),
            repeated=self._transactions.repeated,
            unanswered=self._transactions.unanswered,
        )

    # --- sans-I/O -------------------------------------------------------------------------------------------

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """A datagram came."""
        self._now = now
        self.counters.received += 1
        if not (self._registration.knows(source) or self._transactions.expects(source)):
            self.counters.strangers += 1
            return
        if (answer := self._remembered_answer(data, source, now)) is not None:
            self._put(answer, source)
            return
        try:
            datagram = parse(data, source)
        except RasError:
            self.counters.unreadable += 1
            return
        verdict = self._tokens.check(datagram, data, self._registration.identity, now + self.wall_offset)
        if not verdict.accepted:
            self.counters.distrusted[verdict] = self.counters.distrusted.get(verdict, 0) + 1
            return
        if datagram.name == "requestInProgress" or datagram.name in _UNANSWERED:
            self._receive_answer(datagram, source, now)
        else:
            self._receive_request(datagram, data, source, now)

    def handle_timer(self, now: float) -> None:
        self._now = now
        self._transactions.handle_timer(now)
        self._registration.handle_timer(now)
        self._calls.handle_timer(now)
        self._reports.handle_timer(now)

    def next_timer(self) -> float | None:
        parts = (self._transactions, self._registration, self._calls, self._reports)
        return min((time for part in parts if (time := part.next_timer()) is not None), default=None)

    def data_to_send(self) -> list[tuple[bytes, Address]]:
        """Datagrams and where they go."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def events_received(self) -> list[RasEvent]:
        events = self._events.copy()
        self._events.clear()
        return events

    # --- what comes -----------------------------------------------------------------------------------------

    def _receive_answer(self, datagram: Datagram, source: Address, now: float) -> None:
        if isinstance(datagram.message, InProgress):
            if not self._transactions.prolong(datagram.sequence, datagram.message.delay, source, now):
                self.counters.unexpected += 1
            return
        transaction = self._transactions.answered(datagram, source)
        if transaction is None:
            self.counters.unexpected += 1
            return
        transaction.done(datagram, now)

    def _receive_request(self, datagram: Datagram, data: bytes, source: Address, now: float) -> None:
        """What a gatekeeper asks of us; GRQ, RRQ and their like are not for endpoints."""
        if not self._registration.knows(source):
            self.counters.strangers += 1
            return
        value = self._answer(datagram, data)
        if value is None:
            self.counters.unexpected += 1
            return
        name, fields = value
        answer = self._sign(name, {"requestSeqNum": datagram.sequence} | fields)
        self._remembered[source, data] = now, answer
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        self._put(answer, source)
        if isinstance(datagram.message, UnregistrationRequest) and name == "unregistrationConfirm":
            self._registration.asked_to_leave(datagram.message, now)

    def _answer(self, datagram: Datagram, data: bytes) -> Value | None:
        """None for what makes no sense while nobody has registered us."""
        message, ours = datagram.message, self._registration.identity.endpoint
        match message:
            case UnregistrationRequest():
                if not self._registration.registered or message.endpoint_identifier not in {"", ours}:
                    return "unregistrationReject", {"rejectReason": ("notCurrentlyRegistered", 0)}
                return "unregistrationConfirm", {}
            case CallRequest() if message.endpoint_identifier != ours and ours:
                return _refusal_of_call(datagram.name)
            case CallRequest() if datagram.name == "bandwidthRequest":
                return self._calls.asked_for_bandwidth(message)
            case CallRequest():
                return self._calls.asked_to_disengage(message)
            case InfoRequest():
                return self._reports.answer(message) if ours else None
            case ServiceControl():
                return "serviceControlResponse", {"result": ("notAvailable", 0)}
        if datagram.name == "locationRequest":
            return "locationReject", {"rejectReason": ("requestDenied", 0)}
        return "unknownMessageResponse", {"messageNotUnderstood": data[:MAX_QUOTED]}

    def _remembered_answer(self, data: bytes, source: Address, now: float) -> bytes | None:
        when, answer = self._remembered.get((source, data), (-REMEMBERED_SECONDS, b""))
        return answer if answer and now - when < REMEMBERED_SECONDS else None

    # --- what goes --------------------------------------------------------------------------------------------

    def _send(self, name: str, fields: Fields, destination: Address) -> None:
        self._put(self._sign(name, fields), destination)

    def _sign(self, name: str, fields: Fields) -> bytes:
        return self._tokens.sign(name, fields, self._registration.identity, self._now + self.wall_offset)

    def _put(self, data: bytes, destination: Address) -> None:
        self.counters.sent += 1
        self._outgoing.append((data, destination))


def _refusal_of_call(name: str) -> Value:
    """BRQ or DRQ for an endpoint that we are not, or no more."""
    if name == "bandwidthRequest":
        return "bandwidthReject", {"rejectReason": ("notBound", 0), "allowedBandWidth": 0}
    return "disengageReject", {"rejectReason": ("notRegistered", 0)}
