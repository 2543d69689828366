"""Relays for those whose network lets nothing else through: time-limited credentials as coturn checks them.

The user name is `<expiry>:<participant>` and the password the HMAC-SHA1 of it under the shared secret
(draft-uberti-behave-turn-rest-00; coturn's `use-auth-secret`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from mcu.config import Turn
from mcu.signaling.protocol import IceServer


def ice_servers(turn: Turn, *, participant: str, now: datetime) -> tuple[IceServer, ...]:
    """What the participant's browser is told; STUN addresses need no credentials."""
    if not turn.urls:
        return ()
    stun = tuple(url for url in turn.urls if url.startswith(("stun:", "stuns:")))
    relays = tuple(url for url in turn.urls if url not in stun)
    servers = [IceServer(urls=stun)] if stun else []
    if relays and turn.secret:
        username = f"{int(now.timestamp()) + turn.ttl_seconds}:{participant}"
        digest = hmac.digest(turn.secret.encode(), username.encode(), hashlib.sha1)
        servers.append(IceServer(urls=relays, username=username, credential=base64.b64encode(digest).decode()))
    return tuple(servers)


def relays(turn: Turn) -> tuple[IceServer, ...]:
    """What may be told to somebody who has not entered: that there are relays, and no credentials for them."""
    urls = tuple(url for url in turn.urls if not url.startswith(("stun:", "stuns:")))
    return (IceServer(urls=urls),) if urls and turn.secret else ()


def link_headers(servers: tuple[IceServer, ...]) -> list[str]:
    """The same as Link header values (RFC 9725 section 4.6)."""
    lines = []
    for server in servers:
        for url in server.urls:
            line = f'<{url}>; rel="ice-server"'
            if isinstance(server.username, str) and isinstance(server.credential, str):
                line += f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
            lines.append(line)
    return lines
