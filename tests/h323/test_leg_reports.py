"""A room's leg and RTCP: reports both ways, the loss they tell of, and keyframes."""

from __future__ import annotations

import pytest

from mcu._native import packets
from mcu.h323.leg import KEYFRAME_SECONDS
from mcu.media import rtcp
from tests.h323.leg_world import AUDIO, BOTH, MAIN, PORT, ROOM, World, received, sent


@pytest.fixture
def world() -> World:
    return World()


def test_reports_come_at_the_intervals_of_avp_and_name_one_source(world: World) -> None:
    world.open(*BOTH)
    begin = world.clock
    while world.clock < begin + 60:
        packets.send([bytes(160)], timestamp=0, streams=[world.leg.sent[AUDIO]], now=world.clock, marker_last=False)
        world.run(0.1)
    reports = world.ports[AUDIO].reports
    assert 8 <= len(reports) <= 25
    assert {place for _, place in reports} == {(ROOM, PORT[AUDIO] + 1)}
    ours = world.leg.sent[AUDIO].ssrc
    last = rtcp.parse(reports[-1][0])
    assert isinstance(last[0], rtcp.SenderReport)
    assert last[0].ssrc == ours
    assert [p for p in last if isinstance(p, rtcp.SourceDescription)] == last[1:]
    assert len(last) == 2


def test_reports_go_next_to_the_packets_when_no_channel_says_where(world: World) -> None:
    world.open(sent(AUDIO, rtcp=("", 0)))
    world.run(10)
    assert {place for _, place in world.ports[AUDIO].reports} == {(ROOM, PORT[AUDIO] + 1)}


def test_reports_on_the_port_of_the_packets_are_understood(world: World) -> None:
    world.open(*BOTH)
    ours = world.leg.sent[MAIN].ssrc
    data = rtcp.serialize([rtcp.ReceiverReport(7), rtcp.PictureLoss(7, ours)])
    world.datagram(MAIN, data)
    assert world.told[-1] == "requested main"
    assert world.ports[MAIN].bound == ("", 0)  # only the stream itself says where it comes from


def test_a_report_is_heeded_although_a_name_behind_it_is_broken(world: World) -> None:
    world.open(*BOTH)
    world.packet(AUDIO, bytes(160), 1)
    arrivals = world.ports[MAIN].arrivals
    assert arrivals is not None
    ours = world.leg.sent[MAIN].ssrc
    names = b"\x81\xca\0\3" + bytes(4) + b"\1\6roomab"  # no end of the list of items
    data = rtcp.serialize([rtcp.ReceiverReport(7), rtcp.PictureLoss(7, ours)]) + names + b"\xff\xff"
    arrivals.receive_report(data, (ROOM, PORT[MAIN] + 1), world.clock)
    assert world.told[-1] == "requested main"
    assert world.leg.rtp_counters["malformed_rtcp"] == 1


def test_reported_loss_takes_and_gives_back(world: World) -> None:
    world.open(received(AUDIO), sent(AUDIO), sent(MAIN, bitrate=600_000))
    stream = world.leg.sent[MAIN]

    def lose(share: float, reports: int) -> None:
        for _ in range(reports):
            for _ in range(50):
                packets.send([bytes(1_000)], timestamp=0, streams=[stream], now=world.clock)
                world.run(0.02)
            block = rtcp.ReportBlock(stream.ssrc, int(256 * share), 0, 0, 0, 0, 0)
            world.report(MAIN, rtcp.ReceiverReport(7, (block,)))
            world.report(MAIN, rtcp.ReceiverReport(7))  # says nothing of ours

    full = world.leg.budget(0.0)
    lose(0.0, 3)
    assert world.leg.budget(0.0) == full
    lose(0.3, 3)
    low = world.leg.budget(0.0)
    assert low < 400_000
    assert world.leg.budget(0.0, 2 * low) == 2 * low
    assert world.leg.loss > 0.1
    lose(0.05, 3)
    assert world.leg.budget(0.0) == low
    lose(0.0, 60)
    assert world.leg.budget(0.0) == full


def test_a_keyframe_is_asked_for_by_call_control_and_not_too_often(world: World) -> None:
    world.open(*BOTH)
    world.packet(MAIN, b"\x61abc", 1, marker=True)  # a slice that refers to what nobody has
    world.run(0.05)
    assert world.told == ["connected", "needed main"]
    for number in range(2, 100):
        world.run(0.05)
        world.packet(MAIN, b"\x61abc", number, marker=True)
        world.leg.request_keyframe(MAIN)
    asked = world.told.count("needed main")
    assert 3 <= asked <= 1 + 5 / KEYFRAME_SECONDS
    assert world.frames == []


def test_call_control_asks_for_a_keyframe_and_the_bridge_is_told(world: World) -> None:
    world.leg.send_keyframe(MAIN)
    assert world.told == []
    world.open(*BOTH)
    world.leg.send_keyframe(MAIN)
    assert world.told == ["connected", "requested main"]
