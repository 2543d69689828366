"""Offers as real stacks write them and as tests put them together, and what the server makes of them."""

from __future__ import annotations

import re
from pathlib import Path

from mcu.media.types import AudioProfile, VideoProfile
from mcu.webrtc import sdp_offer
from mcu.webrtc.leg_description import Defaults, LegDescription, Server
from mcu.webrtc.sdp_negotiation import Negotiation, negotiate
from mcu.webrtc.sdp_offer import Fingerprint

OFFERS = Path(__file__).parent / "offers"
SERVER = Server(("192.0.2.1", "2001:db8::1"), 10_443, Fingerprint("sha-256", "AA:BB"))
AUDIO, VIDEO = AudioProfile(), VideoProfile("VP8", 1280, 720, 25, 1_200_000)
DEFAULTS = Defaults("both", AUDIO, VIDEO)

TRANSPORT = """a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 AA:BB
a=setup:actpass
a=rtcp-mux
"""
OPUS = "a=rtpmap:111 opus/48000/2\n"
VP8 = "a=rtpmap:96 VP8/90000\na=rtcp-fb:* nack\n"


def read(stack: str) -> str:
    return (OFFERS / f"{stack}.sdp").read_bytes().decode()


def offer(*sections: str, session: str = "") -> str:
    """An offer of (m-line without port and protocol) sections with a transport of their own."""
    return f"v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n{session}" + "".join(sections)


def section(kind: str = "audio", formats: str = "111", lines: str = OPUS, *, transport: str = TRANSPORT) -> str:
    return f"m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\nc=IN IP4 0.0.0.0\n{transport}{lines}"


def agree(text: str, direction: str = "both") -> Negotiation:
    return negotiate(sdp_offer.parse(text), direction=direction)


def describe(text: str, direction: str = "both") -> LegDescription:
    return LegDescription(text, server=SERVER, defaults=Defaults(direction, AUDIO, VIDEO))


def answer_sections(answer: str) -> list[str]:
    return re.split(r"(?m)^(?=m=)", answer)[1:]
