"""The run as Prometheus sees it, at `--metrics-port`: requests by type, class and outcome, times, faults, people.

A scrape reads `Results` as they are; nothing is counted twice when locust's statistics are reset in its web page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from loadtests.report_flags import port_taken
from loadtests.results import Moment, Results

# Upper ends in seconds: from what nobody notices to what nobody bears.
BUCKETS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
GAUGES: Mapping[str, str] = {
    "users": "Users of locust now",
    "server_cores": "Processor time a second of the server, as it says",
    "server_bytes": "Memory of the server, as it says",
    "load_cores": "Processor time a second of the agents",
    "load_late": "Milliseconds that an agent woke too late, at most, lately",
}


class Exporter(Collector):
    """Collects from whatever `results` gives at the moment."""

    def __init__(self, results: Callable[[], Results | None]) -> None:
        self._results = results

    def collect(self) -> Iterator[Metric]:
        results = self._results()
        requests = CounterMetricFamily(
            "loadtest_requests", "Requests of the load test", labels=["type", "user", "outcome"]
        )
        faults = CounterMetricFamily("loadtest_faults", "Faults that checks found, by name", labels=["fault"])
        times = HistogramMetricFamily(
            "loadtest_request_seconds", "Times of requests that did not fail, and all delays", labels=["type"]
        )
        if results is not None:
            for (kind, name), count in results.counts.items():
                failed = results.fails[kind, name]
                requests.add_metric([kind, name, "good"], count - failed)
                requests.add_metric([kind, name, "failed"], failed)
            for fault, count in results.faults.items():
                faults.add_metric([fault], count)
            for kind, samples in results.samples.items():
                seconds = [sample.milliseconds / 1000 for sample in samples]
                buckets = [(str(end), float(sum(each <= end for each in seconds))) for end in BUCKETS]
                times.add_metric([kind], [*buckets, ("+Inf", float(len(seconds)))], sum(seconds))
            if results.moments:
                yield from _gauges(results.moments[-1])
        yield requests
        yield faults
        yield times


def _gauges(moment: Moment) -> Iterator[Metric]:
    for name, text in GAUGES.items():
        value = getattr(moment, name)
        if value is not None:
            yield GaugeMetricFamily(f"loadtest_{name}", text, value)


def export(port: int, results: Callable[[], Results | None]) -> Callable[[], None]:
    """Serve until what is returned is called. Raises ConfigurationError when the port is taken."""
    registry = CollectorRegistry()
    registry.register(Exporter(results))
    try:
        server, thread = start_http_server(port, registry=registry)
    except OSError as error:
        raise port_taken(port, error) from error

    def stop() -> None:
        server.shutdown()
        thread.join()

    return stop
