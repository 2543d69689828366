"""Rows as a bench would find them."""

from __future__ import annotations

import msgspec

from mcu.bench.compare import Comparison
from mcu.bench.machine import Machine
from mcu.bench.rows import ContenderRow, ServerRow
from mcu.bench.workload import Workload

HERE = Machine(
    cpu="A processor",
    cores=2,
    memory_gb=16.0,
    kernel="6.1",
    python="3.11",
    mcu="0.1",
    commit="abc",
    versions={},
    measured="2026-01-01T00:00:00+00:00",
    others=0.1,
    stolen=0.02,
)
SERVER = ServerRow(
    rate=0.3,
    user=0.25,
    seconds=10.0,
    rss_mb=240.0,
    threads={"main": 0.1, "compose": 0.15, "mc": 0.01},
    packets_received=2600.0,
    packets_sent=6300.0,
    packet_us=6.0,
    packet_at_most_us=9.0,
    ticks=250,
    video_missed=0,
    audio_missed=0,
    audio_encoders=5,
    video_encoders=1,
    frames_dropped=0,
    datagrams_dropped=0,
    loop_late=0,
    load_cpu=0.2,
    invalid="",
)


def server(rate: float = 0.3, *, invalid: str = "", missed: int = 0) -> ServerRow:
    return msgspec.structs.replace(SERVER, rate=rate, invalid=invalid, video_missed=missed)


def contender(rate: float, *, missed: int = 0) -> ContenderRow:
    return ContenderRow(rate=rate, seconds=10.0, participants=30, ticks=250 - missed, ticks_missed=missed)


def comparison(servers: list[ServerRow], **others: list[ContenderRow]) -> Comparison:
    return Comparison(workload=Workload(), server=servers, contenders=others, absent={})
