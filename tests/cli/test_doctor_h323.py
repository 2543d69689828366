"""The doctor on rooms that speak H.323: ports, and the gatekeeper, with and without a server that runs."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from mcu.cli import doctor_h323
from mcu.cli.doctor_h323 import check_h323
from mcu.cli.findings import Finding, Verdict
from mcu.cli.running_server import figures
from mcu.config import H323, Api, Config, Http, Media
from mcu.gateway import gatekeeper_trouble
from mcu.h323.address import Address
from tests.h323.scripted_gatekeeper import ScriptedGatekeeper
from tests.support.server import free_port


@pytest.fixture
def config() -> Config:
    section = H323(host="127.0.0.1", port=free_port(), h245_port=0)
    return Config(http=Http(port=free_port()), media=Media(rtp_port=30_000), h323=section)


def changed(config: Config, **settings: object) -> Config:
    return msgspec.structs.replace(config, h323=msgspec.structs.replace(config.h323, **settings))


def found(config: Config) -> dict[str, Finding]:
    return {finding.subject.partition(" ")[0]: finding for finding in check_h323(config)}


@contextmanager
def running(config: Config, text: str, *, status: int = 200) -> Iterator[list[str]]:
    """A server that says this at /metrics; the keys that it was shown."""
    shown: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers.get("Authorization", ""))
            self.send_response(status if self.path == "/metrics" else 404)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with http.server.HTTPServer(("127.0.0.1", config.http.port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield shown
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def gatekeeper(scripted: ScriptedGatekeeper) -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        ours.settimeout(5)
        scripted.address = Address(*ours.getsockname())

        def answer() -> None:
            data, source = ours.recvfrom(4096)
            scripted.receive(data, Address(*source), time.time())
            for sent, to in scripted.outgoing:
                ours.sendto(sent, (to.ip, to.port))

        thread = threading.Thread(target=answer)
        thread.start()
        yield str(scripted.address)
        thread.join()


def metrics(*, listening: int = 1, state: str = "none") -> str:
    return (
        f"# TYPE mcu_h323_listening gauge\nmcu_h323_listening {listening}\n"
        f'# TYPE mcu_h323_gatekeeper_state gauge\nmcu_h323_gatekeeper_state{{state="{state}"}} 1.0\n'
    )


def test_all_is_well_with_free_ports(config: Config) -> None:
    assert {finding.verdict for finding in check_h323(config)} == {Verdict.GOOD}
    assert list(check_h323(changed(config, enabled=False))) == []


def test_wrong_networks_are_a_fault(config: Config) -> None:
    (finding,) = check_h323(changed(config, networks=("10.0.0.1/8",)))
    assert finding.verdict is Verdict.BAD


def test_a_port_that_another_program_holds_is_said_to_be_that(config: Config) -> None:
    with socket.create_server(("127.0.0.1", config.h323.port)):
        finding = found(config)["TCP"]
        assert finding.verdict is Verdict.WARNING
        assert "no server with these settings runs" in finding.detail
        assert f"ss -ltnp 'sport = :{config.h323.port}'" in finding.advice
        assert "MCU_H323_PORT" in finding.advice
        with running(config, metrics(listening=1)):
            assert found(config)["TCP"].verdict is Verdict.GOOD
        with running(config, metrics(listening=0)):
            finding = found(config)["TCP"]
        assert finding.verdict is Verdict.BAD
        assert "does not hold it" in finding.detail
        assert "ss -ltnp" in finding.advice
        with running(config, "", status=401):
            finding = found(config)["TCP"]
        assert finding.verdict is Verdict.WARNING
        assert "[api] key" in finding.advice


def test_a_server_is_asked_with_the_key_and_another_program_is_none(config: Config) -> None:
    config = msgspec.structs.replace(config, api=Api(key="the key"))
    assert figures(config) is None
    with running(config, metrics()) as shown:
        assert figures(config) == {("mcu_h323_listening", ()): 1, ("mcu_h323_gatekeeper_state", ("none",)): 1}
    assert shown == ["Bearer the key"]
    with running(config, "", status=401):
        assert figures(config) == {}
    for text, status in (("", 500), ("hello", 200), ("", 200)):
        with running(config, text, status=status):
            assert figures(config) is None


def test_ports_for_h245_that_are_taken_are_counted(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
        finding = list(check_h323(changed(config, h245_port=port, max_calls=1)))[1]
        assert finding.verdict is Verdict.BAD
        assert finding.detail.startswith("free for 0 of 1 rooms")
        assert "MCU_H323_H245_PORT" in finding.advice
    finding = list(check_h323(changed(config, h245_port=port, max_calls=1)))[1]
    assert finding.verdict is Verdict.GOOD


def test_ports_for_media_that_are_taken_are_counted(config: Config) -> None:
    config = msgspec.structs.replace(config, media=Media(rtp_port=30_100, rtp_ports=12))
    assert found(config)["UDP"].verdict is Verdict.GOOD
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        one.bind(("127.0.0.1", 30_101))
        finding = found(config)["UDP"]
        assert finding.verdict is Verdict.WARNING
        assert finding.detail.startswith("free for 1 of 2 rooms")
        assert "MCU_MEDIA_RTP_PORT" in finding.advice
        with running(config, metrics()):
            assert "UDP" not in found(config)  # what the server lends is taken, as it should be
        two.bind(("127.0.0.1", 30_102))
        config = msgspec.structs.replace(config, media=Media(rtp_port=30_100, rtp_ports=6))
        assert found(config)["UDP"].verdict is Verdict.BAD


@pytest.mark.parametrize(
    ("state", "verdict", "said"),
    [
        ("registered", Verdict.GOOD, "is registered with 192.0.2.1"),
        ("silent", Verdict.BAD, "does not answer"),
        ("unknown", Verdict.BAD, "name is not found"),
        ("password", Verdict.BAD, "refuses our password"),
        ("duplicate", Verdict.BAD, "our name or number"),
        ("seeking", Verdict.WARNING, "not registered"),
        ("none", Verdict.WARNING, "without a gatekeeper"),
    ],
)
def test_a_running_server_knows_of_its_gatekeeper(config: Config, state: str, verdict: Verdict, said: str) -> None:
    with running(config, metrics(state=state)):
        finding = found(changed(config, gatekeeper="192.0.2.1"))["gatekeeper"]
    assert finding.verdict is verdict
    assert said in finding.detail
    assert bool(finding.advice) == (verdict is not Verdict.GOOD)


def test_without_a_server_the_gatekeeper_is_asked(config: Config) -> None:
    scripted = ScriptedGatekeeper()
    with gatekeeper(scripted) as where:
        finding = found(changed(config, gatekeeper=where))["gatekeeper"]
    assert finding.verdict is Verdict.GOOD
    assert scripted.names() == ["gatekeeperRequest"]
    scripted.replies["gatekeeperRequest"] = lambda _: (
        "gatekeeperReject",
        {"protocolIdentifier": (0, 0, 8, 2250, 0, 4), "rejectReason": ("securityDenial", 0)},
    )
    with gatekeeper(scripted) as where:
        finding = found(changed(config, gatekeeper=where))["gatekeeper"]
    assert finding.verdict is Verdict.BAD
    assert finding.advice == gatekeeper_trouble.PASSWORD.advice


def test_a_gatekeeper_that_is_silent_closed_or_unknown_is_a_fault(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_h323, "ASK_SECONDS", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        assert "does not answer" in found(changed(config, gatekeeper=where))["gatekeeper"].detail
        assert silent.recv(4096)
    assert "does not answer" in found(changed(config, gatekeeper=where))["gatekeeper"].detail
    for name in ("no.such.invalid", "gk.example.org:many"):
        assert "name is not found" in found(changed(config, gatekeeper=name))["gatekeeper"].detail
