"""The first certificate: made once, private, and good enough for a browser to be told "go on"."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from mcu.cli import certificate
from mcu.errors import ConfigurationError

NOW = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)


def test_it_loads_and_names_the_addresses(tmp_path: Path) -> None:
    path, key = certificate.ensure(tmp_path / "tls", ["192.0.2.7", "2001:db8::7"])
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key)
    names = x509.load_pem_x509_certificate(path.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert {str(ip) for ip in names.value.get_values_for_type(x509.IPAddress)} == {"192.0.2.7", "2001:db8::7"}
    assert "localhost" in names.value.get_values_for_type(x509.DNSName)


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    _, key = certificate.ensure(tmp_path, [])
    assert key.stat().st_mode & 0o077 == 0


def test_a_second_start_keeps_it(tmp_path: Path) -> None:
    path, _ = certificate.ensure(tmp_path, [])
    first = path.read_bytes()
    assert certificate.ensure(tmp_path, [])[0].read_bytes() == first


def test_one_that_is_nearly_over_is_replaced(tmp_path: Path) -> None:
    old, key = certificate.make([], datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=390))
    (tmp_path / "certificate.pem").write_bytes(old)
    (tmp_path / "key.pem").write_bytes(key)
    path, _ = certificate.ensure(tmp_path, [])
    assert certificate.expires(path) - datetime.datetime.now(datetime.UTC) > datetime.timedelta(days=300)


def test_browsers_accept_its_length() -> None:
    pem, _ = certificate.make([], NOW)
    loaded = x509.load_pem_x509_certificate(pem)
    assert loaded.not_valid_after_utc - loaded.not_valid_before_utc <= datetime.timedelta(days=398)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.pem"
    path.write_text("nothing")
    with pytest.raises(ConfigurationError, match=r"broken\.pem"):
        certificate.expires(path)
