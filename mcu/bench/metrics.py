"""What the server counts of itself, read from /metrics, and what it says of a stretch of time.

Rules:
1. An MP tells the MC its counters every two seconds, so a reading is up to that old. The time between two readings
   is taken from the ticks of the sound in them, of which there is one every 20 ms, and never from a clock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mcu.errors import ProtocolError
from mcu.media.types import BLOCK_SECONDS

MAX_LINES = 100_000
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
LINE = re.compile(r"^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})? +(\S+)$")

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Metrics:
    """One reading: values by name and labels."""

    values: Mapping[tuple[str, Labels], float] = field(default_factory=dict)

    def sum(self, name: str, **labels: str) -> float:
        """Of all series of this name that carry these labels; 0.0 when there is none."""
        wanted = frozenset(labels.items())
        return sum(value for (found, carried), value in self.values.items() if found == name and wanted <= carried)

    def __sub__(self, earlier: Metrics) -> Metrics:
        return Metrics({key: value - earlier.values.get(key, 0.0) for key, value in self.values.items()})


@dataclass(frozen=True, slots=True)
class Counted:
    """What a server did between two readings."""

    seconds: float
    packets_received: float  # per second, like the next one
    packets_sent: float
    audio_sent: float  # those of them that a tick of the sound sent
    audio_ticks_missed: int
    audio_ticks_made_up: int  # late, and nothing lost (docs/decisions/0027)
    video_ticks: int
    video_ticks_missed: int
    audio_cpu: float  # CPU seconds a second of the tick of the sound, on the main thread
    audio_busy: float  # share of the time that this tick took
    video_busy: float
    frames_decoded: float  # per second
    frames_dropped: int
    datagrams_dropped: int
    loop_late: int
    failures: int
    shed: int = 0  # level of what was left out for want of CPU: at either reading, or 1 where it rose between them


DROPS = ("overflowed", "oversized", "malformed", "srtp_failures", "send_would_block", "send_errors")


def parse(text: str) -> Metrics:
    """The Prometheus text format. Raises ProtocolError."""
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise ProtocolError(f"metrics of {len(lines)} lines")
    values: dict[tuple[str, Labels], float] = {}
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        matched = LINE.match(line)
        if matched is None:
            raise ProtocolError(f"metrics: {line[:80]!r}")
        name, labels, number = matched.groups()
        try:
            value = float(number)
        except ValueError as error:
            raise ProtocolError(f"metrics: {line[:80]!r}") from error
        if not math.isfinite(value):
            raise ProtocolError(f"metrics: {line[:80]!r}")
        values[name, frozenset(LABEL.findall(labels or ""))] = value
    return Metrics(values)


def counted(earlier: Metrics, later: Metrics) -> Counted:
    """Raises ProtocolError when no time lies between the two."""
    between = later - earlier
    seconds = between.sum("mcu_audio_ticks_total") * BLOCK_SECONDS
    if seconds <= 0:
        raise ProtocolError("metrics: the readings are equal")
    listeners = (earlier.sum("mcu_legs") + later.sum("mcu_legs")) / 2
    missed = between.sum("mcu_audio_ticks_missed_total")
    taken = between.sum("mcu_audio_ticks_total") - missed
    return Counted(
        seconds=seconds,
        packets_received=between.sum("mcu_datagrams_total", what="received") / seconds,
        packets_sent=between.sum("mcu_datagrams_total", what="sent") / seconds,
        audio_sent=listeners * taken / seconds,
        audio_ticks_missed=round(missed),
        audio_ticks_made_up=round(between.sum("mcu_audio_ticks_made_up_total")),
        video_ticks=round(between.sum("mcu_video_ticks_total")),
        video_ticks_missed=round(between.sum("mcu_video_ticks_missed_total")),
        audio_cpu=between.sum("mcu_audio_cpu_seconds_total") / seconds,
        audio_busy=between.sum("mcu_audio_busy_seconds_total") / seconds,
        video_busy=between.sum("mcu_video_busy_seconds_total") / seconds,
        frames_decoded=between.sum("mcu_video_frames_decoded_total") / seconds,
        frames_dropped=round(between.sum("mcu_video_frames_dropped_total")),
        datagrams_dropped=round(sum(between.sum("mcu_datagrams_total", what=what) for what in DROPS)),
        loop_late=round(between.sum("mcu_loop_late_total")),
        failures=round(between.sum("mcu_failures_total")),
        shed=round(
            max(
                earlier.sum("mcu_shed_level"),
                later.sum("mcu_shed_level"),
                between.sum("mcu_shed_steps_total") > 0,
            )
        ),
    )
