"""What a server of this configuration that runs on this machine says of itself, for `mcu doctor`."""

from __future__ import annotations

import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from mcu.cli.addresses import in_url
from mcu.config import Config

SECONDS = 3.0  # for an answer of this machine
OURS = (401, 403)  # what /metrics says to somebody without the key

Figures = dict[tuple[str, tuple[str, ...]], float]  # by name and values of labels


def figures(config: Config) -> Figures | None:
    """The figures of /metrics; empty when the server keeps them to itself, None when no server runs."""
    if not config.http.port:
        return None
    host = "127.0.0.1" if config.http.host in ("", "0.0.0.0", "::") else config.http.host
    request = urllib.request.Request(f"http://{in_url(host)}:{config.http.port}/metrics")
    if config.api.key:
        request.add_header("Authorization", f"Bearer {config.api.key}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
    except urllib.error.HTTPError as error:
        return {} if error.code in OURS else None
    except (OSError, ValueError):
        return None
    found: Figures = {
        (sample.name, tuple(sample.labels.values())): sample.value for family in families for sample in family.samples
    }
    return found if any(name.startswith("mcu_") for name, _ in found) else None
