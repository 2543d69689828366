"""H.245 of one call and the way that it takes (H.323 clause 8.2): when it begins, if it is tunnelled, who connects.

Rules:
1. It begins when the owner says so (`begin`), or when the peer connects; what comes earlier is kept.
2. Of two sides that told each other an address, that with the higher one connects. The other waits for it a while and
   then connects all the same, for some never do.
3. A connection on which nothing was heard may be made once again. Without one, a call whose media run goes on.
"""

from __future__ import annotations

import ipaddress

from mcu.h323 import tpkt
from mcu.h323.address import Address
from mcu.h323.call_signaling import CallSignaling
from mcu.h323.call_state import CallState
from mcu.h323.control_path import ControlPath, Way
from mcu.h323.events import CallEnded, ControlWanted, EndReason, Event
from mcu.h323.h245_control import H245Control

CONTROL_SECONDS = 30.0  # from `begin` until the peer says something in H.245
COLLISION_SECONDS = 2.0  # that the side with the lower address waits for the other's connection
RETRY_SECONDS = 1.0
_ACKNOWLEDGEMENTS = {"TerminalCapabilitySetAck", "MasterSlaveDeterminationAck"}  # as H245Control counts them
MAX_HELD = 96  # messages before `begin`; a SETUP has two


class CallControl:
    """`h245` is set by the owner. Drain `events_received` after every call of another method."""

    def __init__(self, signaling: CallSignaling) -> None:
        self.h245: H245Control | None = None
        self.path = ControlPath()
        self.listening: Address | None = None  # where we would accept a connection
        self.has_told = False  # the peer knows of `listening`
        self.peer_tunnels: bool | None = None  # as it said last
        self._signaling = signaling
        self._theirs: Address | None = None
        self._may_begin = self._started = self._connecting = self._retried = self._given_up = False
        self._connect_at: float | None = None
        self._due: float | None = None
        self._held: list[bytes] = []
        self._early: tuple[bytes, ...] = ()  # what the SETUP had, until the peer acknowledges any of it
        self._unheld = 0
        self._events: list[Event] = []

    @property
    def counters(self) -> dict[str, int]:
        own = {"control_dropped": self.path.dropped + self._unheld, "control_keepalives": self.path.keepalives}
        return own | (dict(self.h245.counters) if self.h245 is not None else {})

    @property
    def needs_address(self) -> bool:
        """Whether the peer has to be told our address, there being no other way."""
        elsewhere = self._signaling.tunnelling or self._connecting or self.has_told or self._theirs is not None
        return self.path.way is Way.NONE and self.listening is not None and not elsewhere

    def events_received(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # --- what call signaling says -------------------------------------------------------------------------

    def begin(self, now: float) -> None:
        """H.245 may be spoken from now on."""
        if not self._may_begin:
            self._may_begin = True
            self._due = now + CONTROL_SECONDS
        self.settle(now)

    def early(self, now: float) -> tuple[bytes, ...]:
        """Our first messages, for a SETUP."""
        self._start(now)
        self._drain()
        self._early = self.path.early()
        return self._early

    def not_early(self) -> None:
        """There is no room for them in the SETUP."""
        self._early = ()
        self.path.repeat()

    def answered(self) -> None:
        """The peer took the call. If it acknowledged nothing of what the SETUP had, it left that unread: once more."""
        early, self._early = self._early, ()
        if not self.path.heard:
            self.path.repeat()
        else:
            for message in early:
                self.path.push(message)

    def peer_says_tunnelling(self, tunnels: bool) -> None:
        """h245Tunnelling of a message. Once it is False, there is no tunnelling any more."""
        self.peer_tunnels = tunnels
        if not tunnels:
            self._signaling.tunnelling = False
            if self.path.way is Way.TUNNEL:
                self.path.take(Way.NONE)

    def peer_listens(self, address: Address) -> None:
        """h245Address of a message."""
        if address.is_usable and not self._connecting and self.path.way is not Way.CONNECTION:
            self._theirs = address

    def peer_wants_connection(self, now: float) -> None:
        """FACILITY startH245: a connection instead of tunnelling, or because there is no other way."""
        if self._theirs is not None and self.path.way is Way.TUNNEL and not self._connecting:
            self._connect(now)

    def take(self, messages: tuple[bytes, ...], now: float) -> None:
        """Tunnelled messages."""
        room = MAX_HELD - len(self._held)
        self._held += messages[:room]
        self._unheld += len(messages[room:])
        self.settle(now)

    # --- the connection -----------------------------------------------------------------------------------

    def connected(self, now: float) -> None:
        self._connecting, self._connect_at = False, None
        self._signaling.tunnelling = False
        self.path.take(Way.CONNECTION)
        self.begin(now)

    def receive(self, data: bytes, now: float) -> None:
        try:
            messages = self.path.receive(data)
        except tpkt.TpktError as error:
            self._events.append(CallEnded(EndReason.PROTOCOL_ERROR, f"H.245: {error}"))
            return
        self.take(tuple(messages), now)

    def lost(self, now: float) -> None:
        """The connection is gone, or did not come about."""
        was_connected, self._connecting = self.path.way is Way.CONNECTION, False
        if self.path.way is Way.TUNNEL:
            return
        if was_connected and self.path.heard:
            self._events.append(CallEnded(EndReason.CONNECTION_LOST, "H.245"))
            return
        self.path.take(Way.NONE)
        if self._theirs is not None and not self._retried:
            self._retried = True
            self._connect_at = now + RETRY_SECONDS
        else:
            self._give_up(CallEnded(EndReason.CONNECTION_LOST, "no connection for H.245"))

    # --- time ---------------------------------------------------------------------------------------------

    def next_timer(self) -> float | None:
        h245 = self.h245.next_timer() if self.h245 is not None and self._started else None
        return min((due for due in (self._connect_at, self._due, h245) if due is not None), default=None)

    def handle_timer(self, now: float) -> None:
        if self._connect_at is not None and now >= self._connect_at:
            self._connect_at = None
            self._ask_connection()
        if self._due is not None and now >= self._due and self._signaling.state is not CallState.ACTIVE:
            self._due = now + CONTROL_SECONDS  # it still rings
        if self._due is not None and now >= self._due:
            self._give_up(CallEnded(EndReason.TIMED_OUT, "no H.245"))
        if self.h245 is not None and self._started:
            self.h245.handle_timer(now)

    def end(self, now: float) -> None:
        """Say goodbye in H.245."""
        if self.h245 is not None and self._started:
            self.h245.end_session(now)
            self._drain()

    # --- the way ------------------------------------------------------------------------------------------

    def settle(self, now: float) -> None:
        """Find a way, hand over what was kept, and collect what H.245 has to say."""
        if self.h245 is None or not self._may_begin:
            return
        if self.path.way is Way.NONE and not (self._connecting or self._connect_at is not None or self._given_up):
            self._find_way(now)
        if self.path.way is Way.CONNECTION:
            self._start(now)
        if self._held:
            self._hear(now)
        self._drain()

    def _find_way(self, now: float) -> None:
        if self._signaling.tunnelling:
            if self.peer_tunnels:
                self.path.take(Way.TUNNEL)
                self._start(now)
        elif self._theirs is not None:
            self._connect(now)

    def _connect(self, now: float) -> None:
        assert self._theirs is not None
        if self.has_told and self.listening is not None and _number(self.listening) < _number(self._theirs):
            self._connect_at = now + COLLISION_SECONDS
        else:
            self._ask_connection()

    def _ask_connection(self) -> None:
        if self._theirs is not None and self.path.way is not Way.CONNECTION:
            self._connecting = True
            self._events.append(ControlWanted(self._theirs))

    def _start(self, now: float) -> None:
        if not self._started and self.h245 is not None:
            self._started = True
            self.h245.start(now)

    def _hear(self, now: float) -> None:
        assert self.h245 is not None
        self.path.peer_spoke()
        self._due = None
        self._start(now)
        held, self._held = self._held, []
        for message in held:
            self.h245.receive(message, now)
            if self._early and self.h245.counters.keys() & _ACKNOWLEDGEMENTS:
                self._early = ()

    def _drain(self) -> None:
        assert self.h245 is not None
        for message in self.h245.messages_to_send():
            self.path.push(message)
        self._events += self.h245.events_received()

    def _give_up(self, ended: CallEnded) -> None:
        """Without H.245: the end, unless fastStart made channels."""
        self._due, self._given_up = None, True
        if self.h245 is None or not self.h245.channels:
            self._events.append(ended)


def _number(address: Address) -> tuple[int, int]:
    return int(ipaddress.ip_address(address.ip)), address.port
