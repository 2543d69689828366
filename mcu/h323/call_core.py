"""What happens inside a call: messages of the peer, messages to it, H.245 beside them, and the end.

`Call` is this with what its owner calls.
"""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

from mcu.h323 import call_messages, call_party, call_reasons, q931_contents, vendors
from mcu.h323 import h225_messages as h225
from mcu.h323.address import Address
from mcu.h323.call_control import CallControl
from mcu.h323.call_messages import Identity, Said
from mcu.h323.call_options import CallOptions, LocalParty
from mcu.h323.call_signaling import CallSignaling, Heard
from mcu.h323.call_state import CallState
from mcu.h323.events import (
    Alerting,
    Answered,
    CallEnded,
    DigitsReceived,
    EndReason,
    Event,
    Forwarded,
    IncomingCall,
    Party,
    PartyChanged,
)
from mcu.h323.fast_connect import ANSWERS, FastConnect
from mcu.h323.fast_start import Opened
from mcu.h323.h245_control import H245Control
from mcu.h323.media_keys import Encryption, KeyAgreement, SessionKeys
from mcu.h323.q931 import ElementId
from mcu.h323.q931 import MessageType as M
from mcu.h323.reading import Reading
from mcu.h323.vendors import Quirks

NO_ENCRYPTION = "the peer offers no encryption of media, which is required here"
_NO_CALL = 0  # the state of Q.931 in which a peer knows nothing of the call
_FORWARDING = {"callForwarded", "routeCallToMC", "routeCallToGatekeeper"}


