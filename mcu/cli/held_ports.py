"""The ports that the server holds, in Prometheus form: `mcu doctor` asks whether one that is taken is the server's."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mcu.cli.running_server import Figures
from mcu.config import Config

NAME = "mcu_port"


class HeldPorts(Collector):
    """Register it where /metrics is made, when the server listens."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def collect(self) -> Iterator[Metric]:
        config = self._config
        family = GaugeMetricFamily(NAME, "1 for each configured port that the server holds", labels=["port", "section"])
        media = range(config.media.port, config.media.port + config.processor.count)
        for section, ports in (("http", (config.http.port,)), ("https", (config.https.port,)), ("media", media)):
            for port in ports if ports[0] else ():
                family.add_metric([str(port), section], 1)
        yield family


def holds(running: Figures, section: str, port: int) -> bool | None:
    """Whether the server that says so holds the port; None when it says nothing of ports."""
    if not any(name == NAME for name, _ in running):
        return None
    return (NAME, (str(port), section)) in running  # labels come in the order of their names
