"""Diffie-Hellman in tokens, and session keys under its secret."""

from __future__ import annotations

import random

import pytest

from mcu.h323 import asn1, h225_codec
from mcu.h323.asn1 import Pdu
from mcu.h323.h225_messages import Connect, Setup, UserInformation
from mcu.h323.media_keys import (
    AES_128_CBC,
    GENERATOR,
    GROUPS,
    OFFERED,
    VERSION_3,
    Group,
    KeyAgreement,
    KeySync,
    MediaKeyError,
    SessionKeys,
)
from tests.h323 import by_hand

VERSION = {"tokenOID": VERSION_3}
DH1024 = GROUPS[-1]


def agreement(seed: int = 1) -> KeyAgreement:
    return KeyAgreement(random.Random(seed))


def token(group: Group, public: int, **changes: object) -> dict[str, object]:
    numbers: dict[str, object] = {"halfkey": (public, group.bits), "modSize": (0, 0), "generator": (0, 0)}
    return {"tokenOID": group.token, "dhkey": numbers | changes}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: str(group.bits))
def test_the_primes_are_safe_ones(group: Group) -> None:
    """By Fermat: what is not prime passes with no chance worth mentioning, as these are no numbers of an enemy."""
    half = (group.prime - 1) // 2
    assert group.bits in {1024, 1536, 2048}
    assert pow(2, group.prime - 1, group.prime) == 1
    assert pow(3, half - 1, half) == 1


def test_both_sides_get_the_same_secret() -> None:
    ours, theirs = agreement(1), agreement(2)
    answer = theirs.answer(ours.offer())
    assert ours.learn(answer)
    assert ours.secret == theirs.secret
    assert len(ours.secret) == 16
    assert [each["tokenOID"] for each in answer] == [VERSION_3, GROUPS[0].token]
    assert not ours.learn(answer)  # nothing new
    assert agreement(3).answer(ours.offer()) != answer


def test_the_secret_is_the_end_of_the_common_number() -> None:
    ours = agreement()
    public = pow(GENERATOR, 12345, DH1024.prime)
    (_, told) = ours.answer((VERSION, token(DH1024, public)))
    common = pow(told["dhkey"]["halfkey"][0], 12345, DH1024.prime)
    assert ours.secret == (common & (1 << 128) - 1).to_bytes(16, "big")


def test_the_numbers_of_a_token_are_written_as_others_write_them() -> None:
    _, long, short = agreement().offer()
    assert (long["tokenOID"], short["tokenOID"]) == tuple(group.token for group in OFFERED)
    assert short["dhkey"]["modSize"] == (DH1024.prime, 1024)
    assert short["dhkey"]["generator"] == (2, 1024)
    assert short["dhkey"]["halfkey"][1] == 1024
    assert long["dhkey"]["generator"] == (2, 8)


def test_a_peer_with_the_oldest_group_alone_is_answered_in_it() -> None:
    (version, told) = agreement().answer((VERSION, token(DH1024, 5)))
    assert (version, told["tokenOID"]) == (VERSION, DH1024.token)


@pytest.mark.parametrize(
    "tokens",
    [
        (),
        (VERSION,),
        (token(DH1024, 5),),  # of another version
        (VERSION, {"tokenOID": DH1024.token}),
        (VERSION, {"tokenOID": DH1024.token, "dhkey": {}}),
        (VERSION, {"tokenOID": DH1024.token, "dhkey": 5}),
        (VERSION, {"tokenOID": (0, 0, 8, 235, 0, 3, 40), "dhkey": token(DH1024, 5)["dhkey"]}),  # 512 bits
        (VERSION, *(token(DH1024, public) for public in (0, 1, DH1024.prime - 1, DH1024.prime, DH1024.prime + 1))),
        (VERSION, token(DH1024, 5, modSize=(GROUPS[0].prime, 2048))),
        (VERSION, token(DH1024, 5, modSize=(0, 8))),
        (VERSION, token(DH1024, 5, modSize=(15, 1024), generator=(2, 1024))),
        (VERSION, token(DH1024, 5, generator=(1, 1024))),
        (VERSION, *({"tokenOID": (1, 2, 3)} for _ in range(40)), token(DH1024, 5)),
        ("token", 5, None),
    ],
)
def test_tokens_that_give_no_secret(tokens: tuple[object, ...]) -> None:
    theirs = agreement()
    assert theirs.answer(tokens) == ()
    assert theirs.secret == b""
    ours = agreement()
    ours.offer()
    assert not ours.learn(tokens)


def test_a_bad_token_beside_a_good_one_is_counted() -> None:
    theirs = agreement()
    assert theirs.answer((VERSION, token(GROUPS[0], 1), token(DH1024, 5)))[1]["tokenOID"] == DH1024.token
    assert theirs.refused == 1


def test_tokens_survive_the_line() -> None:
    ours, theirs = agreement(1), agreement(2)
    line = h225_codec.serialize(UserInformation(by_hand.setup(tokens=ours.offer())))
    heard = h225_codec.parse(line).body
    assert isinstance(heard, Setup)
    theirs.answer(heard.tokens)
    line = h225_codec.serialize(UserInformation(Connect(tokens=theirs.answer(heard.tokens))))
    answer = h225_codec.parse(line).body
    assert isinstance(answer, Connect)
    assert ours.learn(answer.tokens)
    assert ours.secret == theirs.secret != b""


# --- session keys -------------------------------------------------------------------------------------------

SECRET = bytes(range(16))


def keys(secret: bytes = SECRET, seed: int = 5) -> SessionKeys:
    return SessionKeys(secret, random.Random(seed))


def told(name: str = "secureSharedSecret", **changes: object) -> KeySync:
    material = {"algorithmOID": AES_128_CBC, "paramS": {}, "encryptedSessionKey": bytes(16)} | changes
    material = {key: value for key, value in material.items() if value is not None}
    return KeySync(120, asn1.encode(Pdu.H235_KEY, (name, material)))


def test_a_session_key_is_read_by_who_has_the_secret() -> None:
    key, sync = keys().make(120)
    assert sync.flag == 120
    assert keys(seed=9).read(sync) == key
    assert keys(bytes(16)).read(sync) != key
    assert keys().make(120)[0] == key != keys(seed=6).make(120)[0]


def test_how_a_key_is_told_byte_by_byte() -> None:
    """X.691 by hand: an extension of a CHOICE with its length, two optional fields of nine, an OID, octets."""
    _, sync = keys().make(120)
    assert sync.key[:-16].hex() == "801d30" + "09608648016503040102" + "00" + "10"


def test_a_vector_that_is_told_is_used() -> None:
    plain, moved = (keys().read(told(paramS=params)) for params in ({}, {"iv16": b"\x01" * 16}))
    assert moved == bytes(byte ^ 1 for byte in plain)


@pytest.mark.parametrize(
    "sync",
    [
        KeySync(120, b""),
        KeySync(120, b"\xff" * 40),
        told(encryptedSessionKey=bytes(15)),
        told(encryptedSessionKey=bytes(32)),
        told(encryptedSessionKey=None),
        told(algorithmOID=(2, 16, 840, 1, 101, 3, 4, 1, 42)),  # AES-256
        KeySync(120, asn1.encode(Pdu.H235_KEY, ("secureChannel", (5, 128)))),
    ],
)
def test_keys_that_cannot_be_read(sync: KeySync) -> None:
    with pytest.raises(MediaKeyError):
        keys().read(sync)
