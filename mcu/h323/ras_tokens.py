"""Passwords in RAS: H.235.1 procedure I (HMAC-SHA1-96 over the message) and the MD5 password hash of H.235.0.

Rules:
1. The hash of H.235.1 covers the whole datagram with the hash's own 12 bytes zero. They are whole bytes of the
   encoding (a BIT STRING of 96 bits is aligned, and so is every extension addition), so a message is encoded with
   a mark in their place, and the mark is replaced. To check one, its hash is looked for in the datagram.
2. Each message that is sent is signed anew, repetitions too: gatekeepers take equal tokens for a replay.
3. Of the gatekeeper, a token must be of it and for us, of about now, and not have been seen; compared in constant time.
4. The gatekeeper's clock counts: what its tokens say is learned, within the tolerance, and used in ours.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import random
from collections import OrderedDict
from typing import Any

from mcu.h323 import asn1
from mcu.h323.aliases import basic
from mcu.h323.aliases import to_h225 as alias_to_h225
from mcu.h323.ras_messages import Datagram, Fields
from mcu.h323.ras_requests import Identity
from mcu.h323.ras_settings import RasSettings, Scheme, TokenPolicy

WHOLE_MESSAGE = (0, 0, 8, 235, 0, 2, 1)  # "A" of H.235.1
CLEAR_TOKEN = (0, 0, 8, 235, 0, 2, 5)  # "T"
HMAC_SHA1_96 = (0, 0, 8, 235, 0, 2, 6)  # "U"
MD5 = (1, 2, 840, 113549, 2, 5)
VERSION_AT = 5  # which arc of the object identifiers of H.235 is its edition: 1 and 2 mean the same
HASH_BYTES = 12
MAX_PLACES = 4  # where the hash's bytes may stand in a datagram by chance, and are tried
REPLAY_SECONDS = 30  # how much older than the newest a token may be: datagrams overtake each other
MAX_SEEN = 4_096  # tokens remembered: more than a gatekeeper sends in REPLAY_SECONDS

_ALGORITHMS = {Scheme.HMAC: HMAC_SHA1_96, Scheme.MD5: MD5}
_ORDER = (Scheme.NONE, Scheme.HMAC, Scheme.MD5)  # tried one after another where the gatekeeper did not choose
_WITHOUT_KEYS = frozenset({"gatekeeperRequest", "gatekeeperConfirm", "gatekeeperReject", "registrationReject"})
_TELLS_TIME = frozenset({"gatekeeperConfirm", "registrationReject"})  # in a clear token, before keys are agreed on
_CONFIRMS = frozenset({"registrationConfirm", "admissionConfirm", "bandwidthConfirm"})
_PASSWORD_HASHED = frozenset(
    {
        "registrationRequest",
        "unregistrationRequest",
        "admissionRequest",
        "bandwidthRequest",
        "disengageRequest",
        "infoRequestResponse",
    }
)


class Verdict(enum.StrEnum):
    """What a token of the gatekeeper was worth."""

    GOOD = "good"
    UNSIGNED = "unsigned"  # taken all the same
    MISSING = "missing"  # not taken: it should have had one
    FORGED = "forged"
    STALE = "stale"  # of another time
    REPLAYED = "replayed"

    @property
    def accepted(self) -> bool:
        return self in {Verdict.GOOD, Verdict.UNSIGNED}


class Tokens:
    """Signs what goes to the gatekeeper and checks what comes. `utc` is the time of day in seconds since 1970."""

    def __init__(self, settings: RasSettings, rng: random.Random) -> None:
        self.skew = 0.0  # the gatekeeper's clock minus ours, as far as is known
        self.scheme = Scheme.NONE
        self._settings = settings
        self._rng = rng
        self._key = hashlib.sha1(settings.password.encode()).digest()
        self._random = rng.getrandbits(30)
        self._chosen = False  # whether the gatekeeper said which scheme it wants
        self._confirmed = False  # whether it has signed something
        self._seen: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._oldest = 0  # timestamps up to this one are not taken any more
        self.choose(None)

    def choose(self, algorithm: tuple[int, ...] | None) -> None:
        """The gatekeeper (GCF) wants this algorithm; None when it did not say. Forgets what another gatekeeper did."""
        self._chosen = self._confirmed = False
        self._seen.clear()
        self._oldest = 0
        wanted = self._settings.scheme
        if not self._settings.password:
            self.scheme = Scheme.NONE
        elif wanted is not Scheme.AUTO:
            self.scheme = wanted
        else:
            chosen = [scheme for scheme, known in _ALGORITHMS.items() if algorithm and _same(algorithm, known)]
            self.scheme = chosen[0] if chosen else Scheme.NONE
            self._chosen = bool(chosen)

    def try_next(self) -> bool:
        """Another scheme, if there is one: the gatekeeper refused without having said which it wants."""
        if not self._settings.password or self._settings.scheme is not Scheme.AUTO or self._chosen:
            return False
        at = _ORDER.index(self.scheme) + 1
        self.scheme = _ORDER[at % len(_ORDER)]
        return at < len(_ORDER)

    def capability(self) -> Fields:
        """What GRQ says of the hashes that we know."""
        wanted = self._settings.scheme
        known = [oid for scheme, oid in _ALGORITHMS.items() if wanted in {Scheme.AUTO, scheme}]
        if not self._settings.password or not known:
            return {}
        return {"authenticationCapability": [("pwdHash", 0)], "algorithmOIDs": known}

    # --- what is sent -----------------------------------------------------------------------------------

    def sign(self, name: str, fields: Fields, identity: Identity, utc: float) -> bytes:
        """The datagram of a message, with its token."""
        if self.scheme is Scheme.HMAC and name not in _WITHOUT_KEYS:
            return self._sign_hmac(name, fields, identity, self._timestamp(utc))
        if self.scheme is Scheme.MD5 and name in _PASSWORD_HASHED:
            token = self._password_hash(self._timestamp(utc))
            return asn1.encode(asn1.Pdu.RAS, (name, fields | {"cryptoTokens": [token]}))
        return asn1.encode(asn1.Pdu.RAS, (name, fields))

    def _sign_hmac(self, name: str, fields: Fields, identity: Identity, timestamp: int) -> bytes:
        self._random = self._random % 0x7FFFFFFF + 1  # rises from message to message (H.235.1)
        clear: Fields = {
            "tokenOID": CLEAR_TOKEN,
            "timeStamp": timestamp,
            "random": self._random,
            "sendersID": basic(identity.endpoint or self._settings.login_alias.text)[:128],
        }
        if identity.gatekeeper:
            clear["generalID"] = identity.gatekeeper
        while True:
            mark = self._rng.randbytes(HASH_BYTES)
            token = _hashed_token(clear, mark)
            data = asn1.encode(asn1.Pdu.RAS, (name, fields | {"cryptoTokens": [token]}))
            if data.count(mark) == 1:
                break
        zeroed = data.replace(mark, bytes(HASH_BYTES))
        return data.replace(mark, self._hmac(zeroed))

    def _password_hash(self, timestamp: int) -> Any:
        """cryptoEPPwdHash. Names end in a zero in what is hashed, as every gatekeeper has it since the first."""
        alias = self._settings.login_alias
        clear = {
            "tokenOID": (0, 0),
            "timeStamp": timestamp,
            "password": basic(self._settings.password)[:127] + "\0",
            "generalID": basic(alias.text)[:127] + "\0",
        }
        digest = hashlib.md5(asn1.encode(asn1.Pdu.PASSWORD_TOKEN, clear)).digest()
        hashed = {"algorithmOID": MD5, "paramS": {}, "hash": (int.from_bytes(digest, "big"), 128)}
        return "cryptoEPPwdHash", {"alias": alias_to_h225(alias), "timeStamp": timestamp, "token": hashed}

    def _timestamp(self, utc: float) -> int:
        return min(max(int(utc + self.skew), 1), 0xFFFFFFFF)

    def _hmac(self, zeroed: bytes) -> bytes:
        return hmac.digest(self._key, zeroed, "sha1")[:HASH_BYTES]

    # --- what comes -------------------------------------------------------------------------------------

    def check(self, datagram: Datagram, data: bytes, identity: Identity, utc: float) -> Verdict:
        """Whether a message may be believed. `data` is the datagram that it came in."""
        policy = self._settings.token_policy
        if datagram.name in _TELLS_TIME:
            self._learn(_any_timestamp(datagram.fields), utc)
        if self.scheme is not Scheme.HMAC or policy is TokenPolicy.IGNORED or datagram.name in _WITHOUT_KEYS:
            return Verdict.UNSIGNED
        token = _token_of(datagram.fields)
        if token is None:
            needed = datagram.name in _CONFIRMS or policy is TokenPolicy.REQUIRED
            if not needed:
                return Verdict.UNSIGNED
            return Verdict.MISSING if self._confirmed or policy is TokenPolicy.REQUIRED else Verdict.UNSIGNED
        verdict = self._check_token(token, datagram, data, identity, utc)
        if verdict is Verdict.GOOD:
            self._confirmed = True
        return verdict

    def _check_token(self, token: Fields, datagram: Datagram, data: bytes, identity: Identity, utc: float) -> Verdict:
        clear = token["hashedVals"]
        value, bits = token["token"]["hash"]
        if bits != HASH_BYTES * 8 or not self._matches(value.to_bytes(HASH_BYTES, "big"), data):
            return Verdict.FORGED
        if not self._is_for_us(clear, datagram, identity):
            return Verdict.FORGED
        timestamp = clear.get("timeStamp", 0)
        if abs(timestamp - utc) > self._settings.clock_tolerance:
            return Verdict.STALE
        if not self._is_new(timestamp, clear.get("random", 0)):
            return Verdict.REPLAYED
        self._learn(timestamp, utc)
        return Verdict.GOOD

    def _matches(self, received: bytes, data: bytes) -> bool:
        at = data.find(received)
        for _ in range(MAX_PLACES):
            if at < 0:
                break
            zeroed = data[:at] + bytes(HASH_BYTES) + data[at + HASH_BYTES :]
            if hmac.compare_digest(self._hmac(zeroed), received):
                return True
            at = data.find(received, at + 1)
        return False

    def _is_for_us(self, clear: Fields, datagram: Datagram, identity: Identity) -> bool:
        """Of the gatekeeper, and not what we or another endpoint with the same password sent."""
        sender, receiver = clear.get("sendersID", "").rstrip("\0"), clear.get("generalID", "").rstrip("\0")
        ours = {identity.endpoint, datagram.fields.get("endpointIdentifier", ""), self._settings.login_alias.text}
        if sender and identity.gatekeeper and sender != identity.gatekeeper:
            return False
        return receiver in ours if receiver else bool(sender) and sender not in ours

    def _is_new(self, timestamp: int, number: int) -> bool:
        if timestamp <= self._oldest or (timestamp, number) in self._seen:
            return False
        self._seen[timestamp, number] = None
        if len(self._seen) > MAX_SEEN:
            self._oldest = max(self._oldest, self._seen.popitem(last=False)[0][0])
        self._oldest = max(self._oldest, timestamp - REPLAY_SECONDS)
        return True

    def _learn(self, timestamp: int, utc: float) -> None:
        skew = timestamp - utc
        if timestamp and abs(skew) <= self._settings.clock_tolerance:
            self.skew = skew


def _same(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Equal but for the edition of H.235."""
    if one[:VERSION_AT] != HMAC_SHA1_96[:VERSION_AT]:
        return one == other
    return one[:VERSION_AT] + one[VERSION_AT + 1 :] == other[:VERSION_AT] + other[VERSION_AT + 1 :]


def _hashed_token(clear: Fields, hashed: bytes) -> Any:
    token = {"algorithmOID": HMAC_SHA1_96, "paramS": {}, "hash": (int.from_bytes(hashed, "big"), HASH_BYTES * 8)}
    return "nestedcryptoToken", (
        "cryptoHashedToken",
        {"tokenOID": WHOLE_MESSAGE, "hashedVals": clear, "token": token},
    )


def _token_of(fields: Fields) -> Fields | None:
    """The cryptoHashedToken of H.235.1 in a message."""
    for kind, content in fields.get("cryptoTokens", ()):
        if kind != "nestedcryptoToken" or content[0] != "cryptoHashedToken":
            continue
        token: Fields = content[1]
        if _same(token["tokenOID"], WHOLE_MESSAGE) and _same(token["token"]["algorithmOID"], HMAC_SHA1_96):
            return token
    return None


def _any_timestamp(fields: Fields) -> int:
    """Of the clear tokens of a message; 0 for none."""
    return next((int(token["timeStamp"]) for token in fields.get("tokens", ()) if "timeStamp" in token), 0)
