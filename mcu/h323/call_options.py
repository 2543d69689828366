"""What this server says of itself in a call, and which ways of beginning a call it offers and accepts."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from mcu.h323 import aliases
from mcu.h323.h225_messages import Endpoint
from mcu.h323.media_keys import Encryption
from mcu.h323.q931 import MessageType
from mcu.h323.vendors import NONE, Quirks

TERMINAL, MCU = 50, 190  # terminal types of H.245 table 1: no MC; an MC with sound and picture


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalParty:
    """This server. `names` are as in its configuration: digits, h323-IDs and URLs."""

    display: str
    names: tuple[str, ...] = ()
    product: str = "mcu"
    version: str = ""
    vendor: tuple[int, int, int] = (0, 0, 0)  # T.35; (0, 0, 0) is none's
    is_mcu: bool = True

    @property
    def terminal_type(self) -> int:
        return MCU if self.is_mcu else TERMINAL

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(
            kind="mcu" if self.is_mcu else "terminal",
            has_mc=self.is_mcu,
            vendor=self.vendor,
            product=self.product,
            version=self.version,
        )

    @property
    def aliases(self) -> tuple[aliases.Alias, ...]:
        """The names, or else what is displayed: many refuse a SETUP without any."""
        return tuple(aliases.guess(name) for name in self.names or (self.display,) if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallIdentifiers:
    """What names a call that goes out; a gatekeeper is told before there is a call."""

    call: bytes
    conference: bytes
    reference: int  # call reference value of Q.931

    @classmethod
    def drawn(cls, rng: random.Random, *, conference: bytes = b"") -> CallIdentifiers:
        """New ones; `conference` where there is one already."""
        return cls(call=_unique(rng), conference=conference or _unique(rng), reference=rng.randrange(1, 1 << 15))


def _unique(rng: random.Random) -> bytes:
    """A globally unique identifier (H.225.0 clause 7.6), of random bits as in RFC 9562 version 4."""
    data = bytearray(rng.randbytes(16))
    data[6], data[8] = data[6] & 0x0F | 0x40, data[8] & 0x3F | 0x80
    return bytes(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """Ways of beginning. The first three are offered in calls out, the next three accepted in calls in."""

    fast_start: bool = False  # H.323 clause 8.1.7
    tunnelling: bool = True  # H.323 clause 8.2.1
    h245_in_setup: bool = False  # tunnelled, or the address of a connection of its own
    accept_fast_start: bool = True
    accept_tunnelling: bool = True
    accept_h245_in_setup: bool = True
    fast_start_in: MessageType = MessageType.CONNECT  # where an offer is accepted: also CALL_PROCEEDING, ALERTING
    h245_address_in: MessageType = MessageType.CONNECT  # where a connection of its own is offered, likewise
    ring_seconds: float = 180.0  # T301
    bitrate: int = 2_048_000  # of the call, for the bearer capability

    # From a gatekeeper's admission (H.225.0 clause 7.10), for the SETUP.
    endpoint_identifier: str = ""
    tokens: tuple[object, ...] = ()
    crypto_tokens: tuple[object, ...] = ()

    encryption: Encryption = Encryption.OFF  # of media, by H.235.6; with it a call begins by H.245 after its answer
    key_source: random.Random = field(default_factory=random.SystemRandom, compare=False)  # of what is secret

    conference_id: bytes = b""  # of a conference that is joined or that somebody is invited to; b"" for a new one
    goal: str = "create"  # or "join", "invite"
    quirks: Quirks = NONE  # of the peer, where it is known before the call
