"""The scenarios are what their titles say."""

from __future__ import annotations

import pytest

from loadtests.scenarios import CHAIR, ONE_TOO_MANY, SCENARIOS, Scenario, counts_of, plan_of, scenario_of
from loadtests.shapes import WORKING_HOURS
from loadtests.users import chair, conference_room, district_head, one_too_many, remote_expert, viewer
from mcu.errors import ConfigurationError

CLASSES = {
    each.__name__
    for each in (
        chair.Chair,
        conference_room.ConferenceRoom,
        district_head.DistrictHead,
        one_too_many.OneTooMany,
        remote_expert.RemoteExpert,
        viewer.Viewer,
    )
}


def test_those_that_were_asked_for_are_there() -> None:
    assert list(SCENARIOS) == ["steady", "gathering", "home-workers", "working-day", "churn", "mass-reconnect"]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda each: each.name)
def test_each_has_titles_and_known_people(scenario: Scenario) -> None:
    assert any("가" <= letter <= "힣" for letter in scenario.title_ko)
    assert scenario.title_en.isascii()
    assert scenario.mix.keys() <= CLASSES - {CHAIR, ONE_TOO_MANY}
    assert scenario.expectations


def test_a_gathering_is_thirty_in_one_conference_and_one_more() -> None:
    gathering = scenario_of("gathering")
    assert gathering.users == 30
    assert gathering.conferences(30) == gathering.conferences(100) == 1
    assert counts_of(gathering, conferences=1) == {CHAIR: 1, ONE_TOO_MANY: 1}


def test_home_workers_are_186_in_eight_meetings() -> None:
    homes = scenario_of("home-workers")
    assert (homes.users, homes.conferences(homes.users)) == (186, 8)
    assert counts_of(homes, conferences=8) == {CHAIR: 8, ONE_TOO_MANY: 0}


def test_conferences_follow_the_people() -> None:
    steady = scenario_of("steady")
    assert [steady.conferences(users) for users in (1, 25, 26, 100)] == [1, 1, 2, 4]


def test_a_working_day_is_compressed() -> None:
    day = scenario_of("working-day")
    assert plan_of(day, users=None, run_time=None, speed=60.0).duration == WORKING_HOURS * 60
    assert plan_of(day, users=None, run_time=120.0, speed=60.0).duration == 120.0
    assert plan_of(scenario_of("churn"), users=None, run_time=None, speed=60.0).duration == 300.0


def test_flags_win() -> None:
    plan = plan_of(scenario_of("gathering"), users=6, run_time=20.0, speed=1.0)
    assert (plan.users, plan.duration) == (6, 20.0)


def test_an_unknown_scenario_is_told_what_there_is() -> None:
    with pytest.raises(ConfigurationError, match="gathering, home-workers"):
        scenario_of("storm")
