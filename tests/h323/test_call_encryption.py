"""Two calls back to back with media keys (H.235.6), with and without them on the other side."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from pathlib import Path

import pytest

from mcu.h323.call_options import CallOptions
from mcu.h323.channels import Channel, Direction
from mcu.h323.events import EndReason
from mcu.h323.h245_codec import build
from mcu.h323.h245_messages import EncryptionUpdate
from mcu.h323.media_keys import Encryption
from mcu.media.types import StreamKind
from tests.h323 import shark
from tests.h323.call_pair import USUAL, Pair, call_in, call_out

KINDS = (StreamKind.AUDIO, StreamKind.MAIN)
VARIANTS = [
    CallOptions(fast_start=fast, tunnelling=tunnelling, h245_in_setup=early)
    for fast, tunnelling, early in itertools.product((False, True), repeat=3)
]


def options(encryption: Encryption, base: CallOptions = USUAL, seed: int = 7) -> CallOptions:
    return replace(base, encryption=encryption, key_source=random.Random(seed))


def called(caller: CallOptions, callee: CallOptions, *, seed: int = 1, is_mcu: bool = True) -> Pair:
    pair = Pair(call_out(caller, seed=seed), call_in(callee, seed=seed + 1, is_mcu=is_mcu), seed=seed)
    pair.run(20)
    return pair


def both_ends(pair: Pair) -> list[tuple[Channel, Channel]]:
    """Each open channel as its sender and its receiver have it."""
    return [
        (sender.channels()[Direction.SENT, kind], receiver.channels()[Direction.RECEIVED, kind])
        for sender, receiver in ((pair.caller, pair.callee), (pair.callee, pair.caller))
        for kind in KINDS
    ]


def enciphered(pair: Pair) -> None:
    keys = set()
    for sent, received in both_ends(pair):
        assert sent.media.ciphered
        assert received.media.ciphered
        assert sent.key == received.key
        assert len(sent.key) == 16
        assert sent.media.payload_type == received.media.payload_type >= 96
        assert sent.media.codec == received.media.codec
        keys.add(sent.key)
    assert len(keys) == 4  # each channel has one of its own
    assert pair.caller.ended() is pair.callee.ended() is None


def in_the_clear(pair: Pair) -> None:
    for sent, received in both_ends(pair):
        assert not sent.media.ciphered
        assert sent.key == received.key == b""
        assert sent.media.payload_type == received.media.payload_type


@pytest.mark.parametrize("base", VARIANTS)
@pytest.mark.parametrize("is_mcu", [False, True])
def test_every_way_of_beginning_ends_in_enciphered_media(base: CallOptions, is_mcu: bool) -> None:
    """With either side as the master, who makes the keys."""
    pair = called(options(Encryption.OFFERED, base), options(Encryption.OFFERED, base, 8), is_mcu=is_mcu)
    enciphered(pair)


@pytest.mark.parametrize("seed", range(10))
def test_whoever_becomes_master(seed: int) -> None:
    pair = called(
        options(Encryption.REQUIRED, seed=seed), options(Encryption.OFFERED, seed=seed + 50), seed=seed, is_mcu=False
    )
    enciphered(pair)


@pytest.mark.parametrize("base", VARIANTS)
@pytest.mark.parametrize("ours", [True, False])
def test_with_a_peer_that_knows_nothing_of_it_media_are_in_the_clear(base: CallOptions, ours: bool) -> None:
    offering, plain = options(Encryption.OFFERED, base), base
    in_the_clear(called(offering, plain) if ours else called(plain, offering))


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("base", VARIANTS)
def test_where_it_is_required_there_is_no_call_without(base: CallOptions, ours: bool) -> None:
    required = options(Encryption.REQUIRED, base)
    pair = called(required, base) if ours else called(base, required)
    for side in (pair.caller, pair.callee):
        assert side.ended().reason is EndReason.NOT_ALLOWED  # type: ignore[union-attr]
        assert side.channels() == {}


def test_what_is_required_on_both_sides_is_there() -> None:
    enciphered(called(options(Encryption.REQUIRED), options(Encryption.REQUIRED, seed=9)))


def test_keys_differ_from_call_to_call() -> None:
    first, second = (
        called(options(Encryption.OFFERED, seed=s), options(Encryption.OFFERED, seed=s + 1)) for s in (1, 5)
    )
    ours, theirs = ({sent.key for sent, _ in both_ends(pair)} for pair in (first, second))
    assert not ours & theirs


def test_no_key_is_seen_on_the_line() -> None:
    pair = called(options(Encryption.OFFERED), options(Encryption.OFFERED, seed=9))
    line = b"".join(data for side in (pair.caller, pair.callee) for _, data in side.sent)
    for sent, _ in both_ends(pair):
        assert sent.key not in line


@pytest.mark.parametrize("tunnelling", [False, True])
@shark.needs_tshark
def test_tshark_understands_all_of_it(tunnelling: bool, tmp_path: Path) -> None:
    base = CallOptions(tunnelling=tunnelling)
    pair = called(options(Encryption.OFFERED, base), options(Encryption.OFFERED, base, 9))
    enciphered(pair)
    port = {"signaling": shark.CALL_SIGNALING, "control": shark.CONTROL}
    for side in (pair.caller, pair.callee):
        sent = [(port[way], data) for way, data in side.sent]
        assert shark.malformed(sent, tmp_path) == []
        assert len(shark.summaries(sent, tmp_path)) == len(sent)
        assert len(side.sent[0][1]) < 4_000


def test_the_master_may_change_a_key() -> None:
    pair = called(options(Encryption.OFFERED), options(Encryption.OFFERED, seed=9))
    assert pair.callee.call.h245 is not None
    assert pair.callee.call.h245.is_master  # a bridge
    keys = pair.callee.call.h245._channels.keys
    assert keys is not None
    number = pair.callee.call.h245._channels.received_number(StreamKind.AUDIO)
    key, sync = keys.make(123)
    update = EncryptionUpdate(number, sync, "slaveToMaster")
    pair.caller.call.h245.receive(build(update), pair.now)  # type: ignore[union-attr]
    pair.run(1)
    channel = pair.caller.channels()[Direction.SENT, StreamKind.AUDIO]
    assert (channel.key, channel.media.payload_type) == (key, 123)
    before = pair.caller.channels()
    for wrong in (replace(sync, key=b"\xff"), replace(sync, key=b"\0"), replace(sync, flag=8), replace(sync, flag=255)):
        pair.caller.call.h245.receive(build(EncryptionUpdate(number, wrong)), pair.now)  # type: ignore[union-attr]
    pair.caller.call.h245.receive(build(EncryptionUpdate(999, sync)), pair.now)  # type: ignore[union-attr]
    pair.run(1)
    assert pair.caller.channels() == before
    assert pair.caller.ended() is None
