"""RTP payloads in AES-128-CBC: against published vectors, both ways, and what is not to be taken."""

from __future__ import annotations

import random

import pytest

from mcu._native.packets import build_rtp, parse_rtp
from mcu.h323.media_cipher import BLOCK, CipherError, MediaCipher

KEY = bytes(range(16))

# RFC 3962 appendix B: ciphertext stealing as in H.235.6 (the last two blocks exchanged), with a vector of zeros.
RFC_3962_KEY = b"chicken teriyaki"
RFC_3962_TEXT = b"I would like the General Gau's Chicken, please, and wonton soup."
RFC_3962 = {
    17: "c6353568f2bf8cb4d8a580362da7ff7f97",
    31: "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5",
    47: "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5",
}
# NIST SP 800-38A F.2.1: CBC-AES128, first two blocks.
NIST_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
NIST_TEXT = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")


def packet(payload: bytes, *, number: int = 0, timestamp: int = 0, marker: bool = False) -> bytes:
    return build_rtp(payload, payload_type=120, sequence_number=number, timestamp=timestamp, ssrc=7, marker=marker)


@pytest.mark.parametrize("size", RFC_3962)
def test_ciphertext_stealing_is_that_of_the_published_vectors(size: int) -> None:
    enciphered = packet(bytes.fromhex(RFC_3962[size]))
    assert parse_rtp(MediaCipher(RFC_3962_KEY).open(enciphered)).payload == RFC_3962_TEXT[:size]


def test_the_cipher_is_that_of_the_published_vector_and_the_vector_from_number_and_timestamp() -> None:
    """The first block of CBC is the cipher alone over block and vector."""
    number, timestamp = 0x0102, 0x03040506
    vector = bytes.fromhex("01020304050601020304050601020304")
    first = bytes(a ^ b for a, b in zip(NIST_TEXT[:BLOCK], vector, strict=True))
    sealed = MediaCipher(NIST_KEY).seal(packet(first, number=number, timestamp=timestamp))
    assert sealed[12:] == bytes.fromhex("3ad77bb40d7a3660a89ecaf32466ef97")  # SP 800-38A F.1.1: the block in ECB


@pytest.mark.parametrize("size", [*range(1, 66), 160, 1200, 1400])
def test_what_is_sealed_can_be_opened(size: int) -> None:
    rng = random.Random(size)
    cipher, payload = MediaCipher(KEY), rng.randbytes(size)
    clear = packet(payload, number=rng.getrandbits(16), timestamp=rng.getrandbits(32), marker=bool(size % 2))
    sealed = cipher.seal(clear)
    assert cipher.open(sealed) == clear
    assert sealed[1:12] == clear[1:12]
    assert len(sealed) == 12 + -(-size // BLOCK) * BLOCK
    assert bool(sealed[0] & 0x20) == bool(size % BLOCK)
    if size >= 4:
        assert payload not in sealed


def test_headers_may_have_sources_and_an_extension() -> None:
    header = bytes.fromhex("92780001000000010000000700000008000000 09bede0001aabbccdd")
    clear = header + b"sound"
    assert MediaCipher(KEY).open(MediaCipher(KEY).seal(clear)) == clear
    assert MediaCipher(KEY).seal(clear)[1 : len(header)] == header[1:]


def test_packets_without_payload_pass() -> None:
    assert MediaCipher(KEY).open(packet(b"")) == packet(b"")


@pytest.mark.parametrize(
    "flawed",
    [
        b"",
        bytes(11),
        bytes(12),  # version 0
        packet(bytes(15)),  # no whole block
        bytes((0xA0,)) + packet(bytes(17))[1:],  # padded, and no whole blocks
        bytes((0x8F,)) + packet(b"")[1:],  # sources that are not there
        bytes((0x90,)) + packet(b"")[1:],  # an extension that is not there
    ],
)
def test_what_is_no_enciphered_rtp_is_refused(flawed: bytes) -> None:
    with pytest.raises(CipherError):
        MediaCipher(KEY).open(flawed)


def test_a_wrong_key_gives_nothing_of_what_was_said() -> None:
    refused = 0
    for number in range(200):
        payload = random.Random(number).randbytes(21)
        sealed = MediaCipher(KEY).seal(packet(payload, number=number))
        try:
            opened = MediaCipher(bytes(16)).open(sealed)
        except CipherError:
            refused += 1
            continue
        assert payload[:8] not in opened
    assert refused > 150  # of 256 values of the last byte 16 are padding


@pytest.mark.parametrize("size", [0, 15, 24, 32])
def test_keys_of_other_sizes_are_no_keys(size: int) -> None:
    with pytest.raises(ValueError, match="key"):
        MediaCipher(bytes(size))
