"""What `mcu doctor` looks at for rooms that speak H.323: the ports, and the gatekeeper.

Rules:
1. A server that runs is asked by /metrics: only it knows whether it holds its port and is registered.
2. Where none runs, ports are tried, and the gatekeeper is asked whether it is there (GRQ), which registers nothing.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

from mcu.cli.addresses import bind_error
from mcu.cli.findings import Finding, Verdict
from mcu.cli.running_server import Figures, figures
from mcu.config import H323, Config
from mcu.errors import ConfigurationError, ProtocolError
from mcu.gateway import gatekeeper_trouble
from mcu.gateway.callers import Callers
from mcu.gateway.tcp import local_address_towards
from mcu.h323 import asn1, ras_messages, ras_requests
from mcu.h323.address import Address
from mcu.h323.address import parse as parse_address
from mcu.h323.aliases import guess
from mcu.h323.ras_settings import RAS_PORT, RasSettings
from mcu.h323.ras_tokens import Tokens

CALL_PAIRS = 3  # pairs of UDP ports for one room: sound, picture, content
ASK_SECONDS = 3.0  # for GCF or GRJ, and once more
PORTS = 1 << 16


def check_h323(config: Config) -> Iterable[Finding]:
    if not config.h323.enabled:
        return
    try:
        Callers(config.h323.networks, most=config.h323.max_calls)
    except ConfigurationError as error:
        yield Finding("H.323", Verdict.BAD, str(error), "Write networks as in 192.168.0.0/16, without host bits.")
        return
    running = figures(config)
    yield _signaling(config.h323, running)
    if running is None:
        yield from _control_ports(config.h323)
        yield _media_ports(config)
    if config.h323.gatekeeper:
        yield _registered(config.h323, running) if running else _reachable(config.h323)


def _signaling(section: H323, running: Figures | None) -> Finding:
    name, port = f"TCP {section.port}", section.port
    held = running.get(("mcu_h323_listening", ())) if running else None
    which = f"sudo ss -ltnp 'sport = :{port}' says which program holds it."
    if held == 1:
        return Finding(name, Verdict.GOOD, "the running server takes calls of H.323 rooms there")
    if held == 0:
        return Finding(
            name,
            Verdict.BAD,
            "the running server does not hold it: H.323 rooms cannot call in",
            f"{which} Stop that; the server tries again every 10 seconds. Or set MCU_H323_PORT and restart.",
        )
    taken = bind_error(section.host, port, socket.SOCK_STREAM) if port else None
    if taken is None:
        return Finding(name, Verdict.GOOD, "free, for calls of H.323 rooms")
    if running is not None:
        return Finding(
            name,
            Verdict.WARNING,
            f"not free ({taken.strerror or taken}); whether the running server holds it, it does not tell",
            f"{which} With [api] key in the configuration, mcu doctor asks the server.",
        )
    return Finding(
        name,
        Verdict.WARNING,
        f"not free ({taken.strerror or taken}), and no server with these settings runs: H.323 rooms could not call in",
        f"{which} Stop it, or set MCU_H323_PORT; rooms then have to dial ADDRESS:PORT. MCU_H323_ENABLED=false if there "
        "are no such rooms.",
    )


def _control_ports(section: H323) -> Iterable[Finding]:
    if not section.h245_port:
        return
    wanted = range(section.h245_port, min(PORTS, section.h245_port + section.max_calls))
    free = sum(bind_error(section.host, port, socket.SOCK_STREAM) is None for port in wanted)
    yield _enough(
        f"TCP {wanted[0]}-{wanted[-1]}",
        free,
        section.max_calls,
        "H.245 of rooms",
        f"sudo ss -ltnp says what holds the others. Stop it, set MCU_H323_H245_PORT to the first of "
        f"{section.max_calls} free ports, or to 0 for any.",
    )


def _media_ports(config: Config) -> Finding:
    media = config.media
    first = media.rtp_port + media.rtp_port % 2
    end = min(PORTS, media.rtp_port + media.rtp_ports * config.processor.count)
    free = sum(
        all(bind_error("::", port, socket.SOCK_DGRAM) is None for port in (even, even + 1))
        for even in range(first, end - 1, 2)
    )
    return _enough(
        f"UDP {first}-{end - 1}",
        free // CALL_PAIRS,
        min(config.h323.max_calls, (end - first) // 2 // CALL_PAIRS),
        "sound and pictures of rooms",
        "sudo ss -lunp says what holds the others. Stop it, or set MCU_MEDIA_RTP_PORT to the first of enough free "
        "ports: six for each room.",
    )


def _enough(name: str, rooms: int, wanted: int, purpose: str, advice: str) -> Finding:
    """How many rooms find ports."""
    if rooms >= wanted:
        return Finding(name, Verdict.GOOD, f"enough are free for {wanted} rooms, for {purpose}")
    verdict = Verdict.WARNING if rooms else Verdict.BAD
    return Finding(name, verdict, f"free for {rooms} of {wanted} rooms only, for {purpose}", advice)


def _registered(section: H323, running: Figures) -> Finding:
    """As the running server tells."""
    states = [labels[0] for (name, labels), on in running.items() if name == "mcu_h323_gatekeeper_state" and on]
    state = states[0] if states else "none"
    trouble = gatekeeper_trouble.BY_STATE.get(state)
    if state == "registered":
        return Finding("gatekeeper", Verdict.GOOD, f"the running server is registered with {section.gatekeeper}")
    if trouble is not None:
        return _wrong(section, trouble)
    if state == "seeking":
        return Finding(
            "gatekeeper",
            Verdict.WARNING,
            f"not registered: the running server still tries {section.gatekeeper}",
            "Run mcu doctor again in half a minute.",
        )
    return Finding(
        "gatekeeper",
        Verdict.WARNING,
        "the running server was started without a gatekeeper",
        "Restart it with this configuration.",
    )


def _wrong(section: H323, trouble: gatekeeper_trouble.Trouble, why: str = "") -> Finding:
    told = f" ({why})" if why else ""
    detail = f"not registered with {section.gatekeeper}: {trouble.sentence}{told}"
    return Finding("gatekeeper", Verdict.BAD, detail, trouble.advice)


def _reachable(section: H323) -> Finding:
    """Whether the gatekeeper answers at all."""
    try:
        answer = _ask(section)
    except socket.gaierror:
        return _wrong(section, gatekeeper_trouble.UNKNOWN)
    except OSError:  # nobody there, or no way there
        return _wrong(section, gatekeeper_trouble.SILENT)
    if isinstance(answer, ras_messages.Reject):
        return _wrong(section, gatekeeper_trouble.meaning(answer.reason), answer.reason)
    if isinstance(answer, ras_messages.GatekeeperConfirm):
        return Finding(
            "gatekeeper",
            Verdict.GOOD,
            f"{section.gatekeeper} answers; only a running server registers with it",
        )
    return _wrong(section, gatekeeper_trouble.REFUSED, "what it says is not understood")


def _ask(section: H323) -> object:
    """The answer to a GRQ. Raises OSError."""
    to = _resolved(section.gatekeeper)
    with socket.socket(socket.AF_INET6 if ":" in to.ip else socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.settimeout(ASK_SECONDS)
        ours.connect((to.ip, to.port))
        settings = RasSettings(
            aliases=tuple(guess(name) for name in (section.name, section.number) if name),
            prefixes=(section.number,) if section.number else (),
            ras_address=Address(local_address_towards(to.ip), ours.getsockname()[1]),
            signaling_addresses=(),
            password=section.gatekeeper_password,
        )
        tokens = Tokens(settings, random.Random())
        name, fields = ras_requests.gatekeeper_request(settings, tokens.capability())
        request = asn1.encode(asn1.Pdu.RAS, (name, {"requestSeqNum": 1} | fields))
        for attempt in range(2):
            ours.send(request)
            try:
                return ras_messages.parse(ours.recv(ras_messages.MAX_DATAGRAM)).message
            except TimeoutError:
                if attempt:
                    raise
            except ProtocolError:
                return None
    return None


def _resolved(name: str) -> Address:
    """Raises OSError."""
    try:
        return parse_address(name, RAS_PORT)
    except ProtocolError:
        host, _, port = name.partition(":")
    if port and not (port.isascii() and port.isdigit() and int(port) < PORTS):
        raise socket.gaierror("no port")
    try:
        found = socket.getaddrinfo(host, int(port or RAS_PORT), type=socket.SOCK_DGRAM)
    except UnicodeError as error:
        raise socket.gaierror("no name") from error
    return Address(str(found[0][4][0]), int(found[0][4][1]))
