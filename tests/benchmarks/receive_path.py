"""Microseconds of CPU per packet through the endpoint, legs and sessions: `python tests/benchmarks/receive_path.py`.

Thirty participants over loopback with AES-128-GCM: each sends 50 Opus and 30 to 45 VP8 packets a second, reports, and
transport-wide feedback on the 200 packets a second it is sent. Media time is simulated, so nothing waits; what the
participants themselves do is outside of the measured stretches. A wake-up takes what arrived within --window since the
first unread packet. --cold walks through so many MB before each wake-up, as codecs on the same cores do: what runs next
finds neither its code nor its data in the caches. --profile prints where the time goes instead.

--live runs in real time instead, the participants in a process of their own: all the CPU of the network path in one
figure, the event loop and its wake-ups included, with 50 sound ticks and 25 composites sent a second.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import functools
import gc
import os
import pstats
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import uvloop

import mcu
from mcu._native import packets
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import StreamKind
from tests.benchmarks.packet_meeting import (
    CAMERA_FPS,
    COMPOSITE,
    FEEDBACK_SECONDS,
    LISTENED_TO,
    PARTICIPANTS,
    Event,
    Meeting,
    meet,
)


@dataclass
class Meter:
    """CPU time of measured stretches. The cost of measuring is taken off."""

    seconds: float = 0.0
    packets: int = 0
    stretches: int = 0
    profile: cProfile.Profile | None = None
    pollution: bytearray | None = None  # walked through before each stretch

    @contextlib.contextmanager
    def _profiled(self) -> Iterator[None]:
        assert self.profile is not None
        self.profile.enable()
        yield
        self.profile.disable()

    def run(self, action: Callable[[], object]) -> None:
        if self.profile is not None:
            with self._profiled():
                action()
            return
        if self.pollution is not None:
            self.pollution.count(b"\x01")
        start = time.thread_time()
        action()
        self.seconds += time.thread_time() - start
        self.stretches += 1

    @property
    def micros(self) -> float:
        """Per packet."""
        return (self.seconds - self.stretches * clock_cost()) * 1e6 / max(1, self.packets)


@functools.cache
def clock_cost() -> float:
    costs = []
    for _ in range(2_000):
        start = time.thread_time()
        costs.append(time.thread_time() - start)
    return statistics.median(costs)


PERIODS = {"speech": 0.020, "video": 1 / CAMERA_FPS, "feedback": FEEDBACK_SECONDS, "reports": 1.0}


def timeline(kinds: tuple[str, ...], begin: float, seconds: float) -> list[Event]:
    """What the participants send, each with phases of its own."""
    chance = random.Random(5)
    events: list[Event] = []
    for number in range(PARTICIPANTS):
        for kind, period in PERIODS.items():
            when = begin + chance.random() * period
            while kind in kinds and when < begin + seconds:
                events.append((when, number, kind))
                when += period
    return sorted(events)


def send(meeting: Meeting, event: Event) -> int:
    when, number, kind = event
    client = meeting.clients[number]
    if kind == "speech":
        return client.speech(when, meeting.voices)
    if kind == "video":
        return client.video_frame(when)
    return client.feedback_on_sent(when) if kind == "feedback" else client.report(when)


def receive(meeting: Meeting, kinds: tuple[str, ...], seconds: float, window: float, meter: Meter, ticks: Meter) -> int:
    """Run the timeline; the number of wake-ups."""
    endpoint, events = meeting.endpoint, timeline(kinds, meeting.now, seconds)
    tick = meeting.now + 0.020
    alarm = endpoint._alarm
    wake_ups = index = 0
    audio = [leg.audio for leg in meeting.legs if leg.session.audio is not None]
    while index < len(events):
        begin = events[index][0]
        while begin >= tick:
            meeting.now = tick
            ticks.run(functools.partial(audio_tick, audio, tick))
            ticks.packets += PARTICIPANTS
            tick += 0.020
        while index < len(events) and events[index][0] <= begin + window:
            meter.packets += send(meeting, events[index])
            index += 1
        meeting.now = begin + window
        wake_ups += 1
        meter.run(endpoint._read)
        if meeting.now >= alarm._armed_for and alarm._timer is not None:
            alarm._timer.cancel()
            meter.run(alarm._wake)
    meeting.drain()
    return wake_ups


def audio_tick(receivers: list[AudioReceiver], now: float) -> None:
    """What a tick costs for packets that nobody listens to, and the choice of the loudest."""
    for receiver in receivers:
        receiver.preview(now)
    for receiver in receivers[LISTENED_TO:]:
        receiver.skip(now)
    for receiver in receivers[:LISTENED_TO]:  # their decoding is the codec's cost, not the path's
        receiver.skip(now)


def send_sound(meeting: Meeting, seconds: float, meter: Meter) -> None:
    """One packet for the 27 who hear the same, one each for those who speak."""
    streams = [leg.sent[StreamKind.AUDIO] for leg in meeting.legs]
    groups = [streams[LISTENED_TO:], *([stream] for stream in streams[:LISTENED_TO])]

    def one_tick() -> None:
        for group in groups:
            packets.send([payload], timestamp=tick * 960, streams=group, now=meeting.now, marker_last=False)

    for tick in range(int(seconds * 50)):
        meeting.now += 0.020
        payload = meeting.voices[tick % len(meeting.voices)]
        meter.run(one_tick)
        meter.packets += PARTICIPANTS
        meeting.drain()


def send_picture(meeting: Meeting, seconds: float, meter: Meter) -> None:
    streams = [leg.sent[StreamKind.MAIN] for leg in meeting.legs]

    def one_frame() -> None:
        packets.send(COMPOSITE, timestamp=frame * 3_600, streams=streams, now=meeting.now)

    for frame in range(int(seconds * 25)):  # noqa: B007 (read by one_frame)
        meeting.now += 0.040
        meter.run(one_frame)
        meter.packets += PARTICIPANTS * len(COMPOSITE)
        meeting.drain()


KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("speech packet", ("speech",)),
    ("video packet", ("video",)),
    ("transport-wide feedback", ("feedback",)),
    ("reports", ("reports",)),
    ("everything", tuple(PERIODS)),
)


async def measure(seconds: float, rounds: int, windows: list[float], cold: int) -> None:
    pollution = bytearray(cold << 20) if cold else None
    async with contextlib.AsyncExitStack() as resources:
        meeting = await meet(resources)
        receive(meeting, ("speech", "video"), 2.0, 0.0, Meter(), Meter())  # streams are known, keyframes are there
        totals: dict[str, list[float]] = {}
        rates: dict[str, float] = {}
        for _ in range(rounds):
            for window in windows:
                for name, kinds in KINDS:
                    meter, ticks = Meter(pollution=pollution), Meter(pollution=pollution)
                    wake_ups = receive(meeting, kinds, seconds, window, meter, ticks)
                    label = f"{name}, {meter.packets / wake_ups:.1f} packets to a wake-up"
                    totals.setdefault(label, []).append(meter.micros)
                    rates[label] = meter.packets / seconds
                    if name == "everything":
                        label = f"sound tick, per participant ({window * 1e3:.0f} ms)"
                        totals.setdefault(label, []).append(ticks.micros)
                        rates[label] = ticks.packets / seconds
            for name, sending in (("send sound", send_sound), ("send composite", send_picture)):
                meter = Meter(pollution=pollution)
                sending(meeting, seconds, meter)
                totals.setdefault(name, []).append(meter.micros)
                rates[name] = meter.packets / seconds
        for label, values in totals.items():
            middle = statistics.median(values)
            print(f"{label:55} {middle:6.2f} µs  {rates[label]:6.0f}/s  {middle * rates[label] / 1e3:6.2f} ms/s")
        assert meeting.endpoint.counters["legs_failed"] == 0
        check(meeting)


def check(meeting: Meeting) -> None:
    """That all of it was media and nothing was lost on the way."""
    for leg, client in zip(meeting.legs, meeting.clients, strict=True):
        receiver = leg.session.video(StreamKind.MAIN)
        assert receiver is not None
        assert leg.audio is not None
        assert receiver.counters.frames == client.frames, (receiver.counters, client.frames)
        assert leg.audio.counters.received == client.audio.packets
        assert leg.session.counters["malformed_rtcp"] == leg.session.counters["unroutable"] == 0


def attend(meeting: Meeting, seconds: float) -> None:
    """The participants, in real time. Several sendings a millisecond late are made good, so that the rate is right."""
    events = timeline(tuple(PERIODS), time.monotonic(), seconds)
    index = 0
    while index < len(events):
        now = time.monotonic()
        while index < len(events) and events[index][0] <= now:
            send(meeting, events[index])
            index += 1
        for client in meeting.clients:
            client.media.receive(now)
        time.sleep(0.001)


async def serve(meeting: Meeting, seconds: float) -> int:
    """Sound ticks and composites, while the endpoint receives; packets sent."""
    begin = time.monotonic()
    receivers = [leg.audio for leg in meeting.legs if leg.session.audio is not None]
    voices = [leg.sent[StreamKind.AUDIO] for leg in meeting.legs]
    pictures = [leg.sent[StreamKind.MAIN] for leg in meeting.legs]
    sent = 0
    for tick in range(int(seconds * 50)):
        await asyncio.sleep(max(0.0, begin + tick * 0.020 - time.monotonic()))
        now = time.monotonic()
        audio_tick(receivers, now)
        for group in (voices[LISTENED_TO:], *([voice] for voice in voices[:LISTENED_TO])):
            payload = meeting.voices[tick % len(meeting.voices)]
            sent += packets.send([payload], timestamp=tick * 960, streams=group, now=now, marker_last=False)
        if tick % 2:
            sent += packets.send(COMPOSITE, timestamp=tick * 1_800, streams=pictures, now=now)
    return sent


async def live(seconds: float) -> None:
    async with contextlib.AsyncExitStack() as resources:
        meeting = await meet(resources)
        meeting.clock = time.monotonic
        for leg in meeting.legs:
            leg.last_received = time.monotonic()
        gc.collect()
        gc.freeze()  # as an MP does
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(KeyboardInterrupt):
                attend(meeting, seconds + 2.0)
            os._exit(0)
        await serve(meeting, 1.0)
        received, began = meeting.endpoint.counters, time.process_time()
        sent = await serve(meeting, seconds)
        used = time.process_time() - began
        counters = {name: count - received[name] for name, count in meeting.endpoint.counters.items()}
        os.waitpid(pid, 0)
    moved = counters["received"] + counters["sent"]
    print(
        f"{used / moved * 1e6:.2f} µs a packet: {counters['received'] / seconds:.0f}/s received in"
        f" {counters['receive_calls'] / seconds:.0f} readings/s, {counters['sent'] / seconds:.0f}/s sent"
        f" ({sent / seconds:.0f} media), {used / seconds * 1e3:.1f} ms of CPU a second"
    )


async def profile(seconds: float, window: float) -> None:
    async with contextlib.AsyncExitStack() as resources:
        meeting = await meet(resources)
        receive(meeting, ("speech", "video"), 2.0, 0.0, Meter(), Meter())
        profiler = cProfile.Profile()
        meter = Meter(profile=profiler)
        receive(meeting, tuple(PERIODS), seconds, window, meter, meter)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="of media in each run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--window", type=float, nargs="+", default=[0.0, 2.5], help="milliseconds")
    parser.add_argument("--cold", type=int, default=0, metavar="MB")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--live", action="store_true")
    options = parser.parse_args()
    print(f"sources run: {mcu.SOURCES_RUN_BECAUSE}" if mcu.SOURCES_RUN_BECAUSE else "compiled modules run")
    windows = [window / 1e3 for window in options.window]
    if options.live:
        work = live(options.seconds)
    elif options.profile:
        work = profile(options.seconds, windows[0])
    else:
        work = measure(options.seconds, options.rounds, windows, options.cold)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


if __name__ == "__main__":
    main()
