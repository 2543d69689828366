"""A meeting room made of code: an H.323 terminal that calls or is called, speaks, shows, presents and hears.

Rules:
1. Call control is that of the gateway (`mcu.h323.call`), media that of an MP's leg: what it hears and sees came as RTP.
2. Content is sent as rooms do it: the token of H.239 is asked for, and it begins when the channel is open.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mcu.gateway.call_driver import CallDriver
from mcu.gateway.open_media import OpenMedia
from mcu.gateway.tcp import Connection
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions, LocalParty
from mcu.h323.capabilities import Offer
from mcu.h323.channels import LocalMedia
from mcu.h323.events import Answered, CallEnded, ContentHeld, DigitsReceived, Event, IncomingCall, KeyframeRequested
from mcu.h323.h245_control import H245Control
from mcu.h323.leg import H323Leg
from mcu.listening import listening_socket
from mcu.media.types import AudioBlock, EncodedFrame, StreamKind, VideoProfile
from mcu.synthetic.room_media import PICTURE_FPS, Picture, RoomMedia, Voice

CONTROL_PORTS = (0,)  # any


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSettings:
    """Who it is and what it can. Its media ports are the first free ones from `first_port` on."""

    name: str = "회의실"
    host: str = "127.0.0.1"
    first_port: int = 40_000
    offer: Offer = field(default_factory=Offer)
    options: CallOptions = field(default_factory=CallOptions)
    product: str = "synthetic room"
    is_mcu: bool = False
    seed: int = 1
    camera: tuple[int, int] | None = None  # the most that it sends, width and height; None for as much as is offered


class SyntheticRoom:
    """`call` or `listen`, then `close`. Everything is on the loop that it is used in."""

    def __init__(self, settings: RoomSettings, *, voice: Voice | None = None, picture: Picture | None = None) -> None:
        self.settings = settings
        self.events: list[Event] = []
        self.digits = ""
        self.ended: CallEnded | None = None
        self.answered = False
        self.keyframes_asked = 0  # of us
        self.holds_token = False  # of H.239
        self.driver: CallDriver | None = None
        self._rtp = RoomMedia(self, host=settings.host, first_port=settings.first_port, voice=voice, picture=picture)
        self._media = OpenMedia()
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()

    # --- calls ------------------------------------------------------------------------------------------

    async def call(self, to: Address, *called: str) -> None:
        """Call somebody; what becomes of it is in `events`."""
        settings = self.settings
        call = Call.outgoing(
            local=self._local(),
            called=called,
            destination=to,
            source=Address(settings.host, 0),
            media=self._reserve(),
            offer=settings.offer,
            options=settings.options,
            rng=random.Random(settings.seed),
            now=time.monotonic(),
        )
        self.driver = CallDriver(call, self, control_ports=CONTROL_PORTS)
        await self.driver.listen_for_control(settings.host)
        await self.driver.dial(to)

    async def listen(self, port: int = 0) -> Address:
        """Be callable at the returned address; the first call is answered."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(on_made=self._arrived), sock=listening_socket(self.settings.host, port)
        )
        return Address(self.settings.host, self._server.sockets[0].getsockname()[1])

    def _arrived(self, connection: Connection) -> None:
        if self.driver is not None and not self.driver.over:
            connection.abort()
            return
        call = Call.incoming(
            local=self._local(),
            source=connection.peer,
            here=connection.local,
            options=self.settings.options,
            rng=random.Random(self.settings.seed),
            now=time.monotonic(),
        )
        self.ended, self.answered = None, False
        self._media = OpenMedia()
        self._media.add_source(connection.peer.ip)
        self.driver = CallDriver(call, self, control_ports=CONTROL_PORTS)
        self.driver.take(connection)

    def call_event(self, event: Event) -> None:
        self.events.append(event)
        if self._media.take(event):
            self._rtp.update(self._media.state)
        match event:
            case IncomingCall():
                asyncio.get_running_loop().create_task(self._answer())
            case Answered():
                self.answered = True
            case DigitsReceived(digits):
                self.digits += digits
            case KeyframeRequested(StreamKind.MAIN):
                self.keyframes_asked += 1
                self._rtp.send_keyframe(StreamKind.MAIN)
            case KeyframeRequested(kind):
                self._rtp.send_keyframe(kind)
            case ContentHeld(_, by_us):
                self.holds_token = by_us
            case CallEnded():
                self.ended, self.holds_token = event, False
                self._rtp.close()
        self._changed.set()

    async def _answer(self) -> None:
        assert self.driver is not None
        driver, media = self.driver, self._reserve()
        driver.do(lambda now: driver.call.alert(now))
        driver.do(lambda _: driver.call.prepare(media=media, offer=self.settings.offer))
        await driver.listen_for_control(self.settings.host)
        driver.do(lambda now: driver.call.accept(now))
        self.answered = True
        self._changed.set()

    def press(self, digits: str) -> None:
        """Keys, by call control."""
        driver = self.driver
        assert driver is not None
        driver.do(lambda now: driver.call.send_digits(digits, now))

    def present(self, picture: Picture) -> None:
        """Take the token of H.239 and send `picture` as content."""
        self._rtp.content = picture
        self._to_h245(H245Control.ask_content_token)

    def stop_presenting(self) -> None:
        """Close the channel of content and give the token back."""
        self._rtp.content = None
        self._to_h245(H245Control.release_content_token)

    def _to_h245(self, action: Callable[[H245Control, float], None]) -> None:
        driver = self.driver
        assert driver is not None
        h245 = driver.call.h245
        assert h245 is not None
        driver.do(lambda now: action(h245, now))
        driver.do(driver.call.settle)

    async def close(self) -> None:
        """Hang up and let go of everything."""
        if self._server is not None:
            self._server.close()
        if self.driver is not None:
            self.driver.hang_up()
        self._rtp.end()

    def vanish(self) -> None:
        """Be gone without a word, as when power fails."""
        if self._server is not None:
            self._server.close()
        if self.driver is not None:
            self.driver.abandon()
        self._rtp.abandon()

    async def changed(self, *, seconds: float) -> None:
        """Wait for the next event or beat, so many seconds at most."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):  # nothing happened: that is what the limit is for
            async with asyncio.timeout(seconds):  # wait_for of 3.11 loses a cancellation that comes with the event
                await self._changed.wait()

    async def until(self, condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
        """Wait until `condition` holds, looked at after every event and beat. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    # --- media ------------------------------------------------------------------------------------------

    @property
    def heard(self) -> AudioBlock:
        """What was heard lately, silence included, oldest first."""
        return self._rtp.heard

    def forget_heard(self) -> None:
        self._rtp.forget_heard()

    @property
    def frames(self) -> Counter[StreamKind]:
        """How many came."""
        return self._rtp.frames

    def watch(self, on_frame: Callable[[StreamKind, EncodedFrame], object]) -> None:
        """Hand every frame that comes to `on_frame`, coded."""
        self._rtp.on_frame = on_frame

    def listen_in(self, on_sound: Callable[[AudioBlock | None, float, float], object]) -> None:
        """Hand every block that is heard to `on_sound`, with when it was due and the time; None is silence."""
        self._rtp.on_sound = on_sound

    def notice_sent(self, on_left: Callable[[StreamKind, int, float], object]) -> None:
        """Tell `on_left` of what left: its kind, the beat that the voice or picture was made for, and the time."""
        self._rtp.on_left = on_left

    def request_keyframe(self) -> None:
        """Of what is received."""
        if self.leg is not None:
            self.leg.request_keyframe(StreamKind.MAIN)

    @property
    def counters(self) -> Mapping[str, int]:
        """Of datagrams "received", "sent", "overflowed"."""
        return self._rtp.counters

    @property
    def leg(self) -> H323Leg | None:
        """Its media, while there is a call."""
        return self._rtp.leg

    def _local(self) -> LocalParty:
        settings = self.settings
        return LocalParty(
            display=settings.name, names=(settings.name,), product=settings.product, is_mcu=settings.is_mcu
        )

    def _reserve(self) -> dict[StreamKind, LocalMedia]:
        offer = self.settings.offer
        width, height = self.settings.camera or (offer.width, offer.height)
        return self._rtp.reserve(
            VideoProfile("H264", width, height, PICTURE_FPS, offer.video_bitrate, h264_profile="constrained-baseline")
        )

    # --- mcu.synthetic.room_media.MediaOwner --------------------------------------------------------------

    def stirred(self) -> None:
        self._changed.set()

    def keyframe_needed(self, leg: H323Leg, kind: StreamKind) -> None:
        driver = self.driver
        if driver is not None:
            driver.do(lambda now: driver.call.request_keyframe(kind, now))

    def digit_received(self, leg: H323Leg, digit: str) -> None:
        self.digits += digit
