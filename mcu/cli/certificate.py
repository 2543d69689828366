"""The certificate of HTTPS: whether the configured one can be used, and a self-signed one until there is one."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mcu.cli.faults import Fault, unreadable, user
from mcu.config import Https
from mcu.errors import ConfigurationError

VALID_DAYS = 397  # the longest that browsers accept (CA/Browser Forum baseline requirements, 6.3.2)
RENEW_DAYS = 14  # made anew at a start within this time of its end
CERTIFICATE, KEY = "certificate.pem", "key.pem"  # names in the folder of those made here
BACKDATE = datetime.timedelta(hours=1)  # clocks in an office differ


def ensure(folder: Path, addresses: list[str]) -> tuple[Path, Path]:
    """(certificate, key) in `folder`, made when absent or nearly over. Raises ConfigurationError."""
    certificate_path, key_path = folder / CERTIFICATE, folder / KEY
    now = datetime.datetime.now(datetime.UTC)
    try:
        there = certificate_path.exists() and key_path.exists()
    except OSError as error:
        raise unreadable(folder, error).error() from error
    if there:
        wrong = fault_of_own(folder)
        if wrong is not None:
            raise wrong.error()
        if expires(certificate_path) - now > datetime.timedelta(days=RENEW_DAYS):
            return certificate_path, key_path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = make(addresses, now)
        with open(key_path, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(key)
        certificate_path.write_bytes(certificate)
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: the certificate cannot be written there ({error.strerror or error}). "
            f"Let user {user()} write there, or choose another folder with MCU_SERVER_DATA_DIR."
        ) from error
    return certificate_path, key_path


def configured(https: Https) -> tuple[Path, Path] | None:
    """(certificate, key) of the configuration, None when it has neither. Raises ConfigurationError."""
    if not https.certificate and not https.key:
        return None
    wrong = fault(https)
    if wrong is not None:
        raise wrong.error()
    return Path(https.certificate), Path(https.key)


def fault(https: Https) -> Fault | None:
    """What is wrong with the configured certificate or its key; None when both can be used."""
    if not https.certificate or not https.key:
        absent, name = ("key", "MCU_HTTPS_KEY") if https.certificate else ("certificate", "MCU_HTTPS_CERTIFICATE")
        return Fault(f"[https] has no {absent}", f"Set {name} too, or neither of the two to have a certificate made.")
    return fault_of(Path(https.certificate), Path(https.key))


def fault_of(certificate: Path, key: Path) -> Fault | None:
    """What is wrong with these two files."""
    contents = []
    for path, setting in ((certificate, "certificate"), (key, "key")):
        try:
            contents.append(path.read_bytes())
        except FileNotFoundError:
            return Fault(
                f"[https] {setting} {path} does not exist",
                f"Correct MCU_HTTPS_{setting.upper()} or [https] {setting} in mcu.toml; "
                "with neither certificate nor key a self-signed one is made.",
            )
        except OSError as error:
            return unreadable(path, error)
    return _mismatch(certificate, key, *contents) or _unloadable(certificate, key)


def fault_of_own(folder: Path) -> Fault | None:
    """The same of the certificate that was made in `folder`."""
    wrong = fault_of(folder / CERTIFICATE, folder / KEY)
    if wrong is None or not (os.access(folder / CERTIFICATE, os.R_OK) and os.access(folder / KEY, os.R_OK)):
        return wrong
    return Fault(wrong.detail, f"Delete the folder {folder}: the next start makes it anew.")


def _mismatch(certificate: Path, key: Path, chain: bytes, secret: bytes) -> Fault | None:
    try:
        mine = x509.load_pem_x509_certificates(chain)[0].public_key()
    except ValueError:
        advice = "It has to begin with -----BEGIN CERTIFICATE-----. From DER: openssl x509 -inform der -in FILE."
        return Fault(f"[https] certificate {certificate} is no certificate in PEM", advice)
    try:
        theirs = serialization.load_pem_private_key(secret, None).public_key()
    except TypeError:
        return Fault(f"[https] key {key} has a passphrase", f"Take it off: openssl pkey -in {key} -out NEW.")
    except ValueError:
        return Fault(
            f"[https] key {key} is no private key in PEM", "Give the file that has -----BEGIN … PRIVATE KEY-----."
        )
    kind = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if mine.public_bytes(*kind) != theirs.public_bytes(*kind):
        return Fault(
            f"[https] key {key} does not belong to certificate {certificate}",
            "Give both files of one certificate; of a chain, the server's own certificate has to come first.",
        )
    return None


def _unloadable(certificate: Path, key: Path) -> Fault | None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "reason", None) or error
        return Fault(f"[https] certificate {certificate} is refused by OpenSSL: {reason}", "Have a new one issued.")
    return None


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
