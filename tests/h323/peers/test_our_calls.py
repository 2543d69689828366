"""Calls of ours and a real Asterisk: every way of beginning, in and out, digits both ways, and who ends it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from mcu.gateway.call_driver import CallDriver
from mcu.gateway.tcp import Connection
from mcu.h323.address import Address, parse
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction, MediaFormat
from mcu.h323.events import (
    Answered,
    CallEnded,
    ChannelOpened,
    ControlReady,
    DigitsReceived,
    EndReason,
    Event,
    IncomingCall,
)
from mcu.h323.media_keys import Encryption
from mcu.media.types import StreamKind
from tests.h323.call_pair import local, ports
from tests.h323.peers.asterisk import Asterisk, Kind, asterisk

pytestmark = pytest.mark.h323_peers
THEIRS, OURS = "127.0.0.2", "127.0.0.4"
CONNECTS = "127.0.0.1"  # where the system connects from to THEIRS
SECONDS = 10.0
PACKETS = 60
OFFER = Offer(audio=("PCMA", "PCMU"))
WAYS = [
    CallOptions(
        fast_start=fast, tunnelling=tunnel, h245_in_setup=early, accept_fast_start=fast, accept_tunnelling=tunnel
    )
    for fast, tunnel, early in itertools.product((False, True), repeat=3)
]
WAYS.append(CallOptions(encryption=Encryption.OFFERED))  # of which it knows nothing


def described(options: CallOptions) -> str:
    if options.encryption is Encryption.OFFERED:
        return "encryption"
    names = ("fast_start", "tunnelling", "h245_in_setup")
    return ",".join(name for name in names if getattr(options, name)) or "plain"


class Ours:
    """A call of ours on real sockets; it takes what comes in at once."""

    def __init__(self, call: Call) -> None:
        self.events: list[Event] = []
        self.driver = CallDriver(call, self, control_ports=[0])

    def call_event(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, IncomingCall):
            self.driver.do(self.driver.call.proceed)
            asyncio.get_running_loop().create_task(self._accept())

    async def _accept(self) -> None:
        await self.driver.listen_for_control(OURS)
        self.driver.do(lambda now: self.driver.call.prepare(media=ports(OURS), offer=OFFER))
        self.driver.do(self.driver.call.accept)

    async def until(self, found: Callable[[Ours], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not found(self):
                await asyncio.sleep(0.02)

    def has(self, kind: type[Event]) -> bool:
        return any(isinstance(event, kind) for event in self.events)

    def media(self) -> dict[Direction, MediaFormat]:
        opened = [e.channel for e in self.events if isinstance(e, ChannelOpened) and e.channel.kind is StreamKind.AUDIO]
        return {channel.direction: channel.media for channel in opened}

    def digits(self) -> str:
        return "".join(event.digits for event in self.events if isinstance(event, DigitsReceived))

    async def talks(self) -> None:
        await self.until(lambda ours: len(ours.media()) == 2 and ours.has(ControlReady))
        assert {media.codec for media in self.media().values()} <= {"PCMA", "PCMU"}
        assert not {"malformed", "strange", "control_dropped"} & set(self.driver.call.counters)

    async def over(self) -> EndReason:
        await self.until(lambda ours: ours.has(CallEnded))
        end = self.events[-1]
        assert isinstance(end, CallEnded)
        assert self.driver.failures == 0
        return end.reason


async def dialled(peer: Asterisk, extension: str, options: CallOptions) -> Ours:
    destination = parse(peer.address, 1720)
    call = Call.outgoing(
        local=local("ours"),
        called=(extension,),
        destination=destination,
        media=ports(OURS),
        offer=OFFER,
        options=options,
        rng=random.Random(7),
        now=time.monotonic(),
        source=Address(CONNECTS, 1720),
    )
    ours = Ours(call)
    await ours.driver.listen_for_control(OURS)
    await ours.driver.dial(destination)
    return ours


@asynccontextmanager
async def answering(options: CallOptions) -> AsyncIterator[tuple[str, list[Ours]]]:
    """Where calls of the peer are taken, and those that came."""
    came: list[Ours] = []

    def made(connection: Connection) -> None:
        call = Call.incoming(
            local=local("ours", is_mcu=True),
            source=connection.peer,
            here=connection.local,
            options=options,
            rng=random.Random(8),
            now=time.monotonic(),
        )
        came.append(Ours(call))
        came[-1].driver.take(connection)

    server = await asyncio.get_running_loop().create_server(lambda: Connection(on_made=made), OURS, 0)
    try:
        yield f"{OURS}:{server.sockets[0].getsockname()[1]}", came
    finally:
        server.close()


@pytest.mark.parametrize("options", WAYS, ids=described)
async def test_we_call_and_press_keys_and_hang_up(options: CallOptions) -> None:
    async with asterisk(THEIRS, fast_start=options.fast_start, tunneling=options.tunnelling) as peer:
        ours = await dialled(peer, "604", options)
        await ours.until(lambda ours: ours.has(Answered))
        await ours.talks()
        assert peer.separate_h245() is not options.tunnelling
        await asyncio.sleep(0.5)  # its extension begins a moment after its answer
        for key in "159#":
            ours.driver.do(lambda now, key=key: ours.driver.call.send_digits(key, now))  # type: ignore[misc]
        await peer.heard_digits("159#")
        ours.driver.hang_up()
        assert await ours.over() is EndReason.HUNG_UP
        assert (await peer.event(Kind.ENDED)).value == "16"


@pytest.mark.parametrize("options", WAYS[::2], ids=described)
async def test_they_call_and_press_keys_and_hang_up(options: CallOptions) -> None:
    async with (
        answering(options) as (address, came),
        asterisk(THEIRS, fast_start=options.fast_start, tunneling=options.tunnelling, peers=[address]) as peer,
    ):
        await peer.originate(address, "600", extension="603", variables={"DIGITS": "90#"})
        await peer.event(Kind.SENT)
        (ours,) = came
        await ours.talks()
        await ours.until(lambda ours: ours.digits() == "90#")
        assert peer.fast_started() is options.fast_start
        assert peer.separate_h245() is not options.tunnelling
        await peer.hang_up()
        assert await ours.over() is EndReason.HUNG_UP
        incoming = next(event for event in ours.events if isinstance(event, IncomingCall))
        assert incoming.called == ("600",)
        assert incoming.party.product.startswith("ooh323")


@pytest.mark.parametrize(("theirs", "wanted"), [(True, False), (False, True)])
@pytest.mark.parametrize("way", ["fast_start", "tunnelling"])
async def test_what_only_one_side_wants_is_not_done(way: str, theirs: bool, wanted: bool) -> None:
    options = CallOptions(**{way: wanted, f"accept_{way}": wanted})
    asked = {"fast_start": theirs} if way == "fast_start" else {"tunneling": theirs}
    async with (
        answering(options) as (address, came),
        asterisk(THEIRS, peers=[address], **asked) as peer,  # type: ignore[arg-type]
    ):
        ours = await dialled(peer, "600", options)
        await ours.talks()
        ours.driver.hang_up()
        await peer.event(Kind.ENDED)
        call = await peer.originate(address, "600", extension="600")
        await peer.event(Kind.ANSWERED, call)
        await came[0].talks()
        await peer.hang_up()
        assert await came[0].over() is EndReason.HUNG_UP


@pytest.mark.parametrize("options", WAYS, ids=described)
async def test_media_moves_to_another_port_and_comes_back_from_there(options: CallOptions) -> None:
    async with asterisk(THEIRS, fast_start=options.fast_start, tunneling=options.tunnelling) as peer:
        ours = await dialled(peer, "600", options)  # an echo
        await ours.until(lambda ours: ours.has(Answered))
        await ours.talks()
        sent = [e.channel for e in ours.events if isinstance(e, ChannelOpened)]
        to = next(channel.rtp for channel in sent if channel.direction is Direction.SENT)
        assert to is not None
        for first in (7000, 7100):
            media = ports(OURS, first)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sound:
                sound.bind((OURS, media[StreamKind.AUDIO].rtp.port))
                sound.setblocking(False)
                ours.driver.do(lambda now, media=media: ours.driver.call.move_media(media, now))  # type: ignore[misc]
                assert await echoed(sound, to) > PACKETS // 2
        assert not ours.has(CallEnded)
        ours.driver.hang_up()
        assert await ours.over() is EndReason.HUNG_UP


async def echoed(sound: socket.socket, to: Address) -> int:
    """How many of PACKETS come back."""
    came = 0
    for number in range(PACKETS):
        header = struct.pack(">BBHII", 0x80, 8, number, number * 160, 77)
        sound.sendto(header + bytes([number]) * 160, (to.ip, to.port))
        await asyncio.sleep(0.02)
        with contextlib.suppress(BlockingIOError):  # nothing more
            while sound.recv(2_000):
                came += 1
    return came


async def test_busy_and_no_answer() -> None:
    async with asterisk(THEIRS) as peer:
        busy = await dialled(peer, "606", CallOptions())
        assert await busy.over() is EndReason.BUSY
        rings = await dialled(peer, "605", CallOptions(ring_seconds=1.0))
        assert await rings.over() is EndReason.NO_ANSWER
