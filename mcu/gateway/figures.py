"""The gateway's counters in Prometheus form, read at the moment of asking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mcu.gateway.gateway import Gateway
from mcu.gateway.surroundings import RoomState


class Figures(Collector):
    """Register it where /metrics is made."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def collect(self) -> Iterator[Metric]:
        gateway = self._gateway
        calls = GaugeMetricFamily("mcu_h323_calls", "Calls of rooms now, by state", labels=["state"])
        states = Counter(room.state for room in gateway.calls)
        for state in RoomState:
            if state is not RoomState.ENDED:
                calls.add_metric([state.value], states[state])
        yield calls
        ended = CounterMetricFamily("mcu_h323_calls_ended", "Calls that are over, by reason", labels=["reason"])
        for reason, count in sorted(gateway.ended.items()):
            ended.add_metric([reason], count)
        yield ended
        refused = CounterMetricFamily(
            "mcu_h323_connections_refused", "Calls cut off before anything was read, by reason", labels=["reason"]
        )
        for reason, count in sorted(gateway.callers.refused.items()):
            refused.add_metric([reason], count)
        yield refused
        yield CounterMetricFamily("mcu_h323_call_failures", "Calls ended by a bug of this server", gateway.failures)
        yield GaugeMetricFamily("mcu_h323_listening", "1 while calls can come in", int(gateway.port != 0))
        standing = GaugeMetricFamily(
            "mcu_h323_gatekeeper_state", "1 for how it stands with the gatekeeper", labels=["state"]
        )
        standing.add_metric([gateway.admission.state], 1)
        yield standing
        registered = gateway.admission.registered is not None
        yield GaugeMetricFamily("mcu_h323_gatekeeper_registered", "1 while registered with one", int(registered))
        failures = gateway.admission.failures
        yield CounterMetricFamily("mcu_h323_gatekeeper_failures", "Bugs caught in what the gatekeeper says", failures)
