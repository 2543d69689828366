"""The values that a bench keeps: one row for each stretch, and what several of them say together."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec

from mcu.bench.contender import Result
from mcu.bench.stretch import ServerStretch
from mcu.bench.workload import Workload

MISSED_LIMIT = 0.01  # of the ticks: a contender that misses more did not do the work


class ServerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of the server."""

    rate: float  # CPU seconds a second, MC and MPs
    user: float  # the part of it that is not the kernel's
    seconds: float
    rss_mb: float
    threads: dict[str, float]  # CPU seconds a second
    packets_received: float  # a second
    packets_sent: float
    packet_us: float | None  # the network path, see `packet_cost`
    packet_at_most_us: float | None
    ticks: int  # of the composite
    video_missed: int
    audio_missed: int
    audio_encoders: int
    video_encoders: int
    frames_dropped: int  # pictures of participants that were not decoded
    datagrams_dropped: int
    loop_late: int  # turns of an event loop that came over 50 ms late
    load_cpu: float  # CPU seconds a second of the load's process
    invalid: str  # why the load was not what it should have been, "" when it was
    audio_made_up: int | None = None  # ticks that came late and lost nothing; None: not counted by an earlier version
    asked: dict[str, int] = {}  # how many senders the server asked for how much: "256×144", "nothing"


class ContenderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a contender."""

    rate: float
    seconds: float
    participants: int
    ticks: int
    ticks_missed: int
    note: str = ""

    @property
    def kept_up(self) -> bool:
        return self.ticks_missed <= MISSED_LIMIT * max(1, self.ticks + self.ticks_missed)


class Spread(msgspec.Struct, frozen=True):
    """Several runs as one figure."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Raises statistics.StatisticsError for nothing."""
        return cls(statistics.median(values), min(values), max(values))


def server_row(stretch: ServerStretch) -> ServerRow:
    """What is kept of a stretch."""
    between, packet = stretch.counted, stretch.packet
    return ServerRow(
        rate=stretch.rate,
        user=stretch.user_seconds / stretch.seconds,
        seconds=stretch.seconds,
        rss_mb=stretch.rss_bytes / 1e6,
        threads=dict(stretch.threads),
        packets_received=between.packets_received,
        packets_sent=between.packets_sent,
        packet_us=packet.network if packet else None,
        packet_at_most_us=packet.at_most if packet else None,
        ticks=between.video_ticks,
        video_missed=between.video_ticks_missed,
        audio_missed=between.audio_ticks_missed,
        audio_made_up=between.audio_ticks_made_up,
        audio_encoders=stretch.audio_encoders,
        video_encoders=stretch.video_encoders,
        frames_dropped=between.frames_dropped,
        datagrams_dropped=between.datagrams_dropped,
        loop_late=between.loop_late,
        load_cpu=stretch.load.cpu_seconds / stretch.load.seconds,
        invalid=stretch.invalid,
        asked=stretch.load.asked,
    )


def asked_text(rows: Sequence[ServerRow], workload: Workload) -> str:
    """What the last of them says that was asked for; "" where nobody was asked."""
    asked = rows[-1].asked if rows else {}
    if not asked:
        return ""
    sizes = ", ".join(f"{size} ({count})" if len(asked) > 1 else size for size, count in sorted(asked.items()))
    sent = f"sent {workload.width}×{workload.height}"
    return f"asked for {sizes}" + ("" if workload.obedient else f", {sent} all the same")


def contender_row(result: Result) -> ContenderRow:
    """Likewise."""
    return ContenderRow(
        rate=result.cpu_seconds / result.seconds,
        seconds=result.seconds,
        participants=result.participants,
        ticks=result.ticks,
        ticks_missed=result.ticks_missed,
        note=result.note,
    )


def ratio(servers: Sequence[ServerRow], others: Sequence[ContenderRow]) -> Spread | None:
    """The server by the other, run by run. Runs whose load was not what it should have been are left out when any
    other is there; None without runs."""
    pairs = [(server, other) for server, other in zip(servers, others, strict=False) if other.rate > 0]
    good = [pair for pair in pairs if not pair[0].invalid] or pairs
    return Spread.of([server.rate / other.rate for server, other in good]) if good else None


def left_work_out(rows: Sequence[ContenderRow]) -> bool:
    """Whether a contender did not keep up: its CPU is too low, and a ratio to it too high."""
    return not all(row.kept_up for row in rows)


def valid(rows: Sequence[ServerRow]) -> Sequence[ServerRow]:
    """Those with the load that they should have had; all when there is none."""
    return [row for row in rows if not row.invalid] or rows
