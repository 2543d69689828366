"""One call as a whole (H.323 clause 8): call signaling, fastStart and H.245, bytes in and out.

Rules:
1. Nothing that a peer sends raises. What cannot be understood costs this call at most.
2. A call out sends its SETUP when its connection is there; a call in has no H.245 before `prepare`.
3. H.245 is tunnelled where both sides say so, else it has a connection of its own; if the peer takes tunnelling back,
   or asks for a connection, it changes to one.
4. CallEnded is the last event, once. Nothing is sent after it but what waits then.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from mcu.h323 import call_messages
from mcu.h323.address import Address
from mcu.h323.call_core import CallCore
from mcu.h323.call_options import CallIdentifiers, CallOptions, LocalParty
from mcu.h323.call_signaling import SignalingFailed, SignalingTimedOut
from mcu.h323.call_state import CallState
from mcu.h323.capabilities import Offer
from mcu.h323.channels import LocalMedia
from mcu.h323.events import (
    CallEnded,
    EndReason,
    Event,
    Party,
)
from mcu.h323.h245_control import H245Control
from mcu.h323.q931 import MessageType as M
from mcu.media.types import StreamKind

FLOODED = "more than can be read"


class Call(CallCore):
    """Made by `outgoing` or `incoming`. Drain the outputs after every call of another method."""

    @classmethod
    def outgoing(
        cls,
        *,
        local: LocalParty,
        called: tuple[str, ...],
        destination: Address,
        media: Mapping[StreamKind, LocalMedia],
        offer: Offer,
        options: CallOptions,
        rng: random.Random,
        now: float,
        source: Address,
        identifiers: CallIdentifiers | None = None,
    ) -> Call:
        """A call to `called` at `destination`, from `source`, an address of ours. Its identifiers are there at once."""
        named = identifiers or CallIdentifiers.drawn(rng, conference=options.conference_id)
        party = Party(source=destination)
        call = cls(local=local, options=options, rng=rng, now=now, reference=named.reference, party=party)
        call.identifier, call.conference_id = named.call, named.conference
        call.called = called
        call._source = source
        call._signaling.call_identifier = call.identifier
        call._signaling.tunnelling = options.tunnelling and options.quirks.tunnelling
        call.prepare(media=media, offer=offer)
        return call

    @classmethod
    def incoming(
        cls,
        *,
        local: LocalParty,
        source: Address,
        here: Address,
        options: CallOptions,
        rng: random.Random,
        now: float,
    ) -> Call:
        """A call over a connection from `source` to `here`, before its SETUP has come."""
        call = cls(local=local, options=options, rng=rng, now=now, reference=None, party=Party(source=source))
        call._source = here
        return call

    # --- what the owner wants -----------------------------------------------------------------------------

    def prepare(self, *, media: Mapping[StreamKind, LocalMedia], offer: Offer, tokens: tuple[Any, ...] = ()) -> None:
        """What this call has: ports that are reserved, what is offered, and ClearTokens for answers (H.235)."""
        self._tokens = tokens
        self._fast.media, self._fast.offer = media, offer
        self._control.h245 = H245Control(
            offer=offer,
            media=media,
            terminal_type=self._local.terminal_type,
            rng=self._rng,
            now=self._now,
            quirks=self._quirks,
            name=self._local.display,
        )
        self._agree(self._now)

    def signaling_connected(self, now: float, here: Address | None = None) -> None:
        """The connection of a call out is there, from `here`: some refuse a SETUP that says another address.

        Without this, the SETUP goes with the first `signaling_to_send`.
        """
        self._now = now
        if self.is_outgoing and self.state is CallState.IDLE and not self._ended:
            self._source = here or self._source
            self._send_setup(now)

    def proceed(self, now: float) -> None:
        """Tell the caller that its call is being looked at."""
        if self.state is CallState.CALL_PRESENT:
            self._answer(M.CALL_PROCEEDING, now)

    def alert(self, now: float) -> None:
        """Tell the caller that it rings."""
        if self.state in {CallState.CALL_PRESENT, CallState.INCOMING_PROCEEDING}:
            self._answer(M.ALERTING, now)

    def accept(self, now: float) -> None:
        """Take a call in, after `prepare`."""
        if self.state in {CallState.CALL_PRESENT, CallState.INCOMING_PROCEEDING, CallState.CALL_RECEIVED}:
            self._answer(M.CONNECT, now)

    def reject(self, reason: EndReason, now: float) -> None:
        """Do not take a call in."""
        self._end(reason, now, detail="rejected")

    def hang_up(self, reason: EndReason, now: float) -> None:
        """End the call, whatever its state."""
        self._end(reason, now, detail="here")

    def control_listening(self, address: Address) -> None:
        """Where a connection for H.245 would be accepted. The peer is told when it needs one."""
        self._control.listening = address
        self._settle(self._now)

    def request_keyframe(self, kind: StreamKind, now: float) -> None:
        if self.h245 is not None:
            self.h245.request_keyframe(kind, now)
            self._settle(now)

    def limit_bitrate(self, kind: StreamKind, bps: int | None, now: float) -> None:
        """Ask the peer to send no more than this, bit/s; None takes the limit away."""
        if self.h245 is not None:
            self.h245.limit_bitrate(kind, bps, now)
            self._settle(now)

    def send_digits(self, digits: str, now: float) -> None:
        """By H.245, or by the keypad of Q.931 as long as there is no H.245."""
        if self.h245 is not None and self.h245.ready:
            self.h245.send_digits(digits, now)
        elif self.state is CallState.ACTIVE:
            self._say(call_messages.digits(self._identity, digits), now)
        self._settle(now)

    def hold(self, now: float) -> None:
        """Ask the peer to send nothing (H.323 clause 8.4.6)."""
        if self.h245 is not None:
            self.h245.hold(now)
            self._settle(now)

    def resume(self, now: float) -> None:
        """The end of `hold`."""
        if self.h245 is not None:
            self.h245.resume(now)
            self._settle(now)

    def move_media(self, media: Mapping[StreamKind, LocalMedia], now: float) -> None:
        """The ports of `prepare` are gone, these are there: channels are opened anew, as soon as H.245 can.

        ChannelClosed and ChannelOpened tell. A peer without H.245 (fastStart alone) opens none.
        """
        self._fast.move(media)
        if self.h245 is not None:
            self.h245.move_media(media, now, by_ack=self._quirks.moves_by_ack)
            self._settle(now)

    def settle(self, now: float) -> None:
        """After something was asked of `h245` directly."""
        self._settle(now)

    # --- connections --------------------------------------------------------------------------------------

    def receive_signaling(self, data: bytes, now: float) -> None:
        """Bytes of call signaling."""
        self._now = now
        if self._ended or self._is_flooded(len(data), now):
            return
        try:
            for message in self._signaling.receive(data, now):
                if not self._reading.message_came(now):
                    raise SignalingFailed(FLOODED)
                heard = self._signaling.read(message, now)
                if heard is not None:
                    self._take(heard, now)
                if self._ended:
                    return
        except SignalingFailed as error:
            self._end(EndReason.PROTOCOL_ERROR, now, detail=str(error))
        self._settle(now)

    def signaling_lost(self, now: float) -> None:
        """The connection of call signaling broke, or could not be made."""
        never = self.is_outgoing and self.state is CallState.IDLE
        reason = EndReason.UNREACHABLE if never else EndReason.CONNECTION_LOST
        self._over(CallEnded(reason, "no connection" if never else "call signaling"))

    def control_connected(self, now: float) -> None:
        """The connection of H.245 is there, made by either side."""
        if not self._ended:
            self._control.connected(now)
            self._settle(now)

    def receive_control(self, data: bytes, now: float) -> None:
        """Bytes of the connection of H.245."""
        if not self._ended and not self._is_flooded(len(data), now):
            self._signaling.peer_lives(now)
            self._control.receive(data, now)
            self._settle(now)

    def _is_flooded(self, count: int, now: float) -> bool:
        """Whether so many bytes more are more than anybody has to say; that ends the call."""
        if not self._reading.bytes_came(count, now):
            self._end(EndReason.PROTOCOL_ERROR, now, detail=FLOODED)
        return self._ended

    def control_lost(self, now: float) -> None:
        """The connection of H.245 broke, or could not be made."""
        if not self._ended:
            self._control.lost(now)
            self._settle(now)

    def signaling_to_send(self) -> bytes:
        """Framed, drained."""
        self.signaling_connected(self._now)
        return self._signaling.to_send()

    def control_to_send(self) -> bytes:
        """Framed, drained."""
        return self._control.path.to_send()

    def events_received(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def next_timer(self) -> float | None:
        if self._ended:
            return None
        timers = (self._signaling.next_timer(), self._control.next_timer())
        return min((timer for timer in timers if timer is not None), default=None)

    def handle_timer(self, now: float) -> None:
        self._now = now
        if self._ended:
            return
        try:
            self._signaling.handle_timer(now)
        except SignalingTimedOut as error:
            rang = self.state is CallState.CALL_DELIVERED
            self._end(EndReason.NO_ANSWER if rang else EndReason.TIMED_OUT, now, detail=str(error))
            return
        self._control.handle_timer(now)
        self._settle(now)
