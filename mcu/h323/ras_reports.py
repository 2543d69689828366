"""What the gatekeeper is told of running calls: IRR, asked for by IRQ or by itself (H.225.0 clause 7.15)."""

from __future__ import annotations

from mcu.h323 import ras_requests
from mcu.h323.ras_call_table import CallTable, Entry
from mcu.h323.ras_messages import Datagram, InfoRequest, Reject
from mcu.h323.ras_requests import MAX_CALLS_LISTED, Value
from mcu.h323.ras_settings import RasSettings
from mcu.h323.ras_transactions import Transactions
from mcu.h323.registration import Registration

SHORTEST_IRR = 5.0  # seconds, whatever irrFrequency says


class Reports:
    """Of the calls in `table`, to the gatekeeper of `registration`."""

    def __init__(
        self, settings: RasSettings, table: CallTable, transactions: Transactions, registration: Registration
    ) -> None:
        self._settings = settings
        self._table = table
        self._transactions = transactions
        self._registration = registration

    def answer(self, request: InfoRequest) -> Value:
        """The answer to IRQ: an IRR with the call, or with all of them."""
        entries = self._table.of_inquiry(request)
        for_one = request.reference != 0 or any(request.call_identifier)
        status = "invalidCall" if for_one and not entries else "complete"
        if len(entries) > MAX_CALLS_LISTED:
            status = "incomplete"
        return self._report(entries, status=status, unsolicited=False, answer_wanted=False)

    def begin(self, entry: Entry, seconds: int, *, answered: bool, now: float) -> None:
        """Report a call every so many seconds (irrFrequency), 0 for never. `answered`: the gatekeeper says IACK."""
        entry.irr_answered = answered
        if seconds:
            entry.irr_interval = max(float(seconds), SHORTEST_IRR)
            entry.next_irr = now + entry.irr_interval

    def handle_timer(self, now: float) -> None:
        for entry in self._table.all():
            if entry.next_irr is not None and entry.next_irr <= now:
                entry.next_irr = now + entry.irr_interval
                self._tell(entry, now)

    def next_timer(self) -> float | None:
        return min((entry.next_irr for entry in self._table.all() if entry.next_irr is not None), default=None)

    def _tell(self, entry: Entry, now: float) -> None:
        gatekeeper = self._registration.gatekeeper
        if not self._registration.registered or gatekeeper is None:
            return
        value = self._report([entry], status="complete", unsolicited=True, answer_wanted=entry.irr_answered)
        if entry.irr_answered:
            self._transactions.begin(value, gatekeeper, self._answered, now)
        else:
            self._transactions.tell(value, gatekeeper)

    def _answered(self, datagram: Datagram | None, now: float) -> None:
        message = datagram.message if datagram else None
        if isinstance(message, Reject) and message.reason == "notRegistered":
            self._registration.forgotten(message.reason, now)

    def _report(self, entries: list[Entry], *, status: str, unsolicited: bool, answer_wanted: bool) -> Value:
        return ras_requests.info_response(
            self._settings,
            self._registration.identity,
            [entry.running for entry in entries[:MAX_CALLS_LISTED]],
            status=status,
            unsolicited=unsolicited,
            answer_wanted=answer_wanted,
        )
