"""Media keys from anybody: tokens, session keys and enciphered packets are taken or refused in our own words."""

from __future__ import annotations

import random

from mcu._native.packets import build_rtp
from mcu.h323 import asn1, h225_codec
from mcu.h323.asn1 import Asn1Error, Pdu
from mcu.h323.h225_messages import UserInformation
from mcu.h323.media_cipher import CipherError, MediaCipher
from mcu.h323.media_keys import GROUPS, KeyAgreement, KeySync, MediaKeyError, SessionKeys
from tests.fuzz.mutations import INPUTS, mutations
from tests.h323 import by_hand

COUNT = min(INPUTS, 20_000)
SECRET = bytes(16)


def test_damaged_packets_are_refused_in_our_own_words() -> None:
    cipher, opened = MediaCipher(SECRET), 0
    sizes = (1, 16, 17, 160, 161, 0)
    clear = [build_rtp(bytes(n), payload_type=120, sequence_number=n, timestamp=n, ssrc=1) for n in sizes]
    for data in mutations([cipher.seal(each) for each in clear], seed=2356, count=COUNT):
        try:
            packet = cipher.open(data)
        except CipherError:
            continue
        opened += 1
        assert len(packet) <= len(data)
    assert opened > COUNT // 10


def test_damaged_session_keys_are_refused_in_our_own_words() -> None:
    keys, read = SessionKeys(SECRET, random.Random(1)), 0
    material = {"algorithmOID": (1, 2, 3), "paramS": {"iv8": bytes(8)}, "encryptedSessionKey": bytes(40)}
    valid = [keys.make(120)[1].key, asn1.encode(Pdu.H235_KEY, ("secureSharedSecret", material))]
    for data in mutations(valid, seed=2357, count=COUNT):
        try:
            assert len(keys.read(KeySync(120, data))) == 16
            read += 1
        except MediaKeyError:
            continue
    assert read > COUNT // 100


def test_damaged_tokens_give_a_secret_or_none() -> None:
    """Through the codec of call signaling, as they come."""
    rng = random.Random(2358)
    valid = [_setup(KeyAgreement(random.Random(seed)).offer()) for seed in range(3)]
    agreed = 0
    for index, data in enumerate(mutations(valid, seed=2358, count=COUNT // 20)):
        try:
            tokens = asn1.decode(Pdu.H225, data)["h323-uu-pdu"]["h323-message-body"][1].get("tokens", ())
        except (Asn1Error, KeyError, AttributeError, TypeError):
            continue
        ours = KeyAgreement(random.Random(index))
        answer = ours.answer(tokens)
        assert bool(answer) == bool(ours.secret)
        agreed += bool(answer)
    for group in GROUPS:
        for public in (0, 1, group.prime - 1, group.prime, rng.getrandbits(group.bits + 64)):
            ours = KeyAgreement(rng)
            told = {"halfkey": (public, group.bits), "modSize": (0, 0), "generator": (0, 0)}
            taken = ours.answer(({"tokenOID": (0, 0, 8, 235, 0, 3, 24)}, {"tokenOID": group.token, "dhkey": told}))
            assert not (taken and not 1 < public < group.prime - 1)
    assert agreed > COUNT // 200


def _setup(tokens: tuple[object, ...]) -> bytes:
    return h225_codec.serialize(UserInformation(by_hand.setup(tokens=tokens)))
