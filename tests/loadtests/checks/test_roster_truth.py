"""The roster that is told against what is known, right and wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec
import pytest

from loadtests.checks.roster_truth import judge_roster
from loadtests.findings import Fault, Limits
from loadtests.recording import Known, Present, Recording

FOLLOWED, BEGIN, END = 99.0, 100.0, 103.0
RECORDING = Recording(
    who=4,
    codec="VP8",
    begin=BEGIN,
    end=END,
    frames=(),
    layouts=(),
    present=(),
    sound=b"",
    sound_begin=BEGIN,
    concealed_samples=0,
    played_samples=0,
    sent=(),
    fps=25,
)


def recording(present: tuple[Present, ...], known: tuple[Known, ...], held: float = 0.0) -> Recording:
    return msgspec.structs.replace(RECORDING, present=present, known=known, held=held)


def line(person: int, since: float = FOLLOWED, **fields: bool) -> Present:
    return Present(since, person, **({"muted": False, "camera_off": False} | fields))


def own(person: int, since: float = 10.0, **fields: bool | None) -> Known:
    return Known(since, person, **({"here": True, "muted": False, "camera_off": False} | fields))  # type: ignore[arg-type]


def found(
    present: tuple[Present, ...], known: tuple[Known, ...], held: float = 0.0
) -> list[tuple[str, tuple[int, ...]]]:
    findings = judge_roster(recording(present, known, held), Limits())
    assert all(finding.fault is Fault.ROSTER_WRONG for finding in findings)
    return [(finding.detail, finding.people) for finding in findings]


def test_a_roster_that_is_right_is_no_fault() -> None:
    assert found((line(1), line(2, muted=True)), (own(1), own(2, muted=True))) == []


def test_whom_it_leaves_out() -> None:
    assert found((line(1),), (own(1), own(2), own(3))) == [
        ("the roster that 4 is told is without 2 and 3, who are in, for 4.0 s", (2, 3))
    ]
    assert found((line(1), line(2, here=False)), (own(1), own(2)))[0][1] == (2,)


@pytest.mark.parametrize(
    ("told", "known", "text"),
    [
        ({"muted": True}, {}, "4 is told for 4.0 s that 1 is muted, who is not"),
        ({}, {"muted": True}, "4 is told for 4.0 s that 1 is not muted, who is"),
        ({"camera_off": True}, {}, "4 is told for 4.0 s that the camera of 1 is off, which is on"),
        ({"hidden": True}, {}, "4 is told for 4.0 s that the camera of 1 is off, which is on"),
        ({}, {"camera_off": True}, "4 is told for 4.0 s that the camera of 1 is on, which is off"),
    ],
)
def test_what_it_says_wrongly(told: dict[str, bool], known: dict[str, bool], text: str) -> None:
    assert found((line(1, **told),), (own(1, **known),)) == [(text, (1,))]


@pytest.mark.parametrize("unsure", [{"here": False}, {"muted": None}])
def test_what_is_not_known_is_not_missed(unsure: dict[str, bool | None]) -> None:
    assert found((line(1, muted=True),), (own(1, **unsure),)) == []


def test_nothing_without_roster_or_knowledge() -> None:
    assert found((), (own(1),)) == found((line(1),), ()) == []


@pytest.mark.parametrize(("since", "wrong"), [(96.5, True), (98.5, False), (101.0, False)])
def test_words_may_be_under_way(since: float, wrong: bool) -> None:
    """From a change on four seconds; a second of it beyond is a fault."""
    assert bool(found((line(1),), (own(1), own(1, since, muted=True)))) is wrong
    assert found((line(1),), (own(1), own(1, since, muted=True)), held=6.0) == []


def test_words_may_come_before_the_agent_knows() -> None:
    assert found((line(1, muted=True),), (own(1), own(1, FOLLOWED + 1.4, muted=True))) == []
    assert found((line(1, muted=True),), (own(1), own(1, FOLLOWED + 1.6, muted=True))) != []


def test_a_flicker_counts_as_a_whole() -> None:
    flicker = tuple(line(1, FOLLOWED + 0.2 * step, camera_off=bool(step % 2)) for step in range(20))
    assert found(flicker, (own(1),))[0][0].startswith("4 is told for 2.0 s that the camera of 1 is off")


def restless(chance: random.Random) -> tuple[tuple[Present, ...], tuple[Known, ...]]:
    """People who come, go, are muted and turn their cameras for a minute; words take up to three seconds."""
    said: list[Present] = []
    known: list[Known] = []
    for person in range(12):
        here, muted, off = chance.random() < 0.7, False, False
        now, heard = 30.0, 0.0
        for _ in range(chance.randrange(1, 12)):
            known.append(own(person, now, here=here, muted=muted, camera_off=off))
            heard = max(heard, now + chance.choice((0.01, 0.1, 0.5, 2.9)) * chance.uniform(-0.1, 1.0))
            said.append(line(person, heard, muted=muted, camera_off=off, here=here))
            now += chance.choice((0.5, 3.0, 10.0, 30.0)) * chance.random()
            what = chance.randrange(3)
            here, muted, off = here ^ (what == 0), muted ^ (what == 1), off ^ (what == 2)
            if chance.random() < 0.5:  # asked for, and not said yet
                known.append(own(person, now, here=here and what != 0, muted=None, camera_off=None))
                now += chance.uniform(0.01, 1.5)
    return tuple(_at(said)), tuple(known)


def _at(said: list[Present]) -> Iterator[Present]:
    """As a recorder is told it: how things were when it began, and what changed then."""
    said = sorted(said, key=lambda state: state.since)
    before = {state.person: state for state in said if state.since <= FOLLOWED}
    yield from (msgspec.structs.replace(state, since=FOLLOWED) for state in before.values() if state.here)
    yield from (state for state in said if FOLLOWED < state.since <= END)


@pytest.mark.parametrize("seed", range(300))
def test_people_who_come_and_go_are_no_fault(seed: int) -> None:
    present, known = restless(random.Random(f"restless {seed}"))
    inside = tuple(state for state in known if state.since <= END)
    assert found(present, inside) == []
