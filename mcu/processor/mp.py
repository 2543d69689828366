"""The multipoint processor: its bridges, the one media endpoint, the audio clock, and what the MC may ask of it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable

import structlog

from mcu import control
from mcu.errors import RefusedError
from mcu.h323.leg import H323Leg
from mcu.h323.rtp_endpoint import RtpEndpoint
from mcu.loop_watch import LoopCounters, LoopWatch
from mcu.media.types import BLOCK_SECONDS, EncodedFrame, StreamKind, VideoProfile
from mcu.processor import load
from mcu.processor.bridge import Bridge
from mcu.processor.decoding import DecoderPool
from mcu.processor.leg import Leg
from mcu.processor.line_checks import LineChecks
from mcu.processor.relief import Relief
from mcu.processor.rungs import ladder
from mcu.processor.strain import Strain, sample_threads
from mcu.processor.ticks import Ticks
from mcu.processor.totals import Totals
from mcu.webrtc.endpoint import Endpoint
from mcu.webrtc.leg import WebRtcLeg

MAX_BRIDGES = 64  # a process has two cores' worth of work long before
MAX_LEGS = 400  # per process; a hundred participants and three hundred viewers
# Ticks of sound that are made up when the process was kept waiting: what is mixed late is heard, for receivers have
# jitter buffers, and what is not mixed is a hole in every voice. More than a tenth of a second would be too old.
MADE_UP = 5
# Composites are due so long after a tick of the sound: what was read right before that is decoded by then. Conferences
# take turns, so that not all begin at once.
PICTURES_AFTER = 0.006
PHASES = (0.0, 0.020, 0.010, 0.030, 0.005, 0.025)  # seconds
LOG_EVERY = 500  # failures of the tick between two lines in the log: one line in ten seconds when all fail

log = structlog.get_logger()


class MultipointProcessor:
    """One per process. `handle` answers the MC; the rest happens by itself after `start`."""

    def __init__(self, *, decode_threads: int, rtp_port: int = 20_000, rtp_ports: int = 600) -> None:
        """Rooms of H.323 take their ports from the `rtp_ports` numbers from `rtp_port` on."""
        self._loop = asyncio.get_running_loop()
        self._decoders = DecoderPool(decode_threads, call_main=self._loop.call_soon_threadsafe)
        self._endpoint = Endpoint()
        self.rtp = RtpEndpoint(rtp_port, rtp_ports)
        self.line_checks = LineChecks(self._endpoint)
        self.bridges: dict[str, Bridge] = {}
        self._legs: dict[str, tuple[Leg, Bridge]] = {}
        self._notify: Callable[[control.Notice], None] = lambda _: None
        self.ticks = Ticks(BLOCK_SECONDS, start=time.monotonic(), make_up=MADE_UP)
        self.audio_busy_seconds = 0.0
        self.audio_cpu_seconds = 0.0  # less than busy where the machine has other things to do
        self.failures = 0
        self.totals = Totals()
        self._timer: asyncio.TimerHandle | None = None
        self._watch = _watch()
        self._phases = itertools.cycle(PHASES)
        self._strain = Strain(sample_threads(), now=time.monotonic())
        self.relief = Relief(now=time.monotonic())

    @property
    def port(self) -> int:
        return self._endpoint.port

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(self._endpoint.addresses)

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    @property
    def loop_counters(self) -> LoopCounters:
        return self._watch.counters

    def measure_strain(self) -> float:
        """Of the busiest thread, 0 to 1, since this was called last; 1 while so much is shed that nobody may come."""
        share = self._strain.update(sample_threads(), now=time.monotonic())
        return 1.0 if self.relief.overload.refuses(len(self._legs)) else share

    @property
    def decoders(self) -> DecoderPool:
        return self._decoders

    async def start(
        self, *, host: str, port: int, advertise: tuple[str, ...], notify: Callable[[control.Notice], None]
    ) -> None:
        """Open the media port and start the audio clock. Raises ConfigurationError."""
        self._notify = notify
        await self._endpoint.start(host, port, advertise)
        self.ticks = Ticks(BLOCK_SECONDS, start=time.monotonic(), make_up=MADE_UP)
        self._watch = _watch()
        self._schedule()

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for bridge in self.bridges.values():
            bridge.close()
        self.line_checks.close()
        self.rtp.close()
        self._decoders.close()
        await self._endpoint.close()

    def handle(self, command: control.Command) -> control.Answer:
        """Carry out one request. Raises RefusedError."""
        match command:
            case control.AddLeg():
                return self._add_leg(command)
            case control.UpdateLeg(leg=leg, offer=offer):
                return self._update_leg(leg, offer)
            case control.AddCandidate(leg=leg, candidate=candidate):
                self._leg(leg).add_candidate(candidate)
            case control.AddRtpLeg():
                return self._add_rtp_leg(command)
            case control.UpdateRtpLeg(leg=leg):
                self._rtp_leg(leg).update(command)
                self._legs[leg][1].leg_updated()
            case control.MoveRtpLeg(leg=leg, conference=conference, participant=participant):
                self._move_rtp_leg(leg, conference, participant)
            case control.PlayPrompts(conference=conference, prompts=prompts):
                self._bridge(conference).sound.prompting.play(prompts)
            case control.SendKeyframe(leg=leg, kind=kind):
                self._send_keyframe(leg, kind)
            case control.RemoveLeg(leg=leg):
                self._remove_leg(leg)
            case control.UpdateConference(conference=conference):
                self._bridge(conference).update(command)
            case control.OpenBridge(conference=conference, picture=picture):
                self._open(conference, picture)
            case control.CloseBridge(conference=conference):
                bridge = self.bridges.pop(conference, None)
                if bridge is not None:
                    bridge.close()
            case control.CheckLine(leg=leg, offer=offer):
                return control.LegAnswer(self.line_checks.begin(leg, offer, time.monotonic()))
            case control.ReportLoad():
                return load.report(self)
            case control.Stop():
                pass  # the connection's owner ends the process after this answer
        return control.Done()

    # --- legs -----------------------------------------------------------------------------------------

    def _add_leg(self, command: control.AddLeg) -> control.LegAnswer:
        bridge = self._bridge(command.conference)
        if len(self._legs) >= MAX_LEGS:
            raise RefusedError("busy", f"{MAX_LEGS} legs")
        picture = bridge.picture
        leg = self._endpoint.create_leg(
            command.leg,
            offer=command.offer,
            direction=command.direction,
            handler=self,
            video=VideoProfile("VP8", picture.width, picture.height, picture.fps, picture.bitrate),
        )
        self._legs[command.leg] = (leg, bridge)
        bridge.add_leg(leg, command.participant)
        return control.LegAnswer(leg.answer)

    def _add_rtp_leg(self, command: control.AddRtpLeg) -> control.RtpLegAnswer:
        bridge = self._bridge(command.conference)
        if len(self._legs) >= MAX_LEGS:
            raise RefusedError("busy", f"{MAX_LEGS} legs")
        leg = self.rtp.create_leg(
            command.leg, host=command.host, handler=self, pictures=_pictures_for_rooms(bridge.picture)
        )
        self._legs[command.leg] = (leg, bridge)
        bridge.add_leg(leg, command.participant)
        return control.RtpLegAnswer(leg.ports)

    def _move_rtp_leg(self, leg_id: str, conference: str, participant: str) -> None:
        leg, bridge = self._rtp_leg(leg_id), self._bridge(conference)
        self._legs[leg_id][1].release(leg)
        self._legs[leg_id] = (leg, bridge)
        leg.show(_pictures_for_rooms(bridge.picture))
        bridge.add_leg(leg, participant)
        if leg.connected:
            bridge.leg_connected(leg)

    def _send_keyframe(self, leg_id: str, kind: str) -> None:
        try:
            self._rtp_leg(leg_id).send_keyframe(StreamKind(kind))
        except ValueError:
            raise RefusedError("channel-invalid", kind) from None

    def _update_leg(self, leg_id: str, offer: str) -> control.LegAnswer:
        answer = self._leg(leg_id).update(offer)
        self._legs[leg_id][1].leg_updated()
        return control.LegAnswer(answer)

    def _remove_leg(self, leg_id: str) -> None:
        found = self._legs.get(leg_id)
        if found is not None:
            leg, bridge = found
            bridge.leg_closed(leg)

    def leg_connected(self, leg: Leg) -> None:
        found = self._legs.get(leg.id)
        if found is not None:
            found[1].leg_connected(leg)
        self._notify(control.LegState(leg.id, "connected"))

    def leg_updated(self, leg: Leg) -> None:
        found = self._legs.get(leg.id)
        if found is not None:
            found[1].leg_updated()

    def leg_state(self, leg: Leg, state: str) -> None:
        found = self._legs.get(leg.id)
        if found is not None and state == "disconnected":
            found[1].leg_disconnected(leg)
        self._notify(control.LegState(leg.id, state))

    def leg_closed(self, leg: Leg, reason: str) -> None:
        found = self._legs.pop(leg.id, None)
        if found is not None:
            found[1].leg_closed(leg)
        self._notify(control.LegState(leg.id, "closed", reason))

    def frame_received(self, leg: Leg, kind: StreamKind, frame: EncodedFrame) -> None:
        found = self._legs.get(leg.id)
        if found is not None:
            found[1].frame_received(leg, kind, frame)

    def keyframe_requested(self, leg: Leg, kind: StreamKind) -> None:
        found = self._legs.get(leg.id)
        if found is not None:
            found[1].keyframe_requested(leg, kind)

    def keyframe_needed(self, leg: Leg, kind: StreamKind) -> None:
        self._notify(control.KeyframeNeeded(leg.id, kind.value))

    def digit_received(self, leg: Leg, digit: str) -> None:
        self._notify(control.DigitReceived(leg.id, digit))

    # --- bridges --------------------------------------------------------------------------------------

    def _open(self, conference: str, picture: control.PictureSettings) -> None:
        if conference in self.bridges:
            return
        if len(self.bridges) >= MAX_BRIDGES:
            raise RefusedError("busy", f"{MAX_BRIDGES} conferences")
        self.bridges[conference] = Bridge(
            conference,
            picture,
            decoders=self._decoders,
            call_main=self._loop.call_soon_threadsafe,
            call_later=self._loop.call_later,
            notify=self._notify,
            totals=self.totals,
            begins=self.ticks.due + PICTURES_AFTER + next(self._phases),
        )

    def _bridge(self, conference: str) -> Bridge:
        try:
            return self.bridges[conference]
        except KeyError:
            raise RefusedError("no-such-conference", conference) from None

    def _leg(self, leg_id: str) -> WebRtcLeg:
        leg, _ = self._legs.get(leg_id, (None, None))
        if not isinstance(leg, WebRtcLeg):
            raise RefusedError("no-such-leg", leg_id)
        return leg

    def _rtp_leg(self, leg_id: str) -> H323Leg:
        leg, _ = self._legs.get(leg_id, (None, None))
        if not isinstance(leg, H323Leg):
            raise RefusedError("no-such-leg", leg_id)
        return leg

    # --- the audio clock ------------------------------------------------------------------------------

    def _schedule(self) -> None:
        # uvloop's timers have millisecond resolution and its time() is cached, so the delay is worked out from our own.
        delay = max(0.0, self.ticks.due - time.monotonic())
        self._timer = self._loop.call_later(delay, self._tick)

    def _tick(self) -> None:
        began = time.monotonic()
        try:
            self._endpoint.beat()
        except Exception:  # here and below, a bug costs its part of this tick: the clock goes on
            if self.failures % LOG_EVERY == 0:
                log.exception("what has gathered is not read yet")
            self.failures += 1
        now, used = time.monotonic(), time.thread_time()
        self._watch.beat(now=began, cpu=used)
        index = self.ticks.advance(began)
        due = self.ticks.due - self.ticks.interval  # of this tick
        for bridge in self.bridges.values():
            try:
                bridge.audio_tick(index, due, now)
            except Exception:
                if self.failures % LOG_EVERY == 0:
                    log.exception("audio tick failed; this block is skipped", conference=bridge.conference)
                self.failures += 1
        self.rtp.tick(now)
        try:
            self.line_checks.tick(index, now)
        except Exception:
            if self.failures % LOG_EVERY == 0:
                log.exception("line checks get no silence this time")
            self.failures += 1
        try:
            self.relief.tick(began - due, self.ticks, self.bridges.values(), self._decoders, now)
        except Exception:
            if self.failures % LOG_EVERY == 0:
                log.exception("nothing is shed this time")
            self.failures += 1
        self.audio_busy_seconds += time.monotonic() - now
        self.audio_cpu_seconds += time.thread_time() - used
        self._schedule()


def _watch() -> LoopWatch:
    """The ticks of the sound are beats of the loop: there is no other timer for it."""
    return LoopWatch(now=time.monotonic(), cpu=time.thread_time())


def _pictures_for_rooms(picture: control.PictureSettings) -> list[VideoProfile]:
    """The composite in the sizes and rates that browsers with H.264 are sent, best first."""
    size, profile = (picture.width, picture.height), "constrained-baseline"
    best = VideoProfile("H264", *size, picture.fps, picture.bitrate, h264_profile=profile)
    return [rung.profile for rung in ladder(best)]
