"""Keys of a call for its media: Diffie-Hellman in call signaling, session keys under its secret (H.235.6 clause 8).

Rules:
1. A caller offers all GROUPS; who is called answers with the best one that both have. Each side says with a token of
   its own that it speaks version 3 of H.235, which is how session keys are told.
2. A token with another prime or generator than its group's, or with a public value that gives the secret away, is not
   taken. Nothing that a peer sends raises but KeyError of ours, `MediaKeyError`.
3. The key under which session keys are told is the last 128 bits of the secret. They are told in one block of AES in
   CBC mode, with a vector of zeros where none is told.
4. Exponents and session keys come from the random source that is given: the system's, but for tests.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from mcu.errors import ProtocolError
from mcu.h323 import asn1
from mcu.h323.asn1 import Asn1Error, Pdu
from mcu.h323.media_cipher import BLOCK, KEY_BYTES

Value = Any  # as in mcu.h323.asn1

VERSION_3 = (0, 0, 8, 235, 0, 3, 24)  # "H.235 version 3" as a token
AES_128_CBC = (2, 16, 840, 1, 101, 3, 4, 1, 2)
EXPONENT_BITS = 256  # twice what the key has; RFC 3526 section 8 asks for 160 to 320 with these primes
MAX_TOKENS = 32  # of a message that are looked at; the most seen is five

# The primes of RFC 2409 section 6.2 and RFC 3526 sections 2 and 3.
_PRIME_1024 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
_PRIME_1536 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF",
    16,
)
_PRIME_2048 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)


class Encryption(enum.StrEnum):
    """What a call does about H.235.6."""

    OFF = "off"
    OFFERED = "offered"  # with who offers it too
    REQUIRED = "required"  # or no call, and no channel


class MediaKeyError(ProtocolError):
    """A session key that cannot be read."""


@dataclass(frozen=True, slots=True)
class Group:
    """Diffie-Hellman numbers that a token stands for. The generator is 2 in all of them."""

    token: tuple[int, ...]
    prime: int

    @property
    def bits(self) -> int:
        return self.prime.bit_length()


GENERATOR = 2
GROUPS = (  # best first
    Group((0, 0, 8, 235, 0, 3, 45), _PRIME_2048),
    Group((0, 0, 8, 235, 0, 3, 44), _PRIME_1536),
    Group((0, 0, 8, 235, 0, 3, 43), _PRIME_1024),
)
OFFERED = (GROUPS[0], GROUPS[2])  # a SETUP has little room: the best, and the one that everybody has


class KeyAgreement:
    """Of one call. `secret` is the key for session keys, b"" until both sides have told theirs."""

    def __init__(self, rng: random.Random) -> None:
        self.secret = b""
        self.refused = 0  # tokens of the peer with numbers that are not taken
        self._rng = rng
        self._exponents: dict[Group, int] = {}

    def offer(self) -> tuple[Value, ...]:
        """ClearTokens for a SETUP. The same each time."""
        return ({"tokenOID": VERSION_3}, *(self._token(group) for group in OFFERED))

    def answer(self, tokens: Sequence[Value]) -> tuple[Value, ...]:
        """ClearTokens for the answers to a SETUP with `tokens`; none where nothing is in common."""
        group = self._take(tokens, GROUPS)
        return () if group is None else ({"tokenOID": VERSION_3}, self._token(group))

    def learn(self, tokens: Sequence[Value]) -> bool:
        """The tokens of an answer. Whether there is a secret now that was not there before."""
        before = self.secret
        self._take(tokens, OFFERED)
        return self.secret != before

    def _take(self, tokens: Sequence[Value], groups: Sequence[Group]) -> Group | None:
        told = [token for token in tokens[:MAX_TOKENS] if isinstance(token, dict)]
        if not any(token.get("tokenOID") == VERSION_3 for token in told):
            return None
        for group in groups:
            for token in told:
                if token.get("tokenOID") != group.token:
                    continue
                public = _public_value(group, token.get("dhkey"))
                if public:
                    secret = pow(public, self._exponent(group), group.prime)
                    self.secret = secret.to_bytes(group.bits // 8, "big")[-KEY_BYTES:]
                    return group
                self.refused += 1
        return None

    def _exponent(self, group: Group) -> int:
        if group not in self._exponents:
            self._exponents[group] = self._rng.getrandbits(EXPONENT_BITS) | 1 << (EXPONENT_BITS - 1)
        return self._exponents[group]

    def _token(self, group: Group) -> Value:
        """Numbers as long as the prime; the generator of long ones in a byte, as others write them."""
        public = pow(GENERATOR, self._exponent(group), group.prime)
        return {
            "tokenOID": group.token,
            "dhkey": {
                "halfkey": (public, group.bits),
                "modSize": (group.prime, group.bits),
                "generator": (GENERATOR, group.bits if group.bits <= 1024 else 8),
            },
        }


def _public_value(group: Group, dhkey: Value) -> int:
    """The peer's public value in the group, 0 for one that is not taken. The primes are safe ones: 1 and p-1 are the
    only values of small order. Some leave prime and generator out, which then are empty."""
    try:
        (public, _), (prime, prime_bits) = dhkey["halfkey"], dhkey["modSize"]
        generator, generator_bits = dhkey["generator"]
    except (KeyError, TypeError, ValueError):
        return 0
    if (prime_bits and prime != group.prime) or (generator_bits and generator != GENERATOR):
        return 0
    return public if 1 < public < group.prime - 1 else 0


# --- session keys -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeySync:
    """EncryptionSync of H.245: `flag` is the payload type under which the key is in use, `key` an H235Key in PER."""

    flag: int
    key: bytes


class SessionKeys:
    """Makes session keys and reads those of the peer, under the secret of a KeyAgreement."""

    def __init__(self, secret: bytes, rng: random.Random) -> None:
        self._secret = AES(secret)
        self._rng = rng

    def make(self, flag: int) -> tuple[bytes, KeySync]:
        """A new key, and how it is told."""
        key = self._rng.randbytes(KEY_BYTES)
        sealed = Cipher(self._secret, CBC(bytes(BLOCK))).encryptor().update(key)
        material = {"algorithmOID": AES_128_CBC, "paramS": {}, "encryptedSessionKey": sealed}
        return key, KeySync(flag, asn1.encode(Pdu.H235_KEY, ("secureSharedSecret", material)))

    def read(self, sync: KeySync) -> bytes:
        """The key that the peer tells. Raises MediaKeyError."""
        try:
            name, material = asn1.decode(Pdu.H235_KEY, sync.key)
        except Asn1Error as error:
            raise MediaKeyError(str(error)) from error
        if name != "secureSharedSecret":
            raise MediaKeyError(f"a key told by {name}")
        if material.get("algorithmOID", AES_128_CBC) != AES_128_CBC:
            raise MediaKeyError(f"a key for {material['algorithmOID']}")
        sealed = material.get("encryptedSessionKey", b"")
        if len(sealed) != KEY_BYTES:
            raise MediaKeyError(f"a key of {len(sealed)} bytes")
        vector = material.get("paramS", {}).get("iv16", bytes(BLOCK))
        return Cipher(self._secret, CBC(vector)).decryptor().update(sealed)


def told_key(keys: SessionKeys | None, sync: KeySync | None) -> bytes:
    """The key that the peer tells, b"" for none that can be read."""
    if sync is None or keys is None:
        return b""
    try:
        return keys.read(sync)
    except MediaKeyError:
        return b""
