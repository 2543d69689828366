"""Enciphered channels (H.235.6) of a room's leg."""

from __future__ import annotations

import pytest

from mcu._native import packets
from mcu._native.packets import build_rtp
from mcu.control import RtpChannel
from mcu.h323.media_cipher import MediaCipher
from tests.h323.leg_world import AUDIO, BOTH, MAIN, PORT, ROOM, World, received, sent

OUR_KEY, THEIR_KEY = bytes(range(16)), bytes(range(16, 32))


@pytest.fixture
def world() -> World:
    return World()


def enciphered(world: World, *, ours: bytes = OUR_KEY, theirs: bytes = THEIR_KEY) -> None:
    there = RtpChannel("sent", "audio", "PCMA", 120, 8_000, rtp=(ROOM, PORT[AUDIO]), key=ours)
    here = RtpChannel("received", "audio", "PCMA", 120, 8_000, key=theirs)
    world.open(here, there, received(MAIN), sent(MAIN))


def sealed(payload: bytes, number: int, key: bytes = THEIR_KEY) -> bytes:
    clear = build_rtp(payload, payload_type=120, sequence_number=number, timestamp=160 * number, ssrc=7)
    return MediaCipher(key).seal(clear)


@pytest.mark.parametrize("payload", [bytes(range(160)), b"odd", bytes(range(161))])
def test_what_a_leg_sends_is_enciphered_for_itself_alone(world: World, payload: bytes) -> None:
    other = World()
    other.open(*BOTH)
    enciphered(world)
    streams = [world.leg.sent[AUDIO], other.leg.sent[AUDIO]]
    for beat in range(3):
        assert packets.send([payload], timestamp=160 * beat, streams=streams, now=world.clock) == 2
    for data in world.ports[AUDIO].packets:
        assert payload not in data
        assert packets.parse_rtp(MediaCipher(OUR_KEY).open(data)).payload == payload
    assert [packets.parse_rtp(data).payload for data in other.ports[AUDIO].packets] == [payload] * 3
    assert world.ports[AUDIO].aimed == (ROOM, PORT[AUDIO])
    assert streams[0].packets == 3  # as its reports say


def test_what_a_leg_receives_is_deciphered(world: World) -> None:
    enciphered(world)
    for number in range(10):
        world.datagram(AUDIO, sealed(bytes(160 + number % 2), number))
    assert world.leg.audio is not None
    assert world.leg.audio.counters.received == 10
    world.datagram(AUDIO, b"\x80")
    world.datagram(AUDIO, sealed(bytes(160), 11)[:27])
    world.datagram(AUDIO, sealed(bytes(160), 12), (ROOM, 9_999))
    world.datagram(AUDIO, sealed(bytes(160), 13), ("10.9.9.9", PORT[AUDIO]))
    counters = world.leg.datagram_counters
    assert (counters["undecipherable"], counters["wrong_source"], counters["keepalives"]) == (1, 2, 1)
    assert world.leg.audio.counters.received == 10


def test_a_new_key_takes_the_place_of_the_former(world: World) -> None:
    enciphered(world)
    before = world.leg.sent[AUDIO]
    enciphered(world, ours=bytes(16), theirs=OUR_KEY)
    assert world.leg.sent[AUDIO] is before
    packets.send([b"sound"], timestamp=0, streams=[before], now=world.clock)
    assert packets.parse_rtp(MediaCipher(bytes(16)).open(world.ports[AUDIO].packets[-1])).payload == b"sound"
    world.datagram(AUDIO, sealed(bytes(160), 1, OUR_KEY))
    assert world.leg.audio is not None
    assert world.leg.audio.counters.received == 1


def test_from_enciphered_to_clear_and_back(world: World) -> None:
    enciphered(world)
    world.open(*BOTH)
    packets.send([b"sound"], timestamp=0, streams=[world.leg.sent[AUDIO]], now=world.clock)
    assert packets.parse_rtp(world.ports[AUDIO].packets[-1]).payload == b"sound"
    world.packet(AUDIO, bytes(160), 1)
    assert world.leg.audio is not None
    assert world.leg.audio.counters.received == 1
    enciphered(world)
    packets.send([b"sound"], timestamp=0, streams=[world.leg.sent[AUDIO]], now=world.clock)
    assert b"sound" not in world.ports[AUDIO].packets[-1]
