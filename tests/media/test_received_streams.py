"""Which source of a picture is the current one."""

from __future__ import annotations

import itertools

import pytest

from mcu.media import rtcp
from tests.fakes.rtp_sessions import DELTA, KEY, frame, received, sent, session


class Cameras:
    """Sources of one stream that send a whole picture with every packet, on a made-up clock."""

    def __init__(self) -> None:
        self.made = session()
        self.now = 1.0
        self.asked: list[object] = []  # all that was said to the sender
        self._numbers: dict[int, int] = {}

    def send(self, *ssrcs: int, seconds: float = 0.0, payload: bytes = KEY) -> list[int]:
        """Every 40 ms one packet of each, at least once; which of them gave a picture."""
        seen = []
        for _ in range(max(1, round(seconds / 0.04))):
            self.now += 0.04
            for ssrc in ssrcs:
                number = self._numbers[ssrc] = self._numbers.get(ssrc, 0) + 1
                self.made.receive_rtp(frame(number, payload, ssrc=ssrc, mid="1"), self.now)
                seen += [ssrc] * len(received(self.made.events_received()))
            self.made.handle_timer(self.now)
            self.asked += sent(self.made)
        return seen


@pytest.mark.parametrize("strays", [1, 2])
def test_stray_packets_of_another_source_cost_nothing_and_are_counted(strays: int) -> None:
    cameras = Cameras()
    cameras.send(1111)
    for _ in range(strays):
        cameras.made.receive_rtp(frame(9, ssrc=2000, mid="1"), cameras.now)
    assert len(cameras.send(1111, seconds=4.0)) == 100
    assert cameras.made.counters["unroutable"] == strays


def test_a_new_source_takes_over_with_all_of_its_packets() -> None:
    cameras = Cameras()
    cameras.send(1111, seconds=1.0)
    assert cameras.send(2000, seconds=1.0) == [2000] * 25


def test_a_former_source_comes_back_when_the_other_is_quiet_and_is_asked_for_a_keyframe() -> None:
    cameras = Cameras()
    cameras.send(1111, seconds=1.0)
    cameras.send(2000, seconds=1.0)
    before = cameras.made.counters["unroutable"]
    cameras.asked.clear()
    assert cameras.send(1111, seconds=1.0, payload=DELTA) == []
    assert cameras.made.counters["unroutable"] - before == pytest.approx(12, abs=1)  # half a second
    assert rtcp.PictureLoss(7, 1111) in cameras.asked
    assert len(cameras.send(1111, seconds=600.0)) == 15_000


def test_a_source_that_was_taken_for_a_moment_gives_way() -> None:
    cameras = Cameras()
    cameras.send(1111, seconds=1.0)
    for _ in range(3):
        cameras.made.receive_rtp(frame(9, ssrc=2000, mid="1"), cameras.now)
    assert len(cameras.send(1111, seconds=4.0)) > 84


def test_sources_that_send_at_once_do_not_take_turns_and_every_packet_is_counted() -> None:
    cameras = Cameras()
    cameras.send(1111)
    both = cameras.send(1111, 2000, seconds=4.0)
    assert set(both) == {1111}
    assert cameras.made.counters["unroutable"] == 100
    burst = [2000] * 5 + [1111] * 5
    turns = cameras.send(*burst, seconds=4.0)
    changes = sum(one != other for one, other in itertools.pairwise(turns))
    assert changes <= 1
    assert len(turns) + cameras.made.counters["unroutable"] - 100 == pytest.approx(1_000, abs=3)


def test_a_crowd_of_sources_does_not_take_turns_either() -> None:
    cameras = Cameras()
    cameras.send(1111)
    seen = cameras.send(1111, *range(2_000, 2_020), seconds=4.0)
    assert seen == [1111] * 100
