"""What Prometheus reads of a run, over a real socket."""

from __future__ import annotations

import socket
import urllib.request

import pytest

from loadtests.exporter import export
from loadtests.results import Moment, Results, Sample
from mcu.errors import ConfigurationError


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])


def test_requests_times_faults_and_people() -> None:
    results = Results(began=0.0)
    results.add(Sample(1.0, "join", "Chair", value) for value in (90.0, 450.0, 30_000.0))
    results.add([Sample(1.0, "join", "Chair", 0.0, "refused")])
    results.faults["tile black"] = 2
    results.look(Moment(at=1.0, users=12, server_cores=0.7))
    port = free_port()
    stop = export(port, lambda: results)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    finally:
        stop()
    for line in (
        'loadtest_requests_total{outcome="good",type="join",user="Chair"} 3.0',
        'loadtest_requests_total{outcome="failed",type="join",user="Chair"} 1.0',
        'loadtest_request_seconds_bucket{le="0.1",type="join"} 1.0',
        'loadtest_request_seconds_bucket{le="0.6",type="join"} 2.0',
        'loadtest_request_seconds_bucket{le="+Inf",type="join"} 3.0',
        'loadtest_faults_total{fault="tile black"} 2.0',
        "loadtest_users 12.0",
        "loadtest_server_cores 0.7",
    ):
        assert line in text, text


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        with pytest.raises(ConfigurationError, match="Choose another"):
            export(taken.getsockname()[1], lambda: None)
