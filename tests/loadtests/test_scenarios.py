"""The scenarios are what their titles say."""

from __future__ import annotations

import re

import pytest

from loadtests import expectations
from loadtests.known_failures import KNOWN_FAILURES
from loadtests.line import forecast
from loadtests.scenario import BAD_LEG, CHAIR, FAR_RECEIVER, ONE_TOO_MANY, PUBLISHER, Scenario
from loadtests.scenarios import SCENARIOS, counts_of, plan_of, scenario_of
from loadtests.shapes import WORKING_HOURS
from loadtests.users import (
    bad_leg,
    chair,
    conference_room,
    district_head,
    far_receiver,
    one_too_many,
    publisher,
    remote_expert,
    viewer,
)
from mcu.errors import ConfigurationError

CLASSES = {
    each.__name__
    for each in (
        bad_leg.BadLeg,
        chair.Chair,
        conference_room.ConferenceRoom,
        district_head.DistrictHead,
        far_receiver.FarReceiver,
        one_too_many.OneTooMany,
        publisher.Publisher,
        remote_expert.RemoteExpert,
        viewer.Viewer,
    )
}


def test_those_that_were_asked_for_are_there() -> None:
    known = ["steady", "gathering", "home-workers", "working-day", "churn", "mass-reconnect", "forward"]
    assert list(SCENARIOS)[:7] == known


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda each: each.name)
def test_each_has_titles_and_known_people(scenario: Scenario) -> None:
    assert any("가" <= letter <= "힣" for letter in scenario.title_ko)
    assert scenario.title_en.isascii()
    assert scenario.mix.keys() <= CLASSES - {BAD_LEG, CHAIR, FAR_RECEIVER, ONE_TOO_MANY, PUBLISHER}
    assert all(map(expectations.parse, scenario.expectations))
    assert scenario.bad_legs + scenario.far_receivers < scenario.users
    if not scenario.weather or scenario.far_receivers:
        assert "any fails = 0" in scenario.expectations
    if scenario.weather:
        assert forecast.parse(scenario.weather)[-1].at < scenario.duration


def test_a_gathering_is_thirty_in_one_conference_and_one_more() -> None:
    gathering = scenario_of("gathering")
    assert gathering.users == 30
    assert gathering.conferences(30) == gathering.conferences(100) == 1
    assert counts_of(gathering, conferences=1) == {CHAIR: 1, ONE_TOO_MANY: 1, BAD_LEG: 0, PUBLISHER: 0, FAR_RECEIVER: 0}


def test_one_sends_and_the_others_watch() -> None:
    forward = scenario_of("forward")
    counts = counts_of(forward, conferences=3)
    assert (counts[PUBLISHER], counts[CHAIR]) == (3, 0)
    assert counts_of(scenario_of("steady"), conferences=3)[PUBLISHER] == 0
    assert forward.conferences(25) == 3
    assert set(forward.mix) == {"Viewer"}


def test_home_workers_are_186_in_eight_meetings() -> None:
    homes = scenario_of("home-workers")
    assert (homes.users, homes.conferences(homes.users)) == (186, 8)
    assert counts_of(homes, conferences=8) == {CHAIR: 8, ONE_TOO_MANY: 0, BAD_LEG: 0, PUBLISHER: 0, FAR_RECEIVER: 0}


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


def test_each_known_failure_names_its_own_report() -> None:
    reports = [each.report for each in KNOWN_FAILURES]
    assert all(re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+/issues/\d+", report) for report in reports)
    assert len(set(reports)) == len(reports) == 7
    assert not any(each.report for each in SCENARIOS.values() if each not in KNOWN_FAILURES)


def test_bad_legs_are_of_the_users() -> None:
    assert counts_of(scenario_of("growing-buffers"), conferences=1)[BAD_LEG] == 3


def test_who_is_beyond_the_line() -> None:
    assert scenario_of("bad-lines").is_far("DistrictHead")
    assert not scenario_of("steady").is_far("DistrictHead")
    one = scenario_of("one-bad-receiver")
    assert (one.is_far("DistrictHead"), one.is_far(FAR_RECEIVER)) == (False, True)
    assert counts_of(one, conferences=1)[FAR_RECEIVER] == 1
