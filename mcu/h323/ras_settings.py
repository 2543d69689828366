"""How this endpoint presents itself to a gatekeeper, and which gatekeeper that is."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind

MULTICAST = Address("224.0.1.41", 1718)  # H.225.0 Appendix IV: where gatekeepers listen for GRQ
RAS_PORT = 1719  # H.225.0 Appendix IV: of a gatekeeper


class Scheme(enum.StrEnum):
    """How messages to the gatekeeper prove the password."""

    AUTO = "auto"  # as the gatekeeper chooses
    NONE = "none"
    MD5 = "md5"  # H.235.0 password hash: proves the password, not the message
    HMAC = "hmac-sha1-96"  # H.235.1 procedure I: proves the whole message


class TokenPolicy(enum.StrEnum):
    """What is asked of messages of the gatekeeper under H.235.1."""

    IGNORED = "ignored"
    CHECKED = "checked"  # a token that is there must be right; confirmations need one once there was one
    REQUIRED = "required"  # all but GCF, GRJ and RRJ need one, which come before keys are agreed on


@dataclass(frozen=True, slots=True, kw_only=True)
class RasSettings:
    """`gatekeepers` are tried in this order; with none of them, `multicast` asks the local network.

    `ras_address` and `signaling_addresses` are what the gatekeeper is told: behind NAT, the outer ones.
    """

    gatekeepers: tuple[Address, ...] = ()
    multicast: bool = False
    gatekeeper_identifier: str = ""  # only a gatekeeper of this name; "" takes any
    required: bool = False  # without a gatekeeper there are no calls
    aliases: tuple[Alias, ...] = ()
    prefixes: tuple[str, ...] = ()  # numbers beginning with one of these are for us
    ras_address: Address
    signaling_addresses: tuple[Address, ...] = ()
    time_to_live: int = 300  # seconds asked for; the gatekeeper says what it will be
    password: str = ""
    login: str = ""  # the alias that the password belongs to; "" for the first
    scheme: Scheme = Scheme.AUTO
    token_policy: TokenPolicy = TokenPolicy.CHECKED
    clock_tolerance: float = 7210.0  # seconds between the clocks; two hours cover a wrong daylight saving time
    vendor: tuple[int, int, int] = (0, 0, 0)  # T.35 country code, extension, manufacturer code
    product: str = "mcu"
    version: str = ""

    @property
    def enabled(self) -> bool:
        return bool(self.gatekeepers) or self.multicast

    @property
    def login_alias(self) -> Alias:
        """What the gatekeeper knows the password by."""
        named = [alias for alias in self.aliases if alias.text == self.login]
        names = [alias for alias in self.aliases if alias.kind is AliasKind.H323_ID]
        if self.login and not named:
            return Alias(AliasKind.H323_ID, self.login)
        return next(iter((*named, *names, *self.aliases)), Alias(AliasKind.H323_ID, self.product))
