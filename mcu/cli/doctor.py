"""`mcu doctor`: looks at everything an installation needs, and says in a plain sentence what to do about each fault."""

from __future__ import annotations

import datetime
import errno
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import mcu
from mcu.cli import certificate, data_folder, held_ports
from mcu.cli.addresses import OPEN_HTTP_ADVICE, bind_error, is_loopback, local_addresses, port_advice
from mcu.cli.doctor_h323 import check_h323
from mcu.cli.findings import Finding, Verdict
from mcu.cli.running_server import Figures, figures
from mcu.config import Config
from mcu.errors import ConfigurationError
from mcu.webrtc.sockets import advertised

WANTED_DISK_BYTES = 1 << 30
WANTED_FILES = 1_024  # a full MP has a few hundred connections over TCP
WANTED_RECEIVE_BUFFER = 1 << 20  # bytes; 30 senders' keyframes arriving within one tick of a busy machine
FONT = "NotoSansCJK"


def run(config: Config) -> int:
    """Print all findings; 0 when nothing must be fixed, else 1."""
    findings = [finding for check in CHECKS for finding in check(config)]
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for finding in findings:
        text = escape(finding.detail) + (f"\n[bold]→ {escape(finding.advice)}[/]" if finding.advice else "")
        table.add_row(finding.verdict.value, finding.subject, text)
    console = Console(highlight=False)
    console.print(table)
    bad = sum(finding.verdict is Verdict.BAD for finding in findings)
    doubts = sum(finding.verdict is Verdict.WARNING for finding in findings)
    beside = f" [yellow]{doubts} to look at.[/]" if doubts else ""
    console.print(("\n[green]Nothing must be fixed.[/]" if not bad else f"\n[red]{bad} to fix.[/]") + beside)
    return 1 if bad else 0


def check_ports(config: Config) -> Iterable[Finding]:
    wanted = [
        ("http", config.http.host, config.http.port, socket.SOCK_STREAM, "web page on this machine"),
        ("https", config.https.host, config.https.port, socket.SOCK_STREAM, "web page for others"),
        ("media", config.media.host, config.media.port, socket.SOCK_DGRAM, "sound and pictures"),
        ("media", config.media.host, config.media.port, socket.SOCK_STREAM, "sound and pictures where UDP is blocked"),
    ]
    running: Figures | None = None
    asked = False
    for section, host, port, kind, purpose in wanted:
        name = f"{'UDP' if kind is socket.SOCK_DGRAM else 'TCP'} {port}"
        error = bind_error(host, port, kind) if port else None
        if error is None:
            yield Finding(name, Verdict.GOOD, f"free, for {purpose}")
        elif error.errno == errno.EADDRINUSE:
            if not asked:
                running, asked = figures(config), True
            yield _taken(name, section, port, running, purpose)
        else:
            detail = f"cannot be used on {host} ({error.strerror or error}), for {purpose}"
            yield Finding(name, Verdict.BAD, detail, port_advice(section, error))


def _taken(name: str, section: str, port: int, running: Figures | None, purpose: str) -> Finding:
    """A port that something holds: well, if that is the server that runs."""
    held = held_ports.holds(running, section, port) if running else None
    if held or (running is not None and section == "http"):  # there it answered
        return Finding(name, Verdict.GOOD, f"the running server holds it, for {purpose}")
    detail = f"not free, for {purpose}"
    which = f"sudo ss -lntup 'sport = :{port}' says which program holds it."
    free = f"set MCU_{section.upper()}_PORT to a free port."
    if running is None:
        return Finding(
            name, Verdict.WARNING, f"{detail}; no server with these settings runs", f"{which} Stop it, or {free}"
        )
    if held is None:
        return Finding(
            name,
            Verdict.WARNING,
            f"{detail}; whether the running server holds it, it does not tell",
            f"{which} With [api] key in the configuration, mcu doctor asks the server.",
        )
    return Finding(
        name, Verdict.WARNING, f"{detail}; the running server does not hold it", f"{which} Stop it, or {free}"
    )


def check_plain_http(config: Config) -> Iterable[Finding]:
    if not is_loopback(config.http.host):
        yield Finding(
            "plain HTTP",
            Verdict.WARNING,
            f"open to the network on {config.http.host}, not to this machine alone",
            OPEN_HTTP_ADVICE,
        )


def check_addresses(config: Config) -> Iterable[Finding]:
    try:
        advertised(config.media.host, config.media.advertise)
    except ConfigurationError as error:
        yield Finding("addresses", Verdict.BAD, str(error), "List IP addresses, not names, in MCU_MEDIA_ADVERTISE.")
        return
    found = list(config.media.advertise) or local_addresses(loopback=False)
    if found:
        yield Finding("addresses", Verdict.GOOD, f"browsers are told {', '.join(found)}")
    else:
        yield Finding(
            "addresses",
            Verdict.WARNING,
            "this machine has no address but loopback",
            "Only browsers on this machine can join. Connect a network, or set MCU_MEDIA_ADVERTISE behind NAT.",
        )


def check_certificate(config: Config) -> Iterable[Finding]:
    folder = Path(config.server.data_dir) / "tls"
    path = Path(config.https.certificate or folder / certificate.CERTIFICATE)
    own = not config.https.certificate and not config.https.key
    try:
        if own and not path.exists():
            yield Finding("certificate", Verdict.GOOD, "none yet; a self-signed one is made at the first start")
            return
        wrong = certificate.fault_of_own(folder) if own else certificate.fault(config.https)
        if wrong is not None:
            yield Finding("certificate", Verdict.BAD, wrong.detail, wrong.advice)
            return
        ends = certificate.expires(path)
    except OSError as error:
        yield Finding("certificate", Verdict.BAD, str(error), "Run mcu doctor as the user that runs the server.")
        return
    days = (ends - datetime.datetime.now(datetime.UTC)).days
    if days < certificate.RENEW_DAYS and config.https.certificate:
        yield Finding("certificate", Verdict.BAD, f"{path} ends in {days} days", "Renew it and restart the server.")
    elif not config.https.certificate:
        yield Finding(
            "certificate",
            Verdict.WARNING,
            f"self-signed, valid {days} days: browsers of others show a warning",
            "For production set MCU_HTTPS_CERTIFICATE and MCU_HTTPS_KEY (docs/operations.md).",
        )
    else:
        yield Finding("certificate", Verdict.GOOD, f"{path} is valid for {days} days")


