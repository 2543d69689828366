"""What the procedures of H.245 do to each other in one call: what the peer sends, timers, and what follows from both.

Rules:
1. Our channels are looked at again after everything that changes what should be open (`ChannelPlan`).
2. A peer's empty set closes what we send; after it the procedures begin anew (H.323 clause 8.4.6).
3. What a peer does wrong is counted and answered by the reject that fits; nothing it sends raises.
4. Moving media to other ports is the same with the sides changed: we say the empty set (`MediaMove`).
5. A call whose channels are open (fastStart) goes on without answers to H.245; another ends after its timers.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from mcu.h323 import asn1, capabilities, events, h245_codec, mode_request, user_input
from mcu.h323.capabilities import CapabilitySet, Offer
from mcu.h323.capability_exchange import CapabilityExchange, OurSetAccepted, OurSetRefused, TheirSet
from mcu.h323.channel_commands import ChannelCommands
from mcu.h323.channel_plan import ChannelPlan
from mcu.h323.channel_table import CloseRequested, OpeningRefused
from mcu.h323.channels import Channel, Direction, LocalMedia
from mcu.h323.events import Event
from mcu.h323.h239 import PresentationToken
from mcu.h323.h245_messages import (
    Conference,
    EncryptionUpdate,
    EndSessionCommand,
    FlowControlCommand,
    FunctionNotUnderstood,
    H245Error,
    MaintenanceLoopReject,
    MaintenanceLoopRequest,
    MasterSlaveDetermination,
    Message,
    MiscellaneousCommand,
    Presentation,
    RequestMode,
    SendTerminalCapabilitySet,
    Unknown,
    UserInput,
)
from mcu.h323.master_slave import DeterminationFailed, Determined, MasterSlave
from mcu.h323.media_move import MediaMove, MoveStep
from mcu.h323.multipoint import Multipoint
from mcu.h323.round_trip import Lost, Measured, RoundTripDelay
from mcu.h323.vendors import NONE, Quirks
from mcu.media.types import StreamKind

MAX_MALFORMED = 100  # PDUs that cannot be read, before the call is given up
# What a peer may say: 64 kB at once and 8 kB a second. A talkative terminal says 1 kB a second, and to read 64 kB takes
# 200 ms: more would be felt by other calls.
MOST_BYTES, BYTES_A_SECOND, PDU_BYTES = 65_536, 8_192, 32


class H245Core:
    """The base of `H245Control`, which says what may be asked of it."""

    def __init__(
        self,
        *,
        offer: Offer,
        media: Mapping[StreamKind, LocalMedia],
        terminal_type: int,
        rng: random.Random,
        now: float,
        quirks: Quirks = NONE,
        name: str = "MCU",
    ) -> None:
        self.counters: Counter[str] = Counter()
        self.peer_terminal_type: int | None = None  # once it said so; 160 and more is a bridge
        self._multipoint = Multipoint(name=name)
        self._quirks = quirks
        self._messages: list[bytes] = []
        self._events: list[Event] = []
        self._roles = MasterSlave(terminal_type=terminal_type, rng=rng)
        self._sets = CapabilityExchange()
        self._round_trip = RoundTripDelay()
        self._token = PresentationToken(rng=rng)
        self._plan = ChannelPlan(
            offer=offer.small() if quirks.small_capability_set else offer, media=media, token=self._token
        )
        self._channels = self._plan.channels
        self._commands = ChannelCommands(self._channels)
        self._move = MediaMove()
        self._procedures = (
            self._sets,  # our set has to be the first message (H.323 clause 8.2)
            self._roles,
            self._token,
            self._channels,
            self._commands,
            self._round_trip,
            self._multipoint,
            self._move,
        )
        self._our_set_is_known = self._was_ready = self._is_over = False
        self._is_held = self._is_paused = False  # by us, by the peer
        self._roles_are_open = True
        self._must_adjust = self._must_move = self._moves_by_ack = False
        self._bytes_left, self._heard = float(MOST_BYTES), now

    @property
    def ready(self) -> bool:
        """Whether capabilities and roles are agreed on."""
        return self._our_set_is_known and self._sets.theirs is not None and not self._roles_are_open

    def messages_to_send(self) -> list[bytes]:
        messages, self._messages = self._messages, []
        return messages

    def events_received(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def next_timer(self) -> float | None:
        if self._is_over:
            return None
        timers = (part.next_timer() for part in self._procedures)
        return min((timer for timer in timers if timer is not None), default=None)

    # --- what comes -----------------------------------------------------------------------------------------

    def receive(self, message: bytes, now: float) -> None:
        """One PDU of the peer."""
        if self._is_over or self._is_flooded(len(message) + PDU_BYTES, now):
            return
        try:
            parsed = h245_codec.parse(message)
        except H245Error as error:
            self.counters["malformed"] += 1
            if self.counters["malformed"] == MAX_MALFORMED:
                self._end(events.EndReason.PROTOCOL_ERROR, str(error)[:200])
            return
        self.counters[type(parsed).__name__] += 1
        self._take(parsed, now)
        self._settle(now)

    def _is_flooded(self, size: int, now: float) -> bool:
        """Whether a peer says more than anybody has to; that ends the call."""
        refilled = self._bytes_left + max(0.0, now - self._heard) * BYTES_A_SECOND
        self._bytes_left, self._heard = min(MOST_BYTES, refilled) - size, now
        if self._bytes_left < 0:
            self._end(events.EndReason.PROTOCOL_ERROR, "more than can be read")
        return self._is_over

    def handle_timer(self, now: float) -> None:
        if self._is_over:
            return
        for procedure in self._procedures:
            procedure.handle_timer(now)
        self._settle(now)

    def _take(self, message: Message, now: float) -> None:
        match message:
            case MiscellaneousCommand() | FlowControlCommand():
                self._commands.receive(message, now)
            case EncryptionUpdate(number, sync, direction, wants_ack):
                if self._channels.renew_key(number, sync, direction) and wants_ack:
                    self._send(MiscellaneousCommand(number, "encryptionUpdateAck", {"synchFlag": sync.flag}))
            case UserInput():
                digits = user_input.digits_of(message)
                if digits:
                    self._events.append(events.DigitsReceived(digits))
            case Presentation():
                self._token.receive(message, now)
            case Conference():
                self._multipoint.receive(message, now)
                self._token.own_label = self._multipoint.own_label
            case RequestMode():
                self._mode_requested(message, now)
            case SendTerminalCapabilitySet():
                self._send_set(now)
            case EndSessionCommand():
                self._send(EndSessionCommand())
                self._end(events.EndReason.HUNG_UP, "endSessionCommand")
            case MaintenanceLoopRequest(value):
                self._send(MaintenanceLoopReject(value))
            case Unknown(category, value):
                self._send(FunctionNotUnderstood(category, value))
            case _:
                if isinstance(message, MasterSlaveDetermination):
                    self.peer_terminal_type = message.terminal_type
                for procedure in (self._roles, self._sets, self._channels, self._round_trip):
                    procedure.receive(message, now)

    def _mode_requested(self, request: RequestMode, now: float) -> None:
        if self._sets.theirs is None:
            return
        answer, wanted = mode_request.answer(request, self._plan.offer, self._sets.theirs)
        self._send(answer)
        if wanted:
            self._plan.want(wanted)
            self._must_adjust = True

    # --- what the procedures say ----------------------------------------------------------------------------

    def _settle(self, now: float) -> None:
        """Pass on what the procedures have to say, until they are silent."""
        while True:
            said: list[Any] = []
            for procedure in self._procedures:
                for message in procedure.messages_to_send():
                    self._send(message)
                said += procedure.events_received()
            for event in said:
                if not self._is_over:  # CallEnded is the last
                    self._happened(event, now)
            if self._must_adjust:  # once for all that happened
                self._must_adjust = False
                self._adjust(now)
            elif not said:
                return

    def _happened(self, event: Any, now: float) -> None:
        match event:
            case Determined(is_master):
                self._channels.is_master = is_master
                self._roles_are_open = False
                self._became_ready(now)
            case DeterminationFailed(detail):
                self._unanswered(detail, now)
            case OurSetAccepted():
                self._our_set_is_known = not self._move.is_under_way  # else it was the empty one
                self._became_ready(now)
            case MoveStep.ASK:
                self._channels.ask_to_reopen()
            case MoveStep.RESUME:
                self._resume_moved(now)
            case OurSetRefused(cause):
                self._set_refused(cause, now)
            case TheirSet(theirs):
                self._their_set(theirs, now)
            case OpeningRefused():
                self.counters["refused"] += 1
                self._plan.refused(event)
                self._must_adjust = True
            case CloseRequested(kind, wants_another):
                if kind is StreamKind.CONTENT:
                    self._token.release()  # it wants no more of this presentation; of the next it is asked again
                elif not wants_another:
                    self._plan.drop(kind)
                self._must_adjust = True
            case Measured(seconds):
                self._events.append(events.RoundTrip(seconds))
            case Lost():
                self._end(events.EndReason.TIMED_OUT, "no answer to roundTripDelayRequest")
            case _:
                self._events.append(event)
                self._passed_on(event, now)

    def _passed_on(self, event: Event, now: float) -> None:
        """An event of the call that has consequences here as well."""
        match event:
            case events.ChannelOpened(Channel(direction=Direction.RECEIVED, kind=kind)):
                self._commands.opened(kind)
                if kind is StreamKind.CONTENT:
                    self._token.content_opened()
            case events.ChannelClosed(Direction.RECEIVED, kind):
                if kind is StreamKind.CONTENT:
                    self._token.content_closed()
                if not self._channels.has_outdated:
                    self._move.all_closed()
            case events.ContentHeld(by_us=True):
                self._must_adjust = True
            case events.ContentHeld(by_us=False):
                self._channels.close(StreamKind.CONTENT, now)

    def _became_ready(self, now: float) -> None:
        if not self.ready:
            return
        if not self._was_ready:
            self._was_ready = True
            self._events.append(events.ControlReady())
            if self._quirks.round_trip:
                self._round_trip.start(now)
        if self._must_move:
            self._must_move = False
            self._begin_move(now)
        self._must_adjust = True

    # --- moving -----------------------------------------------------------------------------------------------

    def _begin_move(self, now: float) -> None:
        """Our empty set, and our channels closed: some stacks begin anew only when both ways are closed."""
        if not self._channels.is_any_asked_for and not self._move.is_under_way:
            return
        if self._moves_by_ack:
            self._channels.acknowledge_again()
            return
        self._our_set_is_known = False
        self._channels.outdate()
        self._sets.send({}, now)
        self._plan.close_all(now)
        self._move.begin(now)
        if not self._channels.has_outdated:
            self._move.all_closed()

    def _resume_moved(self, now: float) -> None:
        self._channels.forget_outdated()
        self._roles_are_open = True
        self._roles.start(now)
        self._send_set(now)

    # --- what the peer says of sets and roles -----------------------------------------------------------------

    def _unanswered(self, detail: str, now: float) -> None:
        """A procedure came to nothing."""
        self.counters["unanswered"] += 1
        if self._was_ready:
            self._roles_are_open = False  # they are as they were
            self._became_ready(now)
        elif not self._channels.channels:
            self._end(events.EndReason.TIMED_OUT, detail)

    def _set_refused(self, cause: str, now: float) -> None:
        if self._move.is_under_way:
            return  # its timer goes on
        if cause == "T101":
            self._unanswered("T101: no answer to our capability set", now)
        elif self._plan.offer != self._plan.offer.small():
            self._plan.offer = self._plan.offer.small()
            self._send_set(now)
        else:
            self._end(events.EndReason.NOTHING_IN_COMMON, f"capability set refused: {cause}")

    def _their_set(self, theirs: CapabilitySet | None, now: float) -> None:
        self._plan.learn(theirs)
        if theirs is None:
            if not self._is_paused:
                self._is_paused = True
                self._events.append(events.Paused(True))
            self._plan.close_all(now)
            return
        if self._is_paused:
            self._is_paused = False
            self._events.append(events.Paused(False))
            self._roles_are_open = True
            self._roles.start(now)
            self._send_set(now)
        self._became_ready(now)

    def _adjust(self, now: float) -> None:
        """Open, close and change our channels so that they are what they should be."""
        if not self.ready or self._is_over or self._is_paused:
            return
        self._plan.apply(now)
        if self._token.is_ours and self._channels.sent_format(StreamKind.CONTENT) is None:
            self._token.release()  # the peer takes none after all
            self._events.append(events.ContentRefused())

    # --- sending --------------------------------------------------------------------------------------------

    def _send_set(self, now: float) -> None:
        ciphered = self._channels.keys is not None
        ours = capabilities.build(self._plan.offer, ciphered=ciphered)
        self._sets.send({} if self._is_held or self._move.is_under_way else ours, now)

    def _send(self, message: Message) -> None:
        if self._is_over:
            return
        try:
            self._messages.append(h245_codec.build(message))
        except asn1.Asn1Error:  # what is given back to the peer as not understood may not be encodable
            self.counters["unencodable"] += 1

    def _end(self, reason: events.EndReason, detail: str) -> None:
        if not self._is_over:
            self._is_over = True
            self._events.append(events.CallEnded(reason, detail))
