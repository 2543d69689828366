"""Two calls back to back on fake time, over connections that cut and delay bytes."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions, LocalParty
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Channel, Direction, LocalMedia
from mcu.h323.events import CallEnded, ChannelClosed, ChannelOpened, ControlWanted, Event, IncomingCall
from mcu.media.types import StreamKind

CALLER, CALLEE = Address("192.0.2.1", 40000), Address("192.0.2.2", 1720)
OFFER, USUAL = Offer(), CallOptions()
MAX_STEPS = 20_000


def ports(ip: str, first: int = 5000) -> dict[StreamKind, LocalMedia]:
    return {
        kind: LocalMedia(rtp=Address(ip, first + 2 * n), rtcp=Address(ip, first + 2 * n + 1))
        for n, kind in enumerate(StreamKind)
    }


def local(name: str, *, is_mcu: bool = False) -> LocalParty:
    return LocalParty(display=name, names=(name,), product="tested", version="1", vendor=(9, 0, 61), is_mcu=is_mcu)


def call_out(options: CallOptions = USUAL, *, seed: int = 1, offer: Offer = OFFER, now: float = 0.0) -> Call:
    return Call.outgoing(
        local=local("caller"),
        called=("600",),
        destination=CALLEE,
        media=ports(CALLER.ip),
        offer=offer,
        options=options,
        rng=random.Random(seed),
        now=now,
        source=CALLER,
    )


def call_in(options: CallOptions = USUAL, *, seed: int = 2, now: float = 0.0, is_mcu: bool = True) -> Call:
    return Call.incoming(
        local=local("callee", is_mcu=is_mcu),
        source=CALLER,
        here=CALLEE,
        options=options,
        rng=random.Random(seed),
        now=now,
    )


@dataclass
class Side:
    """One call with what it said."""

    call: Call
    listens: Address | None = None
    events: list[Event] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)  # ("signaling" or "control", bytes)
    has_control: bool = False
    is_over: bool = False

    def channels(self) -> dict[tuple[Direction, StreamKind], Channel]:
        """What is open, by its events."""
        found: dict[tuple[Direction, StreamKind], Channel] = {}
        for event in self.events:
            match event:
                case ChannelOpened(channel):
                    found[channel.direction, channel.kind] = channel
                case ChannelClosed(direction, kind):
                    found.pop((direction, kind), None)
        return found

    def ended(self) -> CallEnded | None:
        return next((event for event in self.events if isinstance(event, CallEnded)), None)

    def said(self, kind: type[Event]) -> bool:
        return any(isinstance(event, kind) for event in self.events)


class Pair:
    """Both sides on one clock. `on_incoming` is what the callee does with its IncomingCall."""

    def __init__(
        self,
        caller: Call,
        callee: Call,
        *,
        seed: int = 3,
        listens: tuple[bool, bool] = (True, True),
        on_incoming: Callable[[Pair], None] | None = None,
        most_delay: float = 0.05,
        offer: Offer = OFFER,
    ) -> None:
        self.caller = Side(caller, Address(CALLER.ip, 50001) if listens[0] else None)
        self.callee = Side(callee, Address(CALLEE.ip, 50002) if listens[1] else None)
        self.now = 0.0
        self.offer = offer
        self._rng = random.Random(seed)
        self._most_delay = most_delay
        self._on_incoming = on_incoming or Pair.answer
        self._order = itertools.count()
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._arrives: dict[tuple[int, str], float] = {}
        self._control: tuple[Side, Side] | None = None
        for side in (self.caller, self.callee):
            if side.listens is not None:
                side.call.control_listening(side.listens)
        self._pump()

    def answer(self) -> None:
        """What a gateway does at once."""
        self.callee.call.proceed(self.now)
        self.callee.call.prepare(media=ports(CALLEE.ip, 6000), offer=self.offer)
        self.callee.call.alert(self.now)
        self.at(0.5, lambda: self.callee.call.accept(self.now))

    def at(self, delay: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (self.now + delay, next(self._order), action))

    def run(self, seconds: float) -> None:
        """Until then, or until nothing is to be done any more."""
        end = self.now + seconds
        self._pump()
        for _ in range(MAX_STEPS):
            timers = [t for s in self._sides() if (t := s.call.next_timer()) is not None]
            due = min([*timers, *(entry[0] for entry in self._queue[:1])], default=end)
            if due >= end:
                self.now = end
                return
            self.now = max(self.now, due)
            if self._queue and self._queue[0][0] <= self.now:
                heapq.heappop(self._queue)[2]()
            for side in self._sides():
                timer = side.call.next_timer()
                if timer is not None and timer <= self.now:
                    side.call.handle_timer(self.now)
            self._pump()
        raise AssertionError("the calls never come to rest")

    def other(self, side: Side) -> Side:
        return self.callee if side is self.caller else self.caller

    def deliver(self, side: Side, way: str, data: bytes) -> None:
        """Bytes on their way to `side`, in pieces."""
        at = 0
        while at < len(data):
            piece = data[at : at + self._rng.choice((1, 2, 7, 100, 5000))]
            at += len(piece)
            self._later(side, way, lambda piece=piece: self._give(side, way, piece))

    def _later(self, side: Side, way: str, action: Callable[[], None]) -> None:
        key = id(side), way
        when = max(self._arrives.get(key, 0.0), self.now + self._rng.random() * self._most_delay)
        self._arrives[key] = when
        heapq.heappush(self._queue, (when, next(self._order), action))

    def _give(self, side: Side, way: str, data: bytes) -> None:
        if side.is_over:
            return
        if way == "signaling":
            side.call.receive_signaling(data, self.now)
        elif side.has_control:
            side.call.receive_control(data, self.now)

    def _sides(self) -> tuple[Side, Side]:
        return self.caller, self.callee

    def _pump(self) -> None:
        for _ in range(100):
            busy = False
            for side in self._sides():
                busy |= self._flush(side)
                for event in side.call.events_received():
                    busy = True
                    side.events.append(event)
                    self._happened(side, event)
            if not busy:
                return
        raise AssertionError("the calls never come to rest")

    def _flush(self, side: Side) -> bool:
        signaling = side.call.signaling_to_send()
        control = side.call.control_to_send() if side.has_control else b""
        for way, data in (("signaling", signaling), ("control", control)):
            if data:
                side.sent.append((way, data))
                self.deliver(self.other(side), way, data)
        return bool(signaling or control)

    def _happened(self, side: Side, event: Event) -> None:
        match event:
            case IncomingCall():
                self._on_incoming(self)
            case ControlWanted(address):
                self.at(self._rng.random() * self._most_delay, lambda: self._connect(side, address))
            case CallEnded():
                self._flush(side)
                side.is_over = True
                other = self.other(side)
                self._later(other, "signaling", lambda: self._lost(other))

    def _lost(self, side: Side) -> None:
        if not side.is_over:
            side.call.signaling_lost(self.now)

    def _connect(self, side: Side, address: Address) -> None:
        """As the gateway's driver does: the first connection is taken, others are closed."""
        other = self.other(side)
        if side.is_over or side.has_control:
            return
        if other.is_over or other.listens != address or other.has_control:
            side.call.control_lost(self.now)
            return
        side.has_control = other.has_control = True
        side.call.control_connected(self.now)
        other.call.control_connected(self.now)
