"""application/trickle-ice-sdpfrag (RFC 8840 section 9), as WHIP and WHEP use it to trickle and to restart ICE.

Only what matters with one bundled transport is read: the credentials, wherever they stand, and the candidates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mcu.errors import ProtocolError

MAX_FRAGMENT_BYTES = 16 * 1024
MAX_CANDIDATES = 64

_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")  # RFC 8839 section 5.4
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_LINE_END = re.compile(r"\r\n|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """`candidates` are values of a=candidate with their name, without "a="; `complete` is a=end-of-candidates."""

    ufrag: str
    password: str
    candidates: tuple[str, ...] = ()
    complete: bool = False


def parse(text: str) -> Fragment:
    """Raises ProtocolError."""
    ufrag = password = ""
    candidates: dict[str, None] = {}
    complete = False
    for line in _lines(text):
        name, _, value = line.partition(":")
        match name:
            case "a=ice-ufrag":
                ufrag = _same("ice-ufrag", ufrag, value, _UFRAG)
            case "a=ice-pwd":
                password = _same("ice-pwd", password, value, _PASSWORD)
            case "a=candidate":
                candidates[line.removeprefix("a=")] = None
            case "a=end-of-candidates":
                complete = True
    if len(candidates) > MAX_CANDIDATES:
        raise ProtocolError(f"sdpfrag: {len(candidates)} candidates")
    if bool(ufrag) != bool(password):
        raise ProtocolError("sdpfrag: ice-ufrag and ice-pwd belong together")
    return Fragment(ufrag=ufrag, password=password, candidates=tuple(candidates), complete=complete)


def credentials(sdp: str) -> tuple[str, str]:
    """The first ice-ufrag and ice-pwd of a description, "" where there is none."""
    found = {"a=ice-ufrag": "", "a=ice-pwd": ""}
    for line in _LINE_END.split(sdp):
        name, _, value = line.partition(":")
        if name in found and not found[name]:
            found[name] = value
    return found["a=ice-ufrag"], found["a=ice-pwd"]


def restarted(offer: str, fragment: Fragment) -> str:
    """`offer` with the credentials and candidates of `fragment`: what a full offer for the ICE restart would say."""
    lines = []
    replaced = {"a=ice-ufrag": fragment.ufrag, "a=ice-pwd": fragment.password}
    for line in _LINE_END.split(offer):
        name, _, _ = line.partition(":")
        if name in replaced:
            lines.append(f"{name}:{replaced[name]}")
        elif name not in ("a=candidate", "a=end-of-candidates"):
            lines.append(line)
    return "\r\n".join(lines)


def build(answer: str) -> str:
    """The fragment that tells the credentials and candidates of `answer`, an SDP of our own."""
    ufrag, password = credentials(answer)
    lines = [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}"]
    media = next((line for line in _LINE_END.split(answer) if line.startswith("m=")), "m=audio 9 UDP/TLS/RTP/SAVPF 0")
    mid = next((line for line in _LINE_END.split(answer) if line.startswith("a=mid:")), "a=mid:0")
    candidates = dict.fromkeys(line for line in _LINE_END.split(answer) if line.startswith("a=candidate:"))
    return "\r\n".join([*lines, media, mid, *candidates, "a=end-of-candidates", ""])


def _lines(text: str) -> list[str]:
    if len(text) > MAX_FRAGMENT_BYTES:
        raise ProtocolError("sdpfrag: too large")
    lines = [line for line in _LINE_END.split(text) if line]
    for line in lines:
        if line[1:2] != "=" or not line.isprintable():
            raise ProtocolError("sdpfrag: not a line of SDP")
    return lines


def _same(name: str, known: str, value: str, form: re.Pattern[str]) -> str:
    """With one transport the credentials may stand in several sections, but must be the same."""
    if not form.fullmatch(value) or (known and known != value):
        raise ProtocolError(f"sdpfrag: {name}")
    return value
