"""Counters of the MC, and those that the MPs report, in Prometheus form."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mcu.loop_watch import LoopCounters

if TYPE_CHECKING:
    from mcu.controller.registry import Registry
    from mcu.limits import Connections

_COUNTER = re.compile(r"^(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})?$")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """The counters that signaling itself keeps, and the page that shows all."""

    def __init__(self, registry: Registry, connections: Connections, loop: LoopCounters) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # creation times beside counters are noise
        self._registry = CollectorRegistry()
        self.received = self._counter("received_messages", "Messages that browsers sent")
        self.sent = self._counter("sent_messages", "Messages sent to browsers")
        self.too_fast = self._counter("too_fast_messages", "Messages dropped because they came too fast")
        self.failures = self._counter("connection_failures", "Connections closed because of a bug of this server")
        self.slow_consumers = self._counter("slow_consumers", "Connections closed because the peer did not read")
        self.line_checks = self._counter("line_checks", "Checks of a line that were answered before joining")
        self.checked_bytes = Counter(
            "mcu_signaling_checked_bytes", "Bytes of such checks", ["direction"], registry=self._registry
        )
        self.refused = Counter("mcu_signaling_refused", "Requests refused, by code", ["code"], registry=self._registry)
        self._registry.register(_Server(registry, connections, loop))
        ProcessCollector(namespace="mcu_controller", registry=self._registry)  # CPU time, memory, descriptors of the MC

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"mcu_signaling_{name}", text, registry=self._registry)

    def add(self, collector: Collector) -> None:
        """Show the figures of another part of the MC as well."""
        self._registry.register(collector)

    def exposition(self) -> bytes:
        """The text exposition format 0.0.4."""
        return generate_latest(self._registry)


class _Server(Collector):
    """What is read at the moment of asking: conferences, connections, and the load of each MP."""

    def __init__(self, registry: Registry, connections: Connections, loop: LoopCounters) -> None:
        self._server = registry
        self._loop = loop
        self._connections = connections

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("mcu_signaling_tasks", "Tasks of the MC's event loop", len(asyncio.all_tasks()))
        yield GaugeMetricFamily("mcu_conferences", "Conferences with people in them", self._server.live_conferences)
        failures = self._server.failures
        yield CounterMetricFamily("mcu_controller_failures", "Bugs caught in the MC's background work", failures)
        yield GaugeMetricFamily("mcu_signaling_connections", "Open WebSockets", self._connections.count)
        yield GaugeMetricFamily("mcu_processors_ready", "Media processors ready", self._server.pool.ready_count)
        loads = sorted(self._server.pool.loads.items())
        families: dict[str, Metric] = {}
        for key, value in self._loop.by_name().items():
            _add(families, key, value, processor="controller")
        cpu = CounterMetricFamily("mcu_processor_cpu_seconds", "CPU time of each MP", labels=["processor"])
        memory = GaugeMetricFamily("mcu_processor_rss_bytes", "Memory of each MP", labels=["processor"])
        strain = GaugeMetricFamily("mcu_processor_strain", "Use of each MP's busiest thread", labels=["processor"])
        for index, load in loads:
            cpu.add_metric([str(index)], load.cpu_seconds)
            memory.add_metric([str(index)], load.rss_bytes)
            for key, value in load.counters.items():
                _add(families, key, value, processor=str(index))
            strain.add_metric([str(index)], load.strain)
        yield strain
        yield cpu
        yield memory
        yield from families.values()


def _add(families: dict[str, Metric], key: str, value: float, *, processor: str) -> None:
    """Add an MP's `name{label="value"}`, a counter when it ends in _total; what Prometheus cannot take is left out."""
    match = _COUNTER.match(key)
    if match is None:
        return
    name = match["name"]
    labels = dict(_LABEL.findall(match["labels"] or "")) | {"processor": processor}
    kind = "counter" if name.endswith("_total") else "gauge"
    family = families.setdefault(name, Metric(name.removesuffix("_total"), "Reported by the MP", kind))
    family.add_sample(name, labels, value)
