"""A meeting room made of code: an H.323 terminal that calls or is called, speaks, shows and hears.

Rules:
1. Call control is that of the gateway (`mcu.h323.call`), media that of an MP's leg: what it hears and sees came as RTP.
2. Its clock is a beat of 20 ms: sound is sent and pulled there, and pictures at their own rate on the same beat.
3. What it hears is kept for HEARD_SECONDS; pictures are handed to `on_frame` as they come, coded.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from av import VideoFrame

from mcu import control
from mcu._native import packets
from mcu.gateway.call_driver import CallDriver
from mcu.gateway.open_media import OpenMedia, local_media
from mcu.gateway.tcp import Connection
from mcu.h323.address import Address
from mcu.h323.call import Call
from mcu.h323.call_options import CallOptions, LocalParty
from mcu.h323.capabilities import Offer
from mcu.h323.channels import LocalMedia
from mcu.h323.events import Answered, CallEnded, DigitsReceived, Event, IncomingCall, KeyframeRequested
from mcu.h323.leg import H323Leg
from mcu.h323.rtp_endpoint import RtpEndpoint
from mcu.listening import listening_socket
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.payloads import packetize
from mcu.media.types import (
    BLOCK_SECONDS,
    VIDEO_CLOCK_RATE,
    AudioBlock,
    EncodedFrame,
    StreamKind,
    VideoProfile,
)
from mcu.media.video_codecs import VideoEncoder

HEARD_SECONDS = 30.0
MAX_PAYLOAD = 1_100  # bytes
MEDIA_PORTS = 2_400  # among which six are sought: for four hundred rooms on one machine
PICTURE_FPS = 15
CONTROL_PORTS = (0,)  # any

Voice = Callable[[int], AudioBlock | None]  # the block of a beat; None is silence
Picture = Callable[[int, int, int], VideoFrame]  # of a beat, in a width and height


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


class SyntheticRoom:
    """`call` or `listen`, then `close`. Everything is on the loop that it is used in."""

    def __init__(self, settings: RoomSettings, *, voice: Voice | None = None, picture: Picture | None = None) -> None:
        self.settings = settings
        self.events: list[Event] = []
        self.digits = ""
        self.ended: CallEnded | None = None
        self.answered = False
        self.frames: Counter[StreamKind] = Counter()
        self.keyframes_asked = 0  # of us
        self.on_frame: Callable[[StreamKind, EncodedFrame], object] = lambda kind, frame: None
        self.driver: CallDriver | None = None
        self._voice, self._picture = voice, picture
        self._heard: deque[AudioBlock | None] = deque(maxlen=round(HEARD_SECONDS / BLOCK_SECONDS))
        self._endpoint = RtpEndpoint(settings.first_port, MEDIA_PORTS)
        self._media = OpenMedia()
        self._leg: H323Leg | None = None
        self._audio: AudioEncoder | None = None
        self._video: VideoEncoder | None = None
        self._keyframe = True
        self._beat = 0
        self._began = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
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
        self._media = OpenMedia()
        self._media.add_source(connection.peer.ip)
        self.driver = CallDriver(call, self, control_ports=CONTROL_PORTS)
        self.driver.take(connection)

    def call_event(self, event: Event) -> None:
        self.events.append(event)
        if self._media.take(event):
            self._update()
        match event:
            case IncomingCall():
                asyncio.get_running_loop().create_task(self._answer())
            case Answered():
                self.answered = True
            case DigitsReceived(digits):
                self.digits += digits
            case KeyframeRequested(StreamKind.MAIN):
                self.keyframes_asked += 1
                self._keyframe = True
            case CallEnded():
                self.ended = event
                self._close_media()
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

    async def close(self) -> None:
        """Hang up and let go of everything."""
        if self._server is not None:
            self._server.close()
        if self.driver is not None:
            self.driver.hang_up()
        self._close_media()
        self._endpoint.close()

    async def changed(self, *, seconds: float) -> None:
        """Wait for the next event or beat, so many seconds at most."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):  # nothing happened: that is what the limit is for
            await asyncio.wait_for(self._changed.wait(), seconds)

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
        silent = np.zeros(960, np.float32)
        blocks = [silent if block is None else block for block in self._heard]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def forget_heard(self) -> None:
        self._heard.clear()

    @property
    def leg(self) -> H323Leg | None:
        """Its media, while there is a call."""
        return self._leg

    def _local(self) -> LocalParty:
        settings = self.settings
        return LocalParty(
            display=settings.name, names=(settings.name,), product=settings.product, is_mcu=settings.is_mcu
        )

    def _reserve(self) -> dict[StreamKind, LocalMedia]:
        offer = self.settings.offer
        best = VideoProfile(
            "H264", offer.width, offer.height, PICTURE_FPS, offer.video_bitrate, h264_profile="constrained-baseline"
        )
        self._leg = self._endpoint.create_leg(
            f"room{len(self.events)}", host=self.settings.host, handler=self, pictures=[best]
        )
        self._began, self._beat = time.monotonic(), 0
        self._schedule()
        return local_media(self._leg.ports, self.settings.host)

    def _update(self) -> None:
        if self._leg is not None:
            state = self._media.state
            self._leg.update(
                control.UpdateRtpLeg(
                    self._leg.id,
                    state.channels,
                    state.sources,
                    dict(state.limits),
                    state.telephone_event,
                    state.paused,
                )
            )

    def _close_media(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._leg is not None:
            leg, self._leg = self._leg, None
            leg.close("over")
        self._audio = self._video = None

    def _schedule(self) -> None:
        due = self._began + (self._beat + 1) * BLOCK_SECONDS
        self._timer = asyncio.get_running_loop().call_later(max(0.0, due - time.monotonic()), self._on_beat)

    def _on_beat(self) -> None:
        leg, now = self._leg, time.monotonic()
        if leg is None:
            return
        self._beat += 1
        self._endpoint.tick(now)
        self._speak(leg, now)
        self._show(leg, now)
        if leg.audio is not None:
            self._heard.append(leg.audio.pull(now))
        self._changed.set()
        self._schedule()

    def _speak(self, leg: H323Leg, now: float) -> None:
        stream = leg.sent.get(StreamKind.AUDIO)
        if stream is None:
            return
        if self._audio is None or self._audio.profile != leg.audio_profile:
            self._audio = AudioEncoder(leg.audio_profile)
        block = self._voice(self._beat) if self._voice is not None else None
        packets.send(
            [self._audio.encode(block)],
            timestamp=self._beat * self._audio.samples_per_packet,
            streams=[stream],
            now=now,
            marker_last=False,
        )

    def _show(self, leg: H323Leg, now: float) -> None:
        stream, profile = leg.sent.get(StreamKind.MAIN), leg.video_profile
        if stream is None or profile is None or self._picture is None:
            return
        if int(self._beat * BLOCK_SECONDS * PICTURE_FPS) == int((self._beat - 1) * BLOCK_SECONDS * PICTURE_FPS):
            return
        if self._video is None or self._video.profile != profile:
            self._video, self._keyframe = VideoEncoder(profile), True
        timestamp = int(self._beat * BLOCK_SECONDS * VIDEO_CLOCK_RATE)
        frame = self._picture(self._beat, profile.width, profile.height)
        coded = self._video.encode(frame, timestamp=timestamp, keyframe=self._keyframe)
        self._keyframe = False
        if coded is not None:
            packets.send(packetize(coded, profile, MAX_PAYLOAD), timestamp=timestamp, streams=[stream], now=now)

    # --- mcu.h323.leg.RtpLegHandler -----------------------------------------------------------------------

    def leg_connected(self, leg: H323Leg) -> None:
        self._changed.set()

    def leg_updated(self, leg: H323Leg) -> None:
        self._changed.set()

    def leg_state(self, leg: H323Leg, state: str) -> None:
        self._changed.set()

    def leg_closed(self, leg: H323Leg, reason: str) -> None:
        self._changed.set()

    def frame_received(self, leg: H323Leg, kind: StreamKind, frame: EncodedFrame) -> None:
        self.frames[kind] += 1
        self.on_frame(kind, frame)

    def keyframe_requested(self, leg: H323Leg, kind: StreamKind) -> None:
        self._keyframe = True

    def keyframe_needed(self, leg: H323Leg, kind: StreamKind) -> None:
        driver = self.driver
        if driver is not None:
            driver.do(lambda now: driver.call.request_keyframe(kind, now))

    def digit_received(self, leg: H323Leg, digit: str) -> None:
        self.digits += digit
