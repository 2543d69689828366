"""What locust's statistics are told of checks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from locust.env import Environment

from loadtests import telling
from loadtests.findings import Fault, Figures, Finding, Inspection
from loadtests.wire import Counts
from tests.loadtests.fakes import Told

FIGURES = Figures(
    seconds=3.0,
    frames=70,
    tiles=4,
    tiles_right=4,
    picture_delay=180.0,
    sound_delay=95.0,
    heard=(2,),
    expected=(2,),
    concealed=0.0,
)
GOOD = Inspection(who=1, began=5.0, figures=FIGURES)
COUNTS = Counts(10.0, 1.0, 6, 5_000, 4_000, 0, 0, 0.02, 0)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def environment(told: Told) -> Environment:
    made = Environment()
    made.events.request.add_listener(told.take)
    return made


def inspection(*findings: Finding, **figures: Any) -> Inspection:
    """A good one with these faults and figures."""
    of_sound = {Fault.NO_SOUND, Fault.MUTED_HEARD, Fault.OWN_VOICE, Fault.LATE_SOUND, Fault.LIPS, Fault.GAPS}
    return msgspec.structs.replace(
        GOOD,
        figures=msgspec.structs.replace(FIGURES, **figures),
        picture_findings=tuple(each for each in findings if each.fault not in of_sound),
        voice_findings=tuple(each for each in findings if each.fault in of_sound),
    )


def test_a_request_has_milliseconds_and_a_context(environment: Environment, told: Told) -> None:
    telling.tell(environment, "join", "Chair", seconds=0.25)
    (request,) = told.requests
    assert request["response_time"] == 250.0
    assert request["exception"] is None
    assert request["context"] == {"inspection": None, "counts": None}


def test_a_good_check_is_four_requests(environment: Environment, told: Told) -> None:
    telling.tell_inspection(environment, "DistrictHead", GOOD)
    assert [(each["request_type"], each["response_time"]) for each in told.requests] == [
        ("tile check", 3000.0),
        ("voice check", 3000.0),
        ("glass-to-glass", 180.0),
        ("voice delay", 95.0),
    ]
    assert not any(each["exception"] for each in told.requests)


def test_listeners_get_an_inspection_once(environment: Environment, told: Told) -> None:
    telling.tell_inspection(environment, "DistrictHead", GOOD)
    assert [each["context"]["inspection"] for each in told.requests] == [GOOD, None, None, None]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.WRONG_PERSON, "tile check"),
        (Fault.TILE_FROZEN, "tile check"),
        (Fault.LATE_PICTURE, "glass-to-glass"),
        (Fault.MUTED_HEARD, "voice check"),
        (Fault.OWN_VOICE, "voice check"),
        (Fault.LATE_SOUND, "voice delay"),
        (Fault.LIPS, "voice delay"),
    ],
)
def test_a_fault_fails_the_one_request_that_it_belongs_to(
    environment: Environment, told: Told, fault: Fault, kind: str
) -> None:
    telling.tell_inspection(environment, "Viewer", inspection(Finding(fault, "somewhere", (7, 3))))
    failed = [row for row in told.rows() if row[2]]
    assert failed == [(kind, "Viewer", f"{fault.value}: 3, 7")]


def test_faults_of_one_kind_are_told_together(environment: Environment, told: Told) -> None:
    found = inspection(
        Finding(Fault.TILE_FROZEN, "at 0, 0", (5,)),
        Finding(Fault.TILE_FROZEN, "at 320, 0", (3,)),
        Finding(Fault.TILE_BLACK, "at 640, 0", (4,)),
        Finding(Fault.GAPS, "0.4 s"),
    )
    telling.tell_inspection(environment, "Viewer", found)
    assert {row for row in told.rows() if row[2]} == {
        ("tile check", "Viewer", "tile frozen: 3, 5; tile black: 4"),
        ("voice check", "Viewer", "gaps in sound"),
    }


def test_what_could_not_be_judged_at_all_is_no_success(environment: Environment, told: Told) -> None:
    nothing = msgspec.structs.replace(GOOD, figures=Figures(seconds=3.0), unjudged=("no keyframe came",))
    telling.tell_inspection(environment, "Viewer", nothing)
    assert told.rows() == [("tile check", "Viewer", "not judged: no keyframe came")]


def test_silence_is_neither_good_nor_bad(environment: Environment, told: Told) -> None:
    telling.tell_inspection(environment, "Viewer", inspection(heard=(), expected=(), sound_delay=None))
    assert told.types() == ["tile check", "glass-to-glass"]


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("", ""),
        ("it ended", "it ended"),
        ("it ended:\n Traceback:\n  File\nValueError: no\n", "it ended: ValueError: no"),
    ],
)
def test_what_a_process_wrote_in_short(written: str, short: str) -> None:
    assert telling.in_short(written) == short


def test_no_picture_fails_though_there_is_nothing_to_look_at(environment: Environment, told: Told) -> None:
    found = inspection(Finding(Fault.NO_PICTURE, "nothing came"), frames=0, picture_delay=None)
    telling.tell_inspection(environment, "Viewer", found)
    assert ("tile check", "Viewer", "no picture") in told.rows()
    assert "glass-to-glass" not in told.types()


def test_the_table_of_failures_shows_the_words_alone(environment: Environment) -> None:
    environment.create_local_runner()
    telling.tell(environment, "voice check", "Chair", failure="own voice heard: 3")
    (error,) = environment.stats.errors.values()
    assert error.to_name() == "voice check Chair: own voice heard: 3"


def test_a_good_agent(environment: Environment, told: Told) -> None:
    telling.tell_counts(environment, "Agent", COUNTS)
    assert told.rows() == [("agent", "Agent", "")]
    assert told.requests[0]["response_time"] == 20.0
    assert told.requests[0]["context"]["counts"] == COUNTS


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"late": 0.3}, "woke too late"),
        ({"skipped": 41}, "left out what it had to send"),
        ({"overflowed": 1}, "did not read in time"),
        ({"broke": 1}, "a bug of the load test stopped somebody's media"),
        ({"late": 0.3, "overflowed": 1}, "woke too late; did not read in time"),
    ],
)
def test_an_agent_whose_figures_cannot_be_believed(
    environment: Environment, told: Told, changes: dict[str, Any], failure: str
) -> None:
    telling.tell_counts(environment, "Agent", msgspec.structs.replace(COUNTS, **changes))
    assert told.rows() == [("agent", "Agent", failure)]


def test_request_types_are_those_of_the_report() -> None:
    assert "glass-to-glass" in telling.REQUEST_TYPES
    assert len(telling.REQUEST_TYPES) == 13
