"""What `aiortc_server` and the server that it starts say to each other: one JSON line each."""

from __future__ import annotations

import msgspec


class Offer(msgspec.Struct, frozen=True):
    """Somebody wants to take part."""

    participant: int
    sdp: str


class Answer(msgspec.Struct, frozen=True):
    """They may."""

    participant: int
    sdp: str
