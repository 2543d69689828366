"""The first certificate: made once, private, and good enough for a browser to be told "go on"."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from mcu.cli import certificate
from mcu.config import Https
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


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A configured certificate and its key."""
    pem, key = certificate.make([], datetime.datetime.now(datetime.UTC))
    (tmp_path / "c.pem").write_bytes(pem)
    (tmp_path / "k.pem").write_bytes(key)
    return tmp_path / "c.pem", tmp_path / "k.pem"


def https(pair: tuple[Path, Path]) -> Https:
    return Https(certificate=str(pair[0]), key=str(pair[1]))


def test_a_configured_pair_is_taken(pair: tuple[Path, Path]) -> None:
    assert certificate.configured(https(pair)) == pair
    assert certificate.configured(Https()) is None


def test_what_is_configured_in_part_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Set MCU_HTTPS_KEY too"):
        certificate.configured(Https(certificate="c.pem"))
    with pytest.raises(ConfigurationError, match="Set MCU_HTTPS_CERTIFICATE too"):
        certificate.configured(Https(key="k.pem"))


@pytest.mark.parametrize("index", [0, 1])
def test_a_file_that_is_not_there_is_named_with_its_setting(pair: tuple[Path, Path], index: int) -> None:
    pair[index].unlink()
    with pytest.raises(ConfigurationError) as caught:
        certificate.configured(https(pair))
    assert f"{pair[index]} does not exist" in str(caught.value)
    assert ("MCU_HTTPS_CERTIFICATE", "MCU_HTTPS_KEY")[index] in str(caught.value)


@pytest.mark.parametrize(("index", "sentence"), [(0, "no certificate in PEM"), (1, "no private key in PEM")])
def test_garbage_is_named(pair: tuple[Path, Path], index: int, sentence: str) -> None:
    pair[index].write_text("garbage")
    with pytest.raises(ConfigurationError, match=sentence):
        certificate.configured(https(pair))


def test_a_key_of_another_certificate_is_refused(pair: tuple[Path, Path]) -> None:
    pair[1].write_bytes(certificate.make([], NOW)[1])
    with pytest.raises(ConfigurationError, match="does not belong to certificate"):
        certificate.configured(https(pair))


def test_a_passphrase_is_not_asked_for(pair: tuple[Path, Path]) -> None:
    key = serialization.load_pem_private_key(pair[1].read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"secret")
    pair[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret))
    with pytest.raises(ConfigurationError, match="has a passphrase"):
        certificate.configured(https(pair))


def test_a_folder_as_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        certificate.configured(Https(certificate=str(tmp_path), key=str(tmp_path)))


def test_a_damaged_one_of_our_own_is_to_be_deleted(tmp_path: Path) -> None:
    path, _ = certificate.ensure(tmp_path / "tls", [])
    path.write_text("cut sh")
    with pytest.raises(ConfigurationError, match=r"Delete the folder .*tls: the next start makes it anew"):
        certificate.ensure(tmp_path / "tls", [])
