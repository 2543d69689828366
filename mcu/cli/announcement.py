"""What the operator is told when a conference is ready: addresses, number, PIN, chair's key; in Korean and English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console

from mcu.cli.addresses import in_url, local_addresses
from mcu.config import Config
from mcu.gateway.dialing import SIGNALING_PORT

LABEL_CELLS = 26  # width of the first column, in terminal cells: Hangul takes two


@dataclass(frozen=True, slots=True)
class Invitation:
    """All that lets people into one conference; "" for what the teller does not know."""

    link: str  # the id in the address
    number: str = ""
    pin: str = ""
    chair_key: str = ""


def local_address(config: Config) -> str:
    """Where this machine's own browser finds the server: a secure context without a certificate."""
    return f"http://localhost:{config.http.port}"


def other_addresses(config: Config) -> list[str]:
    """Where browsers on other machines find the server."""
    public = config.https.public_url.rstrip("/")
    if public:
        return [public]
    return [f"https://{in_url(address)}:{config.https.port}" for address in local_addresses(loopback=False)]


def room_address(config: Config) -> str:
    """Where H.323 rooms find the server; "" when it takes no calls."""
    if not config.h323.enabled or not config.h323.port:
        return ""
    host = config.h323.host
    if host in ("::", "0.0.0.0", ""):
        host = next(iter(local_addresses(loopback=False)), "127.0.0.1")
    if config.h323.port == SIGNALING_PORT:
        return host
    return f"{in_url(host)}:{config.h323.port}"


def announce(
    invitation: Invitation,
    *,
    title: str,
    here: Sequence[str],
    others: Sequence[str],
    ending: str,
    out: Console,
    rooms: str = "",
) -> None:
    """Print the invitation under `title`. Only this shows secrets.

    `here` and `others` are addresses of the server for browsers, `rooms` for H.323 rooms.
    """
    lines = [
        *(("이 컴퓨터 · this machine", f"{address}/c/{invitation.link}") for address in here),
        *(("다른 컴퓨터 · others", f"{address}/c/{invitation.link}") for address in others),
        ("회의 번호 · number", f"{invitation.number}   비밀번호 · PIN  {invitation.pin}" if invitation.number else ""),
        (
            "회의실 · room dials",
            f"{rooms}##{invitation.number}##{invitation.pin}" if rooms and invitation.number else "",
        ),
        ("의장 열쇠 · chair's key", invitation.chair_key),
        *(("API", f"{address}/api/docs") for address in here),
    ]
    out.print(f"\n{title}", style="bold green", highlight=False, soft_wrap=True)
    for label, value in lines:
        if value:
            padding = " " * (LABEL_CELLS - cell_len(label))
            out.print(f"  {label}{padding}{value}", highlight=False, markup=False, soft_wrap=True)
    out.print(f"  {ending}\n", style="dim", highlight=False, soft_wrap=True)
