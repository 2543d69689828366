"""The doctor names each fault and what to do, and says so when there is none."""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec
import pytest

from mcu.cli import certificate, data_folder, doctor
from mcu.cli.findings import Verdict
from mcu.cli.running_server import Figures
from mcu.config import Config, Http, Https, Media, Server
from tests.support.server import free_port, running_server


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        server=Server(data_dir=str(tmp_path / "var")),
        http=Http(port=free_port()),
        https=Https(port=free_port()),
        media=Media(port=free_port()),
    )


def test_all_is_well_on_a_machine_that_runs_the_tests(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.run(config) == 0
    printed = capsys.readouterr().out
    assert "Nothing must be fixed." in printed
    for subject in ("UDP", "TCP", "certificate", "VP8 out", "H.264 in", "fonts", "CPU", "addresses", "SRTP"):
        assert subject in printed


def test_a_taken_port_is_named_with_the_variable_that_moves_it(config: Config) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as taken:
        taken.bind(("::", config.media.port))
        findings = {finding.subject: finding for finding in doctor.check_ports(config)}
    finding = findings[f"UDP {config.media.port}"]
    assert finding.verdict is Verdict.WARNING
    assert "MCU_MEDIA_PORT" in finding.advice


def test_ports_of_the_running_server_are_good(tmp_path: Path) -> None:
    with running_server(tmp_path / "var") as server:
        config = Config(
            http=Http(port=server.http_port), https=Https(port=server.https_port), media=Media(port=server.media_port)
        )
        findings = list(doctor.check_ports(config))
        assert len(findings) == 4
        assert {finding.verdict for finding in findings} == {Verdict.GOOD}
        assert all(finding.detail.startswith("the running server holds it, for ") for finding in findings)
        with socket.create_server(("127.0.0.1", 0)) as other:
            https = Https(host="127.0.0.1", port=other.getsockname()[1])
            _, finding, *_ = doctor.check_ports(msgspec.structs.replace(config, https=https))
    assert finding.verdict is Verdict.WARNING
    assert "the running server does not hold it" in finding.detail
    assert "MCU_HTTPS_PORT" in finding.advice


@pytest.mark.parametrize(("running", "said"), [(None, "no server with these settings"), ({}, "it does not tell")])
def test_a_taken_port_of_which_nobody_tells_is_to_be_looked_at(
    config: Config, monkeypatch: pytest.MonkeyPatch, running: Figures | None, said: str
) -> None:
    monkeypatch.setattr(doctor, "figures", lambda _: running)
    with socket.create_server(("127.0.0.1", config.https.port)):
        _, finding, *_ = doctor.check_ports(
            msgspec.structs.replace(config, https=Https(host="127.0.0.1", port=config.https.port))
        )
    assert finding.verdict is Verdict.WARNING
    assert said in finding.detail
    assert f"sport = :{config.https.port}" in finding.advice


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_plain_http_for_others_is_said_with_what_to_do(host: str) -> None:
    (finding,) = doctor.check_plain_http(Config(http=Http(host=host)))
    assert finding.verdict is Verdict.WARNING
    assert "localhost only" in finding.advice
    assert "MCU_HTTP_HOST to 127.0.0.1" in finding.advice


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_plain_http_for_this_machine_is_no_matter(host: str) -> None:
    assert list(doctor.check_plain_http(Config(http=Http(host=host)))) == []


def test_an_expired_certificate_must_be_fixed(config: Config, tmp_path: Path) -> None:
    import datetime

    pem, key = certificate.make([], datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=500))
    (tmp_path / "c.pem").write_bytes(pem)
    (tmp_path / "k.pem").write_bytes(key)
    https = Https(certificate=str(tmp_path / "c.pem"), key=str(tmp_path / "k.pem"))
    (finding,) = doctor.check_certificate(Config(https=https))
    assert finding.verdict is Verdict.BAD
    assert finding.advice


def test_a_missing_certificate_file_must_be_fixed() -> None:
    (finding,) = doctor.check_certificate(Config(https=Https(certificate="/absent.pem", key="/absent.key")))
    assert finding.verdict is Verdict.BAD


def test_names_of_sections_are_printed_whole(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    https = Https(port=config.https.port, certificate="/absent.pem", key="/absent.key")
    assert doctor.run(msgspec.structs.replace(config, https=https)) == 1
    assert "[https] certificate /absent.pem does not exist" in capsys.readouterr().out


def test_a_full_disk_must_be_fixed(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "free_bytes", lambda _: 0)
    (finding,) = doctor.check_data(config)
    assert finding.verdict is Verdict.BAD
    assert "Make room" in finding.advice


def test_an_address_of_another_machine_must_be_fixed(config: Config) -> None:
    http = Http(host="203.0.113.9", port=config.http.port)
    finding = next(iter(doctor.check_ports(msgspec.structs.replace(config, http=http))))
    assert finding.verdict is Verdict.BAD
    assert "address of this machine" in finding.advice


def test_every_finding_that_is_not_good_says_what_to_do(config: Config) -> None:
    for check in doctor.CHECKS:
        for finding in check(config):
            assert finding.verdict is not Verdict.BAD or finding.advice