class CallCore:
    """State of one call."""

    def __init__(
        self,
        *,
        local: LocalParty,
        options: CallOptions,
        rng: random.Random,
        now: float,
        reference: int | None,
        party: Party,
    ) -> None:
        self.party = party
        self.identifier = bytes(16)
        self.conference_id = bytes(16)
        self.called: tuple[str, ...] = ()
        self.peer_tokens: tuple[Any, ...] = ()  # ClearTokens that the peer sent last, as ASN.1 values
        self._local = local
        self._options = options
        self._rng = rng
        self._signaling = CallSignaling(reference=reference, ring_seconds=options.ring_seconds, now=now)
        self._control = CallControl(self._signaling)
        self._reading = Reading(now=now)
        self._fast = FastConnect(options)
        self._events: list[Event] = []
        self._now = now
        self._source: Address | None = None  # of ours, for calls out
        self._tokens: tuple[Any, ...] = ()  # ClearTokens for answers
        self._agreement = KeyAgreement(options.key_source) if options.encryption is not Encryption.OFF else None
        self._key_tokens: tuple[Any, ...] = ()  # of the agreement, for answers
        self._begins_early = False  # the SETUP of a call in has H.245
        self._alerted = self._answered = self._ended = False

    # --- state --------------------------------------------------------------------------------------------

    @property
    def state(self) -> CallState:
        return CallState.ENDED if self._ended else self._signaling.state

    @property
    def is_outgoing(self) -> bool:
        return self._signaling.is_outgoing

    @property
    def reference(self) -> int:
        """The call reference value, which RAS wants too; 0 until it is known."""
        return self._signaling.reference

    @property
    def h245(self) -> H245Control | None:
        """H.245 of this call, for H.239 and H.243; None until `prepare`."""
        return self._control.h245

    @property
    def counters(self) -> dict[str, int]:
        """What came and was of no use."""
        counted = asdict(self._signaling.counters) | {"keepalives": self._signaling.keepalives} | self._control.counters
        return {name: number for name, number in counted.items() if number}

    # --- messages of the peer -----------------------------------------------------------------------------

    def _take(self, heard: Heard, now: float) -> None:
        body = heard.information.body
        tokens = getattr(body, "tokens", ())
        self.peer_tokens = tokens or self.peer_tokens
        before, self.party = self.party, call_party.learn(self.party, heard)
        self._signaling.asks = self._quirks.status_inquiry
        if heard.first_setup:
            self._invited(heard, now)
            return
        if heard.kind in {M.RELEASE_COMPLETE, M.RELEASE}:
            self._released(heard, now)
            return
        if self._agreement is not None and self.is_outgoing and self._agreement.learn(tokens):
            self._agree(now)
        if heard.kind == M.CONNECT and self.is_outgoing and self._lacks_keys:
            self._end(EndReason.NOT_ALLOWED, now, detail=NO_ENCRYPTION)
            return
        self._learn_ways(heard)
        self._adopt(self._fast.answered(body, heard.kind), now)
        if isinstance(body, h225.Facility):
            self._facility(body, now)
        if heard.information.control and self.is_outgoing and self._may_talk:
            self._control.begin(now)
        self._control.take(heard.information.control, now)
        self._progress(heard, before, now)
        self._digits(heard)
        if heard.kind == M.STATUS and self.state is CallState.ACTIVE:
            state = heard.message.get(ElementId.CALL_STATE)
            if state is not None and q931_contents.parse_call_state(state) == _NO_CALL:
                self._end(EndReason.CONNECTION_LOST, now, detail="the peer knows nothing of this call")

    def _invited(self, heard: Heard, now: float) -> None:
        """The SETUP of a call in."""
        setup, information = heard.information.body, heard.information
        assert isinstance(setup, h225.Setup)
        self.identifier, self.conference_id = setup.call_identifier, setup.conference_id
        self.called = call_party.called(setup, heard.message)
        if setup.goal not in {"create", "join", "invite"}:
            self._end(EndReason.NOTHING_IN_COMMON, now, detail=f"a SETUP for {setup.goal}")
            return
        tunnels = bool(information.tunnelling) and self._options.accept_tunnelling and self._quirks.tunnelling
        self._signaling.tunnelling = self._control.peer_tunnels = tunnels
        self._fast.offered(setup, self._quirks)
        if self._agreement is not None:
            self._key_tokens = self._agreement.answer(setup.tokens)
            if self._lacks_keys:
                self._end(EndReason.NOT_ALLOWED, now, detail=NO_ENCRYPTION)
                return
            if self._key_tokens:
                self._fast.refuse()
        if setup.h245_address is not None:
            self._control.peer_listens(setup.h245_address)
        if tunnels:
            self._control.take((*information.control, *setup.parallel_control), now)
        self._begins_early = bool(information.control or setup.parallel_control or setup.h245_address)
        self._events.append(IncomingCall(self.party, self.called))

    def _released(self, heard: Heard, now: float) -> None:
        body = heard.information.body
        said = q931_contents.parse_cause(heard.message.get(ElementId.CAUSE) or b"")
        reason = body.reason if isinstance(body, h225.ReleaseComplete) else ""
        meant = call_reasons.heard(said, reason)
        self._end(self._why(meant), now, detail=f"by the peer: cause {said}{', ' * bool(reason)}{reason}")

    def _why(self, meant: EndReason) -> EndReason:
        """A peer with which nothing is shared hangs up as any other; whoever called wants to know."""
        in_vain = self.h245 is not None and self.h245.has_nothing_in_common
        return EndReason.NOTHING_IN_COMMON if in_vain and meant is EndReason.HUNG_UP else meant

    def _learn_ways(self, heard: Heard) -> None:
        """How the peer wants H.245 to go."""
        information = heard.information
        address = getattr(information.body, "h245_address", None)
        if address is not None:
            self._control.peer_listens(address)
        if heard.kind not in {M.CALL_PROCEEDING, M.PROGRESS, M.ALERTING, M.CONNECT, M.FACILITY}:
            return
        tunnels = information.tunnelling
        if tunnels is None and heard.kind == M.CONNECT:
            tunnels = self._control.peer_tunnels or False
        if tunnels is not None and not (information.provisional_tunnelling and not tunnels):
            self._control.peer_says_tunnelling(tunnels)

    def _facility(self, facility: h225.Facility, now: float) -> None:
        if facility.reason == "startH245":
            self._control.peer_wants_connection(now)
        elif facility.reason in _FORWARDING:
            names = tuple(alias.text for alias in facility.alternative_aliases)
            if facility.alternative_address is None and not names:
                return
            self._events.append(Forwarded(facility.alternative_address, names, facility.conference_id))
            self._end(EndReason.REPLACED, now, detail=facility.reason)

    def _progress(self, heard: Heard, before: Party, now: float) -> None:
        """What the owner is told of a call out; H.245 begins with the answer, or when the peer gave an address."""
        if heard.kind == M.CONNECT and self.is_outgoing and not self._answered:
            self._answered = True
            self._control.answered()
            self._events.append(Answered(self.party))
            self._control.begin(now)
        elif before != self.party:
            self._events.append(PartyChanged(self.party))
        if heard.kind == M.ALERTING and self.is_outgoing and not self._alerted and not self._answered:
            self._alerted = True
            self._events.append(Alerting())
        if self.is_outgoing and self._may_talk and getattr(heard.information.body, "h245_address", None):
            self._control.begin(now)

    def _digits(self, heard: Heard) -> None:
        keypad = heard.message.get(ElementId.KEYPAD_FACILITY)
        digits = q931_contents.parse_keypad(keypad) if keypad else ""
        if digits:
            self._events.append(DigitsReceived(digits))

    # --- messages to the peer -----------------------------------------------------------------------------

    def _send_setup(self, now: float) -> None:
        options, control, fast = self._options, self._control, self._fast
        in_setup = self._agreement is None  # else keys come first
        if in_setup and options.fast_start and options.quirks.fast_start:
            fast.propose()
        early: tuple[bytes, ...] = ()
        if in_setup and options.h245_in_setup and self._signaling.tunnelling:
            early = control.early(now)
        elif in_setup and options.h245_in_setup:
            control.has_told = control.listening is not None
        said = self._setup(early)
        if early and not call_messages.fits(said, early):
            control.not_early()
            early, said = (), self._setup(())
        if not call_messages.fits(said, ()):
            fast.propose_sound_only()
            said = self._setup(early)
        self._say(said, now, control=() if fast.is_pending else early)

    def _setup(self, early: tuple[bytes, ...]) -> Said:
        return call_messages.setup(
            self._local,
            self._options,
            self._identity,
            called=self.called,
            source=self._source,
            destination=self.party.source,
            h245_address=self._control.listening if self._control.has_told else None,
            fast_start=self._fast.elements(),
            parallel_control=early if self._fast.is_pending else (),
            tokens=self._agreement.offer() if self._agreement is not None else (),
        )

    def _answer(self, kind: M, now: float) -> None:
        """CALL PROCEEDING, ALERTING or CONNECT, with all that is due by then."""
        control, options, prepared = self._control, self._options, self.h245 is not None
        assert prepared or kind is not M.CONNECT, "accepted before it was prepared"
        if prepared and (kind is M.CONNECT or (options.accept_h245_in_setup and self._begins_early)):
            control.begin(now)
        accepted = self._fast.accept(kind)
        if prepared and ANSWERS[kind] >= ANSWERS[options.h245_address_in] and control.needs_address:
            control.has_told = True
        said = call_messages.answer(
            kind,
            self._local,
            options,
            self._identity,
            quirks=self._quirks,
            h245_address=control.listening if control.has_told else None,
            fast_start=accepted.elements if accepted else (),
            fast_connect_refused=self._fast.is_refused,
            tokens=self._tokens + self._key_tokens,
        )
        self._say(said, now, control=control.path.tunnelled())
        self._adopt(accepted.opened if accepted else (), now)
        self._settle(now)

    def _adopt(self, opened: tuple[Opened, ...], now: float) -> None:
        for each in opened:
            if self.h245 is not None:
                self.h245.adopt(each.channel, number=each.number, session=each.session, now=now)
        if opened and self._fast.has_moved and self.h245 is not None:
            self._fast.has_moved = False
            self.h245.move_media(self._fast.media, now, by_ack=self._quirks.moves_by_ack)

    def _say(self, said: Said, now: float, *, control: tuple[bytes, ...] = ()) -> None:
        self._signaling.send(said.body, *said.elements, now=now, control=control)

    @property
    def _identity(self) -> Identity:
        return Identity(
            call_identifier=self.identifier, conference_id=self.conference_id, version=self._signaling.version
        )

    def _settle(self, now: float) -> None:
        """After everything: events of H.245, its messages on their way, our address told if it must be."""
        self._now = now
        if self._ended:
            return
        control = self._control
        control.settle(now)
        for event in control.events_received():
            if isinstance(event, CallEnded):
                self._end(self._why(event.reason), now, detail=event.detail)
                return
            self._events.append(event)
        while messages := control.path.tunnelled():
            self._signaling.send_control(messages)
        if control.needs_address and self.state is CallState.ACTIVE:
            control.has_told = True
            self._say(call_messages.start_h245(self._identity, control.listening), now)

    # --- keys (H.235.6) -----------------------------------------------------------------------------------

    @property
    def _lacks_keys(self) -> bool:
        """Whether there must be a secret, and is none."""
        required = self._options.encryption is Encryption.REQUIRED
        return required and self._agreement is not None and not self._agreement.secret

    @property
    def _may_talk(self) -> bool:
        """Whether H.245 of a call out may begin before its answer: not while fastStart or keys are not settled."""
        return not self._fast.is_pending and (self._agreement is None or bool(self._agreement.secret))

    def _agree(self, now: float) -> None:
        """Tell H.245 what there are keys for."""
        agreement, encryption = self._agreement, self._options.encryption
        if agreement is None or self.h245 is None:
            return
        if agreement.secret:
            self.h245.use_keys(SessionKeys(agreement.secret, self._options.key_source), encryption, now)
        elif encryption is Encryption.REQUIRED:
            self.h245.use_keys(None, encryption, now)

    # --- the end ------------------------------------------------------------------------------------------

    def _end(self, reason: EndReason, now: float, *, detail: str) -> None:
        """Say so in H.245 and call signaling, as far as there is anybody to be told."""
        if self._ended:
            return
        self._control.end(now)
        self._events += [event for event in self._control.events_received() if not isinstance(event, CallEnded)]
        if self.state not in {CallState.IDLE, CallState.ENDED}:
            said = call_messages.release(self._identity, reason)
            self._say(said, now, control=self._control.path.tunnelled())
        self._over(CallEnded(reason, detail))

    def _over(self, event: CallEnded) -> None:
        if not self._ended:
            self._ended = True
            self._events.append(event)

    @property
    def _quirks(self) -> Quirks:
        found = vendors.find(self.party.vendor, self.party.product)
        return found.quirks if found else self._options.quirks
