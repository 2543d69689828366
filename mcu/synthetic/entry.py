"""Into which conference a synthetic participant goes, as whom, and how it is turned away."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from msgspec import UNSET

from mcu.errors import PeerError
from mcu.signaling import protocol


class Refused(PeerError):
    """The server does not want this participant; `code` is the error's."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Entry:
    """Into which conference, as whom."""

    server: str  # "http://host:port" or "https://host:port"
    conference: str  # the link's id
    name: str
    office: str = ""
    role: str = "attendee"
    chair_key: str = ""
    muted: bool = False
    camera_off: bool = False

    def greeting(self, *, muted: bool, camera_off: bool) -> protocol.Enter:
        """The message that asks to be let in."""
        return protocol.Enter(
            conference=self.conference,
            name=self.name,
            office=self.office,
            role="viewer" if self.role == "viewer" else "attendee",
            muted=muted,
            camera_off=camera_off,
            chair_key=self.chair_key or UNSET,
        )


def local_tls() -> ssl.SSLContext:
    """TLS without looking at the certificate: the server makes its own at the first start."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
