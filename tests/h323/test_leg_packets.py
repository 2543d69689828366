"""What comes to a room's ports, and from where: translators, keepalives, comfort noise, keys, strangers."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mcu.h323.compound import MAX_PARTS
from mcu.h323.medium_receiver import MAX_REPORTS
from mcu.h323.medium_sender import KEEPALIVE_SECONDS
from mcu.media import rtcp
from tests.h323.leg_world import AUDIO, BOTH, EVENTS, MAIN, PORT, ROOM, World, received, sent


@pytest.fixture
def world() -> World:
    return World()


def test_a_room_behind_a_translator_is_sent_to_where_it_is(world: World) -> None:
    public = "198.41.0.4"
    world.open(received(MAIN), sent(MAIN), sources=(ROOM, public))
    assert world.ports[MAIN].aimed == (ROOM, PORT[MAIN])
    world.packet(MAIN, b"\x67abc", 1, source=(public, 40_000))
    assert world.ports[MAIN].aimed == world.ports[MAIN].bound == (public, 40_000)
    arrivals = world.ports[MAIN].arrivals
    assert arrivals is not None
    arrivals.receive_report(rtcp.serialize([rtcp.ReceiverReport(7)]), (public, 40_017), world.clock)
    world.run(10)
    assert world.ports[MAIN].reports[-1][1] == (public, 40_017)


def test_a_room_that_says_not_yet_is_sent_to_once_it_is_known(world: World) -> None:
    world.open(received(AUDIO), sent(AUDIO, rtp=("0.0.0.0", 0), rtcp=("", 0)))
    assert world.leg.connected
    assert AUDIO not in world.leg.sent
    world.packet(AUDIO, bytes(160), 1)
    assert AUDIO in world.leg.sent
    assert world.told == ["connected", "updated"]


def test_addresses_are_the_same_in_any_form(world: World) -> None:
    world.open(received(AUDIO), sent(AUDIO, rtp=(f"::ffff:{ROOM}", 6_000)), sources=(f"::ffff:{ROOM}",))
    assert world.ports[AUDIO].aimed == (ROOM, 6_000)
    world.packet(AUDIO, bytes(160), 1)
    assert world.ports[AUDIO].bound == (ROOM, PORT[AUDIO])


def test_keepalives_are_no_errors_and_no_gaps(world: World) -> None:
    world.open(*BOTH)
    arrivals = world.ports[AUDIO].arrivals
    assert arrivals is not None
    arrivals.receive_unknown(b"", (ROOM, PORT[AUDIO]), world.clock)
    arrivals.receive_unknown(b"\0", (ROOM, PORT[AUDIO]), world.clock)
    arrivals.receive_report(b"\0", (ROOM, PORT[AUDIO] + 1), world.clock)
    world.packet(AUDIO, b"", 1)
    assert world.leg.datagram_counters == {"keepalives": 4, "latched": 1}
    assert world.ports[AUDIO].bound == (ROOM, PORT[AUDIO])


def test_an_open_channel_on_which_nothing_is_sent_is_kept_open(world: World) -> None:
    world.open(*BOTH)
    world.run(3 * KEEPALIVE_SECONDS)
    assert 1 <= len(world.ports[MAIN].keepalives) <= 3
    assert set(world.ports[MAIN].keepalives) == {(ROOM, PORT[MAIN])}


def test_comfort_noise_is_silence_and_no_loss(world: World) -> None:
    world.open(*BOTH)
    for number in range(20):
        world.packet(AUDIO, bytes(160), number)
        world.run(0.02)
    world.packet(AUDIO, b"\x40", 20, payload_type=13)
    assert world.leg.rtp_counters["unroutable"] == 0
    assert world.leg.audio is not None
    for number in range(21, 41):
        world.packet(AUDIO, bytes(160), number, timestamp=160 * (number + 200))
        world.run(0.02)
        world.leg.audio.pull(world.clock)
    assert world.leg.audio.counters.lost == 0


def test_a_press_does_not_look_like_jitter(world: World) -> None:
    world.open(*BOTH)
    rng = np.random.default_rng(1)
    delays = []
    for tick in range(400):
        pressed = tick - 199  # blocks so far
        if 0 < pressed <= 63:  # 1.2 s, and the end twice again
            ended = 0x80 if pressed > 60 else 0
            payload = bytes((5, ended | 10)) + (160 * min(pressed, 61)).to_bytes(2, "big")
            world.packet(AUDIO, payload, tick, payload_type=EVENTS, marker=pressed == 1, timestamp=160 * 200)
        else:
            world.packet(AUDIO, rng.integers(0, 256, 160, np.uint8).tobytes(), tick)
        world.run(0.02)
        assert world.leg.audio is not None
        world.leg.audio.pull(world.clock)
        delays.append(world.leg.audio.target_delay)
    assert [told for told in world.told if told.startswith("digit")] == ["digit 5"]
    assert max(delays[200:]) <= delays[199] + 0.06
    assert world.leg.audio.counters.restarts == 0


def test_strangers_and_garbage_change_nothing(world: World) -> None:
    world.open(*BOTH)
    world.packet(AUDIO, bytes(160), 1)
    world.packet(MAIN, b"\x67abc", 1)
    before = dict(world.leg.sent), world.ports[AUDIO].aimed, list(world.told)
    rng = random.Random(3)
    for number in range(3_000):
        arrivals = world.ports[rng.choice((AUDIO, MAIN))].arrivals
        assert arrivals is not None
        source = (rng.choice(("10.9.9.9", ROOM)), rng.randrange(1, 65_536))
        data = rng.randbytes(rng.randrange(60))
        if number % 3:
            arrivals.receive_report(data, source, world.clock)
        elif source[0] != ROOM:
            arrivals.receive_unknown(data, source, world.clock)
    assert (dict(world.leg.sent), world.ports[AUDIO].aimed, world.told) == before
    counters = world.leg.datagram_counters
    assert counters["wrong_source"] > 1_000
    assert counters["reports_dropped"] > 500
    assert world.leg.rtp_counters["rtcp_received"] <= 2 * MAX_REPORTS * MAX_PARTS
