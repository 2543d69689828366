"""Identifiers and secrets: how they are made and how they are kept.

| what                          | size      | kept as  | why                                            |
|-------------------------------|-----------|----------|------------------------------------------------|
| link id                       | 128 bits  | itself   | it is an address; those who may list must see it |
| participant's secret, tokens, chair's key | 128 bits or more | SHA-256 | too many to guess, so a fast hash is enough |
| PIN                           | 6 digits  | scrypt   | few enough to try all, so each try must cost    |
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict

SECRET_BYTES = 16  # 128 bits; 22 characters of base64url
TOKEN_BYTES = 24
IDENTIFIER_BYTES = 8  # names things, opens nothing; collisions are improbable below a billion
PIN_DIGITS = 6
NUMBER_DIGITS = 9
SALT_BYTES = 16
MAX_PROVEN = 1_000  # conferences whose PIN is remembered as right
SCRYPT = {"n": 1 << 14, "r": 8, "p": 1, "maxmem": 64 << 20, "dklen": 32}  # about 50 ms and 16 MiB


def new_identifier() -> str:
    """Lower-case hexadecimal, so that it can stand in logs, addresses and labels."""
    return secrets.token_hex(IDENTIFIER_BYTES)


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_number() -> str:
    """Nine digits, the first not 0, to be told by telephone."""
    first = 10 ** (NUMBER_DIGITS - 1)
    return str(first + secrets.randbelow(9 * first))


def new_pin() -> str:
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def hash_secret(secret: str) -> bytes:
    """For secrets of 128 bits and more."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str, digest: bytes) -> bool:
    """Whether `digest` is of `secret`, in constant time."""
    return hmac.compare_digest(hash_secret(secret), digest)


async def hash_pin(pin: str, salt: bytes) -> bytes:
    """scrypt (RFC 7914), in a thread: it takes longer than the loop may be held."""
    return await asyncio.to_thread(hashlib.scrypt, pin.encode(), salt=salt, **SCRYPT)


async def pin_matches(pin: str, salt: bytes, digest: bytes) -> bool:
    """Whether `digest` is of `pin`. One that was right before costs nothing: thirty rooms dial the same at once."""
    proof = hmac.digest(_process_key, salt + digest + pin.encode(), "sha256")
    if proof in _proven:
        _proven.move_to_end(proof)
        return True
    if not hmac.compare_digest(await hash_pin(pin, salt), digest):
        return False
    _proven[proof] = None
    if len(_proven) > MAX_PROVEN:
        _proven.popitem(last=False)
    return True


_process_key = secrets.token_bytes(32)  # what is remembered means nothing outside this process
_proven: OrderedDict[bytes, None] = OrderedDict()  # right PINs, with their salts; the one used longest ago goes first
