"""Coming, being lost, coming back and being put out, as it is told."""

from __future__ import annotations

import pytest

from loadtests.agent.flow import FIRST_FRAME, FIRST_SOUND, JOIN, Flow
from loadtests.wire import Happened


class Case:
    def __init__(self) -> None:
        self.told: list[Happened] = []
        self.flow = Flow(7, self.told.append)
        self.flow.begin(100.0)

    def comes_in(self) -> Flow:
        flow = self.flow
        flow.signaling_came(100.1)
        flow.packet(100.5)
        flow.note(FIRST_SOUND, 100.5)
        flow.note(FIRST_FRAME, 101.0)
        flow.enter()
        return flow


def test_figures_of_coming_are_those_of_the_first_time() -> None:
    case = Case()
    assert case.flow.missing == [JOIN, FIRST_FRAME, FIRST_SOUND]
    flow = case.comes_in()
    flow.note(FIRST_FRAME, 105.0)
    flow.packet(106.0)
    assert flow.figures == pytest.approx({JOIN: 0.5, FIRST_SOUND: 0.5, FIRST_FRAME: 1.0})
    assert not flow.missing
    assert case.told == []


def test_what_is_lost_before_being_in_is_not_told() -> None:
    case = Case()
    case.flow.signaling_came(100.1)
    case.flow.packet(100.2)
    case.flow.signaling_lost(100.3)
    case.flow.media_lost(100.3)
    assert case.told == []
    case.flow.packet(100.9)
    assert case.flow.figures == pytest.approx({JOIN: 0.2})


@pytest.mark.parametrize("first", ["signaling", "media"])
def test_a_return_takes_from_the_first_loss_to_the_last_return(first: str) -> None:
    case = Case()
    flow = case.comes_in()
    losses = {"signaling": flow.signaling_lost, "media": flow.media_lost}
    losses.pop(first)(200.0)
    (second,) = losses.values()
    second(200.5)
    flow.signaling_came(203.0)
    assert [happened.what for happened in case.told] == ["media lost"]
    assert case.told[0].detail == first
    flow.packet(204.0)
    flow.packet(204.1)
    assert [(happened.what, happened.seconds, happened.failed) for happened in case.told[1:]] == [
        ("reconnect", 4.0, "")
    ]
    flow.signaling_lost(300.0)
    flow.signaling_lost(300.5)  # another attempt failed
    flow.signaling_came(301.0)
    assert [(happened.what, happened.seconds) for happened in case.told[2:]] == [
        ("media lost", 0.0),
        ("reconnect", 1.0),
    ]


@pytest.mark.parametrize(
    ("reason", "failed"), [("conference-ended", ""), ("removed", "removed"), ("superseded", "superseded"), ("", "gone")]
)
def test_an_end_that_nobody_asked_for_is_told_with_the_servers_reason(reason: str, failed: str) -> None:
    case = Case()
    case.comes_in().end("gone", reason, "", 200.0)
    assert case.told == [Happened(who=7, what="ended", failed=failed, detail=reason)]


def test_who_is_not_let_in_again_has_failed_to_come_back() -> None:
    case = Case()
    flow = case.comes_in()
    flow.media_lost(200.0)
    flow.end("refused", "", "conference-full: It is full.", 202.0)
    assert case.told[1:] == [
        Happened(who=7, what="reconnect", seconds=2.0, failed="refused", detail="conference-full: It is full.")
    ]
    other = Case()
    other.comes_in().end("bug", "", "ZeroDivisionError", 202.0)
    assert other.told == [Happened(who=7, what="ended", failed="bug", detail="ZeroDivisionError")]


def test_who_leaves_is_not_told_about() -> None:
    case = Case()
    flow = case.comes_in()
    flow.leave()
    flow.media_lost(200.0)
    flow.signaling_lost(200.0)
    flow.end("gone", "left", "", 200.1)
    assert case.told == []
    early = Case()
    early.flow.end("refused", "", "full", 100.0)  # the reply to `Enter` tells it
    assert early.told == []


def test_who_stays_has_signaling_and_media() -> None:
    case = Case()
    assert not case.flow.stays
    flow = case.comes_in()
    assert flow.stays
    flow.signaling_lost(110.0)
    assert not flow.stays
    flow.signaling_came(111.0)
    assert flow.stays
    flow.media_lost(112.0)
    assert not flow.stays
    flow.packet(113.0)
    assert flow.stays
    flow.leave()
    assert not flow.stays
