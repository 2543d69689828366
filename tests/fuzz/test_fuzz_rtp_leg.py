"""Datagrams from anybody to a room's ports: counted or understood, and no exception."""

from __future__ import annotations

from mcu._native.packets import build_rtp
from mcu.errors import ProtocolError
from mcu.h323 import key_tones
from mcu.media import rtcp
from mcu.media.types import StreamKind
from tests.fuzz.mutations import INPUTS, mutations
from tests.h323.leg_world import BOTH, EVENTS, PORT, ROOM, World

KEY = bytes((5, 0x8A, 1, 0x40))


def rtp(payload: bytes, payload_type: int, *, marker: bool = False) -> bytes:
    return build_rtp(payload, payload_type=payload_type, sequence_number=7, timestamp=1_000, ssrc=7, marker=marker)


SEEDS = [
    rtp(bytes(160), 8),
    rtp(b"\x67\x42\x00\x1f\xda\x01\x40\x16\xe8", 109),
    rtp(b"\x65\x88\x84\x00\x33\xff", 109, marker=True),
    rtp(b"\x7c\x85\x88\x84\x00\x33\xff", 109, marker=True),
    rtp(KEY, EVENTS, marker=True),
    rtcp.serialize([rtcp.ReceiverReport(7), rtcp.SourceDescription(((7, "room"),)), rtcp.Goodbye((7,))]),
    rtcp.serialize([rtcp.SenderReport(7, 1, 2, 3, 4), rtcp.PictureLoss(7, 8)]),
    b"",
    b"\0",
]


def test_whatever_comes_to_the_ports_raises_nothing() -> None:
    world = World()
    world.open(*BOTH)
    kinds = (StreamKind.AUDIO, StreamKind.MAIN)
    taken = 0
    for index, data in enumerate(mutations(SEEDS, seed=3550)):
        kind = kinds[index % 2]
        arrivals = world.ports[kind].arrivals
        assert arrivals is not None
        world.clock += 0.001
        if index % 5 == 0:
            arrivals.receive_report(data, (ROOM, PORT[kind] + 1), world.clock)
        else:
            taken += 1
            if index % 1_000 == 1:
                world.run(3)  # the source is sought anew
            arrivals.receive_unknown(data, (ROOM, PORT[kind]), world.clock)
        if index % 50 == 0:
            world.run(0.02)
    assert taken > INPUTS // 2
    assert world.leg.rtp_counters["rtcp_received"] > 0
    assert world.leg.connected
    assert all(
        told.split()[0] in ("connected", "state", "requested", "needed", "digit", "updated") for told in world.told
    )


def test_a_damaged_key_is_a_key_or_a_protocol_error() -> None:
    keys = 0
    for data in mutations([KEY, bytes(8)], seed=4733, count=INPUTS // 10):
        assert 0 <= key_tones.duration(data) <= 0xFFFF
        try:
            event, _ = key_tones.parse(data)
        except ProtocolError:
            continue
        keys += 0 <= event <= 255
    assert keys > INPUTS // 20
