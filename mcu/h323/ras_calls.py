"""Calls as the gatekeeper sees them: admission, bandwidth and disengagement (H.225.0 clauses 7.11, 7.12, 7.14).

Rules:
1. A call waits for a registration that is under way, and is asked about again once after one that was lost.
2. Where no gatekeeper can be asked, a call goes on without, unless the settings require one.
3. Losing the gatekeeper changes nothing for calls that were admitted.
4. Every `admit` is answered by Admitted or AdmissionRejected once, unless `disengage` comes before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mcu.h323 import ras_requests
from mcu.h323.address import Address
from mcu.h323.aliases import Alias
from mcu.h323.events import EndReason
from mcu.h323.ras_call_table import CallTable, Entry, Phase
from mcu.h323.ras_events import (
    AdmissionRejected,
    Admitted,
    BandwidthAsked,
    BandwidthGranted,
    CallFacts,
    DisengageAsked,
    RasEvent,
)
from mcu.h323.ras_messages import AdmissionConfirm, BandwidthConfirm, CallRequest, Datagram, Reject
from mcu.h323.ras_reports import Reports
from mcu.h323.ras_requests import Value
from mcu.h323.ras_settings import RasSettings
from mcu.h323.ras_transactions import Transactions
from mcu.h323.registration import Registration

PATIENCE = 6.0  # seconds that a call waits for a registration: a caller hears nothing in that time


# What an ARJ means (H.225.0 clause 7.11.3). Others are NOT_ALLOWED.
REASONS = {
    "calledPartyNotRegistered": EndReason.NOT_FOUND,
    "incompleteAddress": EndReason.NOT_FOUND,
    "unallocatedNumber": EndReason.NOT_FOUND,
    "aliasesInconsistent": EndReason.NOT_FOUND,
    "noRouteToDestination": EndReason.UNREACHABLE,
    "routeCallToSCN": EndReason.UNREACHABLE,
    "requestDenied": EndReason.NO_BANDWIDTH,  # "no bandwidth available" in the recommendation
    "resourceUnavailable": EndReason.RESOURCES,
    "exceedsCallCapacity": EndReason.RESOURCES,
    "qosControlNotSupported": EndReason.NO_BANDWIDTH,
}
# Of these, whoever registers again may be admitted; by who is the one that is not registered.
_NOT_REGISTERED = {
    False: frozenset({"callerNotRegistered", "invalidEndpointIdentifier"}),
    True: frozenset({"calledPartyNotRegistered", "invalidEndpointIdentifier"}),
}
_FORCED = frozenset({EndReason.NOT_ALLOWED, EndReason.RESOURCES, EndReason.CONFERENCE_ENDED, EndReason.REPLACED})
_UNUSUAL = frozenset({EndReason.CONNECTION_LOST, EndReason.PROTOCOL_ERROR, EndReason.TIMED_OUT})


class Calls:
    """`emit` is handed events."""

    def __init__(
        self,
        settings: RasSettings,
        table: CallTable,
        transactions: Transactions,
        registration: Registration,
        reports: Reports,
        emit: Callable[[RasEvent], None],
    ) -> None:
        self._settings = settings
        self._table = table
        self._transactions = transactions
        self._registration = registration
        self._reports = reports
        self._emit = emit

    # --- what the owner does ------------------------------------------------------------------------------

    def admit(self, facts: CallFacts, now: float) -> None:
        if self._table.is_full:
            self._emit(AdmissionRejected(call=facts.call, reason=EndReason.RESOURCES, detail="too many calls"))
            return
        entry = Entry(facts, Phase.WAITING, facts.bandwidth, now + PATIENCE)
        self._table.add(entry)
        self._consider(entry, now)

    def disengage(self, call: str, reason: EndReason, now: float) -> None:
        """The call is over. The gatekeeper hears of it if it admitted the call."""
        entry = self._table.get(call)
        if entry is None or entry.phase is Phase.LEFT:
            return
        if entry.phase is Phase.ASKED:
            entry.phase = Phase.LEFT
            return
        self._table.remove(entry)
        if entry.phase is Phase.ADMITTED:
            self._disengage(entry.facts, reason, now)

    def change_bandwidth(self, call: str, bandwidth: int, now: float) -> None:
        """BRQ for a call that the gatekeeper admitted; any other may use what it likes."""
        entry = self._table.get(call)
        if entry is None or entry.phase is Phase.LEFT:
            return
        gatekeeper = self._registration.gatekeeper
        if entry.phase is not Phase.ADMITTED or not self._registration.registered or gatekeeper is None:
            entry.bandwidth = bandwidth
            self._emit(BandwidthGranted(call, bandwidth))
            return
        request = ras_requests.bandwidth_request(entry.facts, self._registration.identity, bandwidth)
        self._transactions.begin(request, gatekeeper, partial(self._bandwidth_answered, entry), now)

    # --- what the gatekeeper does -----------------------------------------------------------------------------

    def asked_for_bandwidth(self, request: CallRequest) -> Value:
        """The answer to BRQ."""
        entry = self._table.of_request(request)
        if entry is None or not entry.runs:
            return "bandwidthReject", {"rejectReason": ("invalidConferenceID", 0), "allowedBandWidth": 0}
        entry.bandwidth = request.bandwidth
        self._emit(BandwidthAsked(entry.facts.call, request.bandwidth))
        return "bandwidthConfirm", {"bandWidth": ras_requests.bandwidth(request.bandwidth)}

    def asked_to_disengage(self, request: CallRequest) -> Value:
        """The answer to DRQ: a call that is not known is over, too."""
        entry = self._table.of_request(request)
        if entry is not None:
            self._table.remove(entry)
            if entry.phase is not Phase.LEFT:
                self._emit(DisengageAsked(entry.facts.call, request.reason))
        return "disengageConfirm", {}

    # --- what happens ---------------------------------------------------------------------------------------

    def registration_changed(self, now: float) -> None:
        for entry in self._table.waiting():
            self._consider(entry, now)

    def handle_timer(self, now: float) -> None:
        for entry in self._table.waiting():
            if entry.deadline <= now:
                self._go_without(entry, "no answer of a gatekeeper")

    def next_timer(self) -> float | None:
        return min((entry.deadline for entry in self._table.waiting()), default=None)

    def _consider(self, entry: Entry, now: float) -> None:
        """What to do with a call that nobody was asked about yet."""
        if entry.phase is not Phase.WAITING or not self._table.has(entry):
            return
        if self._registration.registered:
            if not self._is_pre_granted(entry, now):
                self._ask(entry, now)
        elif not self._registration.hopeful:
            self._go_without(entry, "there is no gatekeeper")

    def _ask(self, entry: Entry, now: float) -> None:
        gatekeeper, identity, facts = self._registration.gatekeeper, self._registration.identity, entry.facts
        if gatekeeper is None:
            return
        entry.phase, entry.asked_as, entry.asked_at = Phase.ASKED, identity.endpoint, gatekeeper
        if not facts.source_aliases and not facts.answering:
            facts = replace(facts, source_aliases=self._registration.aliases)
        request = ras_requests.admission_request(facts, identity)
        self._transactions.begin(request, gatekeeper, partial(self._admission_answered, entry), now)

    def _admission_answered(self, entry: Entry, datagram: Datagram | None, now: float) -> None:
        if not self._table.has(entry):
            return
        message = datagram.message if datagram else None
        if entry.phase is Phase.LEFT:
            self._table.remove(entry)
            if isinstance(message, AdmissionConfirm):
                self._disengage(entry.facts, EndReason.HUNG_UP, now)
        elif isinstance(message, AdmissionConfirm):
            self._admitted(entry, message, now)
        elif isinstance(message, Reject):
            self._rejected(entry, message, now)
        else:
            self._unanswered(entry, now)

    def _admitted(self, entry: Entry, confirm: AdmissionConfirm, now: float) -> None:
        entry.phase, entry.bandwidth, entry.routed = Phase.ADMITTED, confirm.bandwidth, confirm.routed
        self._reports.begin(entry, confirm.irr_frequency, answered=confirm.responds_to_irr, now=now)
        usable = confirm.destination is not None and confirm.destination.is_usable
        self._emit_admitted(
            entry,
            destination=confirm.destination if usable else entry.facts.destination,
            aliases=confirm.destination_aliases or entry.facts.destination_aliases,
            by_gatekeeper=True,
        )

    def _rejected(self, entry: Entry, reject: Reject, now: float) -> None:
        facts = entry.facts
        if reject.reason in _NOT_REGISTERED[facts.answering] and not entry.asked_again:
            entry.asked_again = True
            entry.phase, entry.deadline = Phase.WAITING, now + PATIENCE
            if self._asked_now(entry):
                self._registration.forgotten(reject.reason, now)
            self._consider(entry, now)
            return
        self._table.remove(entry)
        reason = REASONS.get(reject.reason, EndReason.NOT_ALLOWED)
        self._emit(AdmissionRejected(call=facts.call, reason=reason, detail=reject.reason, redirect=reject.redirect))

    def _unanswered(self, entry: Entry, now: float) -> None:
        """The gatekeeper is away. If another may answer, the call waits for that one."""
        current = self._asked_now(entry)
        again = not entry.asked_again and (self._registration.has_alternate or not current)
        entry.asked_again = True
        entry.phase, entry.deadline = Phase.WAITING, now + PATIENCE
        if current:
            self._registration.silent(now)
        if again:
            self._consider(entry, now)
        elif entry.phase is Phase.WAITING and self._table.has(entry):
            self._go_without(entry, "no answer of the gatekeeper")

    def _asked_now(self, entry: Entry) -> bool:
        """Whether it is our present registration that ARQ was sent with."""
        registration = self._registration
        return (entry.asked_as, entry.asked_at) == (registration.identity.endpoint, registration.gatekeeper)

    def _go_without(self, entry: Entry, why: str) -> None:
        facts = entry.facts
        if self._settings.required or (facts.destination is None and not facts.answering):
            self._table.remove(entry)
            self._emit(AdmissionRejected(call=facts.call, reason=EndReason.UNREACHABLE, detail=why))
            return
        entry.phase = Phase.FREE
        self._emit_admitted(entry, facts.destination, facts.destination_aliases, by_gatekeeper=False)

    def _is_pre_granted(self, entry: Entry, now: float) -> bool:
        """Whether the gatekeeper said at registration that it need not be asked (H.225.0 clause 7.9.2)."""
        confirm, facts = self._registration.confirm, entry.facts
        granted = confirm.pre_granted if confirm else None
        if confirm is None or granted is None:
            return False
        through, destination = confirm.signaling_address, facts.destination
        if facts.answering:
            if not granted.answer_call:
                return False
            entry.routed = granted.answer_through_gatekeeper
            if entry.routed and (through is None or facts.source is None or facts.source.ip != through.ip):
                return False
        else:
            if not granted.make_call:
                return False
            entry.routed = granted.make_through_gatekeeper
            destination = through if entry.routed else destination
            if destination is None:
                return False
        entry.phase = Phase.FREE
        entry.bandwidth = min(facts.bandwidth, granted.bandwidth or facts.bandwidth)
        self._reports.begin(entry, granted.irr_frequency, answered=confirm.responds_to_irr, now=now)
        self._emit_admitted(entry, destination, facts.destination_aliases, by_gatekeeper=True)
        return True

    def _emit_admitted(
        self, entry: Entry, destination: Address | None, aliases: tuple[Alias, ...], *, by_gatekeeper: bool
    ) -> None:
        self._emit(
            Admitted(
                call=entry.facts.call,
                destination=destination,
                routed=entry.routed,
                destination_aliases=aliases,
                bandwidth=entry.bandwidth,
                by_gatekeeper=by_gatekeeper,
            )
        )

    def _bandwidth_answered(self, entry: Entry, datagram: Datagram | None, _: float) -> None:
        if not self._table.has(entry):
            return
        message = datagram.message if datagram else None
        if isinstance(message, BandwidthConfirm):
            entry.bandwidth = message.bandwidth
        elif isinstance(message, Reject) and message.reason == "insufficientResources":
            entry.bandwidth = message.bandwidth or entry.bandwidth
        self._emit(BandwidthGranted(entry.facts.call, entry.bandwidth))

    def _disengage(self, facts: CallFacts, reason: EndReason, now: float) -> None:
        gatekeeper = self._registration.gatekeeper
        if not self._registration.registered or gatekeeper is None:
            return
        word = "forcedDrop" if reason in _FORCED else "undefinedReason" if reason in _UNUSUAL else "normalDrop"
        request = ras_requests.disengage_request(facts, self._registration.identity, word)
        self._transactions.begin(request, gatekeeper, lambda *_: None, now)