def check_codecs(_config: Config) -> Iterable[Finding]:
    import av
    import av.codec

    wanted: tuple[tuple[str, Literal["r", "w"], str], ...] = (
        ("vp8", "r", "VP8 in"),
        ("libx264", "w", "H.264 out"),
        ("h264", "r", "H.264 in"),
    )
    for name, mode, purpose in wanted:
        try:
            av.codec.Codec(name, mode)
        except av.codec.codec.UnknownCodecError:
            yield Finding(purpose, Verdict.BAD, f"this build of PyAV lacks {name}", "Reinstall with: make clean setup")
        else:
            yield Finding(purpose, Verdict.GOOD, name)


def check_native(_config: Config) -> Iterable[Finding]:
    try:
        from mcu._native import avcodec, opus, packets, planes, samples, vpx
    except ImportError as error:
        yield Finding("extensions", Verdict.BAD, f"not compiled: {error}", "Run: make setup")
        return
    names = ", ".join(module.__name__.rpartition(".")[2] for module in (avcodec, opus, packets, planes, samples, vpx))
    yield Finding("extensions", Verdict.GOOD, f"{names}; {opus.VERSION}")
    if mcu.SOURCES_RUN_BECAUSE:
        yield Finding(
            "packet path",
            Verdict.WARNING,
            f"runs from its sources, at twice the CPU: {mcu.SOURCES_RUN_BECAUSE}",
            "Run: make setup",
        )
    if avcodec.UNUSABLE_BECAUSE:
        yield Finding(
            "decoding",
            Verdict.WARNING,
            f"VP8 goes through PyAV {avcodec.PYAV}, which takes a tenth more: {avcodec.UNUSABLE_BECAUSE}",
            "Install the version of av that pyproject.toml names",
        )
    yield Finding("VP8 out", Verdict.GOOD, f"libvpx {vpx.VERSION}")
    yield Finding("SRTP", Verdict.GOOD, ", ".join(packets.PROFILES))


def check_fonts(_config: Config) -> Iterable[Finding]:
    listing = ""
    if shutil.which("fc-list"):
        listing = subprocess.run(["fc-list"], capture_output=True, text=True, check=False, timeout=20).stdout
    folders = [Path("/usr/share/fonts"), Path.home() / ".local/share/fonts"]
    on_disk = any(path for folder in folders if folder.exists() for path in folder.rglob(f"{FONT}*"))
    if on_disk or FONT in listing:
        yield Finding("fonts", Verdict.GOOD, "Noto Sans CJK for Korean names in the picture")
    else:
        yield Finding(
            "fonts",
            Verdict.BAD,
            "no Noto Sans CJK: names in the picture would be boxes",
            "Run: apt-get install fonts-noto-cjk",
        )


def check_cpu(_config: Config) -> Iterable[Finding]:
    flags = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")), "")
    cores = len(os.sched_getaffinity(0))
    has_avx2 = " avx2" in flags
    scaling = "AVX2" if has_avx2 else "no AVX2: scaling runs slower"
    detail = f"{cores} cores, {scaling}, {'AES' if ' aes' in flags else 'no AES: encryption runs slower'}"
    if cores < 2:
        yield Finding(
            "CPU", Verdict.WARNING, detail, "Give the machine a second core: pictures and packets work side by side."
        )
    else:
        yield Finding("CPU", Verdict.GOOD if has_avx2 else Verdict.WARNING, detail)


def check_limits(config: Config) -> Iterable[Finding]:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < WANTED_FILES:
        yield Finding("open files", Verdict.WARNING, f"at most {soft}", f"Run: ulimit -n {WANTED_FILES}")
    else:
        yield Finding("open files", Verdict.GOOD, f"at most {soft}")
    limit = int(Path("/proc/sys/net/core/rmem_max").read_text())
    if limit < WANTED_RECEIVE_BUFFER:
        yield Finding(
            "UDP buffer",
            Verdict.WARNING,
            f"at most {limit} bytes",
            f"Run as root: sysctl -w net.core.rmem_max={WANTED_RECEIVE_BUFFER * 4}",
        )
    else:
        yield Finding("UDP buffer", Verdict.GOOD, f"at most {limit} bytes")


def check_data(config: Config) -> Iterable[Finding]:
    folder = Path(config.server.data_dir)
    wrong = data_folder.fault(folder)
    if wrong is not None:
        yield Finding("data", Verdict.BAD, wrong.detail, wrong.advice)
        return
    free = data_folder.free_bytes(folder)
    if free < WANTED_DISK_BYTES:
        yield Finding("data", Verdict.WARNING, f"{free >> 20} MiB free for {folder}", data_folder.MAKE_ROOM)
    else:
        yield Finding("data", Verdict.GOOD, f"{folder}, {free >> 30} GiB free")


CHECKS: tuple[Callable[[Config], Iterable[Finding]], ...] = (
    check_ports,
    check_h323,
    check_plain_http,
    check_addresses,
    check_certificate,
    check_native,
    check_codecs,
    check_fonts,
    check_cpu,
    check_limits,
    check_data,
)
