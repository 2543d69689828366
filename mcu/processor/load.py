"""What an MP tells the MC of itself: CPU, memory, ticks, and every counter, by Prometheus name."""

from __future__ import annotations

import asyncio
import os
import resource
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mcu import control

if TYPE_CHECKING:
    from mcu.processor.mp import MultipointProcessor

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def report(mp: MultipointProcessor) -> control.Load:
    """A snapshot; cheap enough for every two seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return control.Load(
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        rss_bytes=_resident_bytes(),
        strain=mp.measure_strain(),
        bridges=tuple(
            control.BridgeLoad(
                conference=bridge.conference,
                legs=len(bridge.members),
                encoders=bridge.video.encoders + bridge.content.encoders,
                ticks=bridge.video.ticks.index,
                ticks_missed=bridge.video.ticks.missed,
            )
            for bridge in mp.bridges.values()
        ),
        counters=dict(_counters(mp)),
    )


def _counters(mp: MultipointProcessor) -> Iterable[tuple[str, float]]:
    yield "mcu_tasks", len(asyncio.all_tasks())
    yield from mp.loop_counters.by_name().items()
    yield "mcu_threads", threading.active_count()
    yield "mcu_descriptors", len(os.listdir("/proc/self/fd")) - 1  # without the one that lists them
    yield "mcu_bridges", len(mp.bridges)
    yield "mcu_legs", sum(len(bridge.members) for bridge in mp.bridges.values())
    yield "mcu_line_checks", len(mp.line_checks)
    yield "mcu_line_checks_total", mp.line_checks.begun
    yield "mcu_line_checks_connected_total", mp.line_checks.connected
    yield "mcu_line_checks_refused_total", mp.line_checks.refused
    yield "mcu_audio_ticks_total", mp.ticks.index
    yield "mcu_audio_ticks_missed_total", mp.ticks.missed
    yield "mcu_audio_ticks_made_up_total", mp.ticks.made_up
    yield "mcu_shed_level", mp.relief.overload.level
    yield "mcu_shed_steps_total", mp.relief.overload.sheds
    yield "mcu_audio_busy_seconds_total", mp.audio_busy_seconds
    yield "mcu_audio_cpu_seconds_total", mp.audio_cpu_seconds
    yield "mcu_audio_encoders", sum(bridge.sound.encoders for bridge in mp.bridges.values())
    yield "mcu_video_encoders", sum(bridge.video.encoders for bridge in mp.bridges.values())
    yield "mcu_content_encoders", sum(bridge.content.encoders for bridge in mp.bridges.values())
    yield "mcu_content_receivers", sum(bridge.presenting.receivers for bridge in mp.bridges.values())
    yield from mp.totals.read(mp.bridges.values()).items()
    yield 'mcu_failures_total{where="audio"}', mp.failures
    yield 'mcu_failures_total{where="decoder"}', mp.decoders.failures
    for reason, count in mp.endpoint.counters.items():
        yield f'mcu_datagrams_total{{what="{reason}"}}', count
    for reason, count in mp.rtp.counters.items():
        yield f'mcu_rtp_datagrams_total{{what="{reason}"}}', count


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE_BYTES
