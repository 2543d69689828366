"""Whose picture may stand on a server that says that it is short of CPU."""

from __future__ import annotations

import msgspec
import pytest

from loadtests.checks.looking import Look
from loadtests.checks.pictures import judge_pictures
from loadtests.checks.strain import FULL_RATE, HEED_SECONDS, may_stand
from loadtests.findings import Fault, Limits
from loadtests.recording import Present, Recording, Sent
from mcu.processor.overload import STEPS, Moving
from tests.loadtests.checks.meeting import BEGIN, Broken, Meeting, record

FPS, LIMIT = 25, 2.0
STILL = (100.0, 102.8)
Span = tuple[float, float]


def recording(*speaking: tuple[Span, ...], strangers: bool = False) -> Recording:
    return Recording(
        who=0,
        codec="VP8",
        begin=100.0,
        end=103.0,
        frames=(),
        layouts=(),
        present=(Present(99.0, -1, muted=not strangers, camera_off=False),),
        sound=b"",
        sound_begin=100.0,
        concealed_samples=0,
        played_samples=0,
        sent=tuple(Sent(person=who, pictures=(), spoken=(), speaking=spans) for who, spans in enumerate(speaking)),
        fps=FPS,
    )


def stands(found: Recording, rate: float, *, who: int = 1, late: float = 0.1) -> bool:
    looks = [Look(99.0 + index / rate, {}) for index in range(round(5 * rate))]
    return may_stand(who, STILL, looks, found, late=late, limit=LIMIT)


def test_the_rate_is_above_that_of_steps_in_which_pictures_stand() -> None:
    most = max(1 / step.divisor for step in STEPS if step.moving is not Moving.ALL)
    assert most < FULL_RATE < 1.0


def test_a_silent_person_stands_where_few_composites_come() -> None:
    silent = recording((), ())
    assert stands(silent, FPS / 3)
    assert stands(silent, FPS / 2)
    assert not stands(silent, FPS)


@pytest.mark.parametrize(
    ("spans", "may"),
    [
        (((96.0, 103.0),), False),
        (((99.0, 103.0),), True),  # too short after being heeded
        (((100.6 - HEED_SECONDS, 103.0),), False),
        (((101.0 - HEED_SECONDS, 103.0),), True),
        (((96.0, 99.0), (99.2, 101.0)), True),
    ],
)
def test_who_speaks_alone_has_to_move(spans: tuple[Span, ...], may: bool) -> None:
    assert stands(recording((), spans), FPS / 5) is may


def test_of_several_who_speak_the_server_may_move_one() -> None:
    whole = ((96.0, 103.0),)
    assert stands(recording(whole, whole), FPS / 5)
    assert not stands(recording(((96.0, 97.0),), ((94.0, 103.0),)), FPS / 5)
    assert stands(recording((), whole, strangers=True), FPS / 5)


def test_a_speaker_who_stands_on_a_server_that_is_short_of_cpu_is_found() -> None:
    frozen = record(Meeting(people=4, rung=1, broken=Broken(frozen={1: -3.0, 2: -3.0})))
    sent = tuple(
        msgspec.structs.replace(each, speaking=((BEGIN - 3.0, BEGIN + 3.0),)) if each.person == 1 else each
        for each in frozen.sent
    )
    slow = msgspec.structs.replace(frozen, sent=sent, strained=True, fps=60)
    found = judge_pictures(slow, Limits())
    assert [(finding.fault, finding.people) for finding in found.findings] == [(Fault.TILE_FROZEN, (1,))]
    assert any(text.startswith("the tile of 2 stood still") for text in found.unjudged)
    fast = msgspec.structs.replace(slow, fps=FPS)
    assert [finding.people for finding in judge_pictures(fast, Limits()).findings] == [(1, 2)]
