"""A self-signed certificate made at the first start, so that HTTPS works before an official one is there."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mcu.errors import ConfigurationError

VALID_DAYS = 397  # the longest that browsers accept (CA/Browser Forum baseline requirements, 6.3.2)
RENEW_DAYS = 14  # made anew at a start within this time of its end
BACKDATE = datetime.timedelta(hours=1)  # clocks in an office differ


def ensure(folder: Path, addresses: list[str]) -> tuple[Path, Path]:
    """(certificate, key) in `folder`, made when absent or nearly over. Raises ConfigurationError."""
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    now = datetime.datetime.now(datetime.UTC)
    there = certificate_path.exists() and key_path.exists()
    if there and expires(certificate_path) - now > datetime.timedelta(days=RENEW_DAYS):
        return certificate_path, key_path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = make(addresses, now)
        with open(key_path, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(key)
        certificate_path.write_bytes(certificate)
    except OSError as error:
        raise ConfigurationError(f"cannot write the certificate into {folder}: {error}") from error
    return certificate_path, key_path


def expires(path: Path) -> datetime.datetime:
    """When the certificate in `path` ends, UTC. Raises ConfigurationError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} is not a readable PEM certificate: {error}") from error


def make(addresses: list[str], now: datetime.datetime) -> tuple[bytes, bytes]:
    """PEM of a self-signed ECDSA P-256 certificate for this host's names and `addresses`, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    hostname = socket.gethostname()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    names: list[x509.GeneralName] = [x509.DNSName(hostname), x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(address.partition("%")[0])) for address in addresses]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
