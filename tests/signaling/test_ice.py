"""Relay credentials as coturn checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from mcu.config import Turn
from mcu.signaling.ice import ice_servers
from mcu.signaling.protocol import IceServer

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_credentials_are_limited_in_time_and_named() -> None:
    turn = Turn(urls=("turn:a", "stun:b"), secret="north", ttl_seconds=600)
    stun, relay = ice_servers(turn, participant="p1", now=NOW)
    username = f"{int(NOW.timestamp()) + 600}:p1"
    digest = hmac.new(b"north", username.encode(), hashlib.sha1).digest()
    assert stun == IceServer(urls=("stun:b",))
    assert relay == IceServer(urls=("turn:a",), username=username, credential=base64.b64encode(digest).decode())


def test_nothing_configured_is_nothing_told() -> None:
    assert ice_servers(Turn(), participant="p1", now=NOW) == ()
    assert ice_servers(Turn(urls=("turn:a",)), participant="p1", now=NOW) == ()
