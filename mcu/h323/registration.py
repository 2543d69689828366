"""Finding a gatekeeper and staying registered with one (H.225.0 clauses 7.8 to 7.10; H.323 clause 7.2).

Rules:
1. Gatekeepers are tried in the order of the settings, then alternates that they named by priority; after the last,
   there is a pause that doubles from round to round.
2. An alternate with needToRegister False takes over without a new registration.
3. A gatekeeper that answers, but sends us round in circles, gets a pause after MAX_ROUNDS.
4. Nothing here ends a call.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Callable

from mcu.h323 import ras_requests
from mcu.h323.address import Address
from mcu.h323.aliases import Alias
from mcu.h323.gatekeepers import Gatekeepers
from mcu.h323.ras_events import LostReason, RasEvent, Registered, Unregistered
from mcu.h323.ras_messages import (
    Datagram,
    GatekeeperConfirm,
    RegistrationConfirm,
    Reject,
    UnregistrationRequest,
)
from mcu.h323.ras_requests import Identity
from mcu.h323.ras_settings import MULTICAST, RasSettings
from mcu.h323.ras_tokens import Tokens
from mcu.h323.ras_transactions import Transactions

FIRST_PAUSE, LONGEST_PAUSE = 4.0, 64.0  # seconds between rounds; doubled each time, a quarter more or less by chance
KEEP_ALIVE_SHARE = 0.5  # of timeToLive: the second half is for repetitions, and for one more try
SHORTEST_KEEP_ALIVE = 5.0  # seconds, whatever the gatekeeper says
MAX_ROUNDS = 4  # new attempts without a pause
STEADY_SECONDS = 30.0  # registered for so long, it starts from the beginning with rounds and pauses


class State(enum.StrEnum):
    OFF = "off"  # there is no gatekeeper in the settings
    DISCOVERING = "discovering"  # GRQ
    REGISTERING = "registering"  # RRQ
    REGISTERED = "registered"
    PAUSING = "pausing"
    LEAVING = "leaving"  # URQ
    CLOSED = "closed"


class Step(enum.StrEnum):
    """What happened."""

    START = "start"
    FOUND = "found"
    CONFIRMED = "confirmed"
    AGAIN = "again"  # register anew: the gatekeeper wants that, or does not know us any more
    DISCOVER = "discover"  # begin anew, with this gatekeeper or the next
    GIVE_UP = "give up"
    LEAVE = "leave"
    LEFT = "left"


TRANSITIONS = {
    (State.OFF, Step.START): State.DISCOVERING,
    (State.PAUSING, Step.START): State.DISCOVERING,
    (State.DISCOVERING, Step.FOUND): State.REGISTERING,
    (State.DISCOVERING, Step.DISCOVER): State.DISCOVERING,
    (State.DISCOVERING, Step.GIVE_UP): State.PAUSING,
    (State.REGISTERING, Step.CONFIRMED): State.REGISTERED,
    (State.REGISTERING, Step.AGAIN): State.REGISTERING,
    (State.REGISTERING, Step.DISCOVER): State.DISCOVERING,
    (State.REGISTERING, Step.GIVE_UP): State.PAUSING,
    (State.REGISTERED, Step.CONFIRMED): State.REGISTERED,
    (State.REGISTERED, Step.AGAIN): State.REGISTERING,
    (State.REGISTERED, Step.DISCOVER): State.DISCOVERING,
    (State.REGISTERED, Step.GIVE_UP): State.PAUSING,
    (State.REGISTERED, Step.LEAVE): State.LEAVING,
    (State.REGISTERING, Step.LEAVE): State.CLOSED,
    (State.DISCOVERING, Step.LEAVE): State.CLOSED,
    (State.PAUSING, Step.LEAVE): State.CLOSED,
    (State.OFF, Step.LEAVE): State.CLOSED,
    (State.LEAVING, Step.LEFT): State.CLOSED,
}

# What an RRJ leads to, where it is not the end of this attempt.
_REJECTED = {"discoveryRequired": Step.DISCOVER, "fullRegistrationRequired": Step.AGAIN}
_SECURITY = frozenset({"securityDenial", "securityError"})


class Registration:
    """`emit` is handed events; `changed` is called with the time whenever calls may have to be looked at anew."""

    def __init__(
        self,
        settings: RasSettings,
        transactions: Transactions,
        tokens: Tokens,
        rng: random.Random,
        *,
        emit: Callable[[RasEvent], None],
        changed: Callable[[float], None],
    ) -> None:
        self.state = State.OFF
        self.identity = Identity()
        self.confirm: RegistrationConfirm | None = None  # the first of this registration
        self.aliases: tuple[Alias, ...] = ()
        self.failure = ""  # why the last attempt failed
        self._settings = settings
        self._transactions = transactions
        self._tokens = tokens
        self._rng = rng
        self._emit = emit
        self._changed = changed
        self._gatekeepers = Gatekeepers(settings.gatekeepers)
        self._pauses = 0
        self._rounds = 0
        self._since = 0.0  # registered since
        self._timer: float | None = None  # next keepalive, or end of the pause

    # --- what others ask -------------------------------------------------------------------------------

    @property
    def registered(self) -> bool:
        return self.state is State.REGISTERED

    @property
    def hopeful(self) -> bool:
        """An attempt is under way: worth waiting a moment for."""
        return self.state in {State.DISCOVERING, State.REGISTERING}

    @property
    def has_alternate(self) -> bool:
        return self._gatekeepers.following is not None

    @property
    def gatekeeper(self) -> Address | None:
        """Where requests go; None when there is none."""
        return self._gatekeepers.current

    def knows(self, source: Address) -> bool:
        """Whether requests may come from there."""
        return self._gatekeepers.knows(source)

    # --- what the owner does ------------------------------------------------------------------------------

    def start(self, now: float) -> None:
        if self._settings.enabled and self.state is State.OFF:
            self._step(Step.START, now)

    def leave(self, now: float) -> None:
        """URQ, if we are registered; otherwise it is over at once."""
        if self.state not in {State.LEAVING, State.CLOSED}:
            self._step(Step.LEAVE, now)

    def handle_timer(self, now: float) -> None:
        if self._timer is None or now < self._timer:
            return
        self._timer = None
        if self.state is State.PAUSING:
            self._gatekeepers.begin_round()
            self._step(Step.START, now)
        elif self.state is State.REGISTERED:
            self._ask(ras_requests.keep_alive(self._settings, self.identity), self._registration_answered, now)

    def next_timer(self) -> float | None:
        return self._timer

    # --- what happens ---------------------------------------------------------------------------------------

    def silent(self, now: float) -> None:
        """The gatekeeper did not answer a request, with all its repetitions."""
        if self.state is not State.REGISTERED:
            return
        following = self._gatekeepers.following
        if following is not None and not following.needs_registration:
            self._gatekeepers.advance()
            self.identity.gatekeeper = following.identifier or self.identity.gatekeeper
            self._transactions.abandon("registrationRequest")
            self._transactions.redirect(following.address)
            self._timer = now if self.confirm and self.confirm.time_to_live else None
            self._tell()
            return
        self.failure = "no answer"
        self._lose(LostReason.NO_ANSWER, "", now)
        if not self._gatekeepers.advance():
            self._gatekeepers.begin_round()
        self._again(Step.DISCOVER, now)

    def forgotten(self, detail: str, now: float) -> None:
        """The gatekeeper answered that it does not know us."""
        if self.state is State.REGISTERED:
            self._lose(LostReason.FORGOTTEN, detail, now)
            self._again(Step.AGAIN, now)

    def asked_to_leave(self, request: UnregistrationRequest, now: float) -> None:
        """URQ of the gatekeeper, which is answered elsewhere (clause 7.10)."""
        if self.state is not State.REGISTERED:
            return
        self.failure = request.reason
        self._gatekeepers.redirected(request.alternates)
        self._lose(LostReason.ASKED, request.reason, now)
        if request.reason in _SECURITY:
            self._step(Step.GIVE_UP, now)
        else:
            self._again(Step.DISCOVER, now)

    def _discovery_answered(self, datagram: Datagram | None, now: float) -> None:
        if self.state is not State.DISCOVERING:
            return
        message = datagram.message if datagram else None
        wanted = self._settings.gatekeeper_identifier
        if isinstance(message, GatekeeperConfirm) and (not wanted or message.identifier == wanted):
            if datagram is not None and datagram.source is not None:
                self._gatekeepers.found(message.address, datagram.source)
            self._tokens.choose(message.algorithm)
            self.identity.gatekeeper = message.identifier
            self._gatekeepers.named(self.identity.gatekeeper, message.alternates)
            self._step(Step.FOUND, now)
            return
        self._refused(message, "no answer" if datagram is None else "another gatekeeper", now)

    def _registration_answered(self, datagram: Datagram | None, now: float) -> None:
        if self.state not in {State.REGISTERING, State.REGISTERED}:
            return
        message = datagram.message if datagram else None
        if isinstance(message, RegistrationConfirm):
            self._confirmed(message, now)
        elif datagram is None and self.state is State.REGISTERED:
            self.silent(now)
        elif isinstance(message, Reject) and message.alternates.given is None and self._is_worth_trying(message.reason):
            self.failure = message.reason
            self._lose(LostReason.FORGOTTEN, message.reason, now)
            self._again(_REJECTED.get(message.reason, Step.AGAIN), now)
        else:
            self._refused(message, "no answer" if datagram is None else "not understood", now)

    def _is_worth_trying(self, reason: str) -> bool:
        """Whether this gatekeeper should be asked again at once. One that refuses a keepalive may take a full RRQ."""
        if reason in _SECURITY:
            return self._tokens.try_next()
        return reason in _REJECTED or self.state is State.REGISTERED

    def _confirmed(self, confirm: RegistrationConfirm, now: float) -> None:
        anew = self.state is State.REGISTERING
        self.identity.endpoint = confirm.endpoint_identifier
        self.identity.gatekeeper = confirm.gatekeeper_identifier or self.identity.gatekeeper
        self._gatekeepers.named(self.identity.gatekeeper, confirm.alternates)
        if anew:
            self.confirm, self._since, self.failure = confirm, now, ""
            self.aliases = self._settings.aliases if confirm.aliases is None else confirm.aliases
        self.state = TRANSITIONS[self.state, Step.CONFIRMED]
        first = self.confirm or confirm
        self._timer = self._next_keep_alive(confirm.time_to_live or first.time_to_live, now)
        if anew:
            self._tell()
            self._changed(now)

    def _tell(self) -> None:
        if self.gatekeeper is not None:
            signaling = self.confirm.signaling_address if self.confirm else None
            self._emit(Registered(self.identity.gatekeeper, self.gatekeeper, self.aliases, signaling))

    def _next_keep_alive(self, time_to_live: int, now: float) -> float | None:
        """Without timeToLive a registration does not end, and the gatekeeper need not know lightweight RRQs."""
        if not time_to_live:
            return None
        return now + max(time_to_live * KEEP_ALIVE_SHARE * self._rng.uniform(0.9, 1.0), SHORTEST_KEEP_ALIVE)

    def _refused(self, message: object, otherwise: str, now: float) -> None:
        """This gatekeeper does not take us, or is not there."""
        self.failure = message.reason if isinstance(message, Reject) else otherwise
        self._lose(LostReason.REFUSED, self.failure, now)
        if isinstance(message, Reject) and message.alternates.given:
            self._gatekeepers.redirected(message.alternates)
            self._again(Step.DISCOVER, now)
        else:
            self._next_candidate(now)

    # --- from state to state --------------------------------------------------------------------------------

    def _again(self, step: Step, now: float) -> None:
        """Another attempt at once, unless there were too many."""
        self._rounds += 1
        self._step(step if self._rounds <= MAX_ROUNDS else Step.GIVE_UP, now)

    def _next_candidate(self, now: float) -> None:
        if self._gatekeepers.advance():
            self._step(Step.DISCOVER, now)
        else:
            self._step(Step.GIVE_UP, now)

    def _step(self, step: Step, now: float) -> None:
        self.state = TRANSITIONS[self.state, step]
        self._timer = None
        match self.state:
            case State.DISCOVERING:
                self._discover(now)
            case State.REGISTERING:
                self.identity.endpoint = ""
                request = ras_requests.registration_request(self._settings, self.identity, discovered=True)
                self._transactions.abandon("registrationRequest")
                self._ask(request, self._registration_answered, now)
            case State.PAUSING:
                pause = min(FIRST_PAUSE * 2**self._pauses, LONGEST_PAUSE)
                self._pauses = min(self._pauses + 1, 8)
                self._rounds = 0
                self._timer = now + pause * self._rng.uniform(0.75, 1.25)
                self._changed(now)
            case State.LEAVING:
                self._transactions.abandon("registrationRequest")
                self._ask(ras_requests.unregistration_request(self._settings, self.identity), self._left, now)
            case State.CLOSED:
                self._changed(now)

    def _discover(self, now: float) -> None:
        self.identity = _forget(self.identity)
        self._transactions.abandon("registrationRequest", "gatekeeperRequest")
        self._tokens.choose(None)
        request = ras_requests.gatekeeper_request(self._settings, self._tokens.capability())
        if self._gatekeepers.restart():
            self._ask(request, self._discovery_answered, now)
        else:
            self._transactions.begin(request, MULTICAST, self._discovery_answered, now, group=True)

    def _ask(self, request: ras_requests.Value, done: Callable[[Datagram | None, float], None], now: float) -> None:
        if self.gatekeeper is not None:
            self._transactions.begin(request, self.gatekeeper, done, now)

    def _left(self, _: Datagram | None, now: float) -> None:
        if self.state is State.LEAVING:
            self._emit(Unregistered(LostReason.CLOSED))
            self._step(Step.LEFT, now)

    def _lose(self, reason: LostReason, detail: str, now: float) -> None:
        """Not registered any more, if we were."""
        if self.state is not State.REGISTERED:
            return
        if now - self._since >= STEADY_SECONDS:
            self._pauses = self._rounds = 0
        self._emit(Unregistered(reason, detail))


def _forget(identity: Identity) -> Identity:
    """What a gatekeeper gave us is of no use to the next. The object stays: others hold it."""
    identity.endpoint = identity.gatekeeper = ""
    return identity
