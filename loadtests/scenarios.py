"""The storms that really happen, by name: who comes, when, for how long, and what is expected."""

from __future__ import annotations

import difflib

from loadtests import shapes
from loadtests.bad_lines import BAD_LINES
from loadtests.known_failures import KNOWN_FAILURES
from loadtests.refusal import refusal
from loadtests.scenario import (
    BAD_LEG,
    BY_BROWSER,
    CHAIR,
    CHECKED,
    FAR_RECEIVER,
    NO_GROWTH,
    ONE_TOO_MANY,
    PUBLISHER,
    STORM,
    WATCHING,
    WELL,
    Scenario,
)
from loadtests.shapes import Plan

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            name="steady",
            title_ko="고른 부하: 회의가 계속됩니다 (-u 인원, -r 초당 입장, -t 시간)",
            title_en="Steady load: meetings go on (-u people, -r arrivals a second, -t time)",
            users=12,
            duration=300.0,
            pace=None,
        ),
        Scenario(
            name="gathering",
            title_ko="집합: 단말 30대가 10초 안에 한 회의에 들어오고, 31번째는 분명한 안내와 함께 거절됩니다",
            title_en="Gathering: 30 devices join one conference within 10 s, and the 31st is refused clearly",
            users=30,
            duration=90.0,
            pace=shapes.gathering,
            mix=BY_BROWSER,
            is_one=True,
            at_once=True,
            expectations=(*STORM, "refusal fails = 0"),
        ),
        Scenario(
            name="home-workers",
            title_ko="재택근무: 186명이 1분 안에 회의 여덟 개에 들어옵니다",
            title_en="Home workers: 186 people join eight meetings within 60 s",
            users=186,
            duration=180.0,
            pace=shapes.homes,
            mix=BY_BROWSER,
            people=24,
            at_once=True,
            expectations=STORM,
        ),
        Scenario(
            name="working-day",
            title_ko="하루 업무: 오전 10시와 오후 3시에 붐비는 9시간 (--speed 배로 줄입니다)",
            title_en="Working day: nine hours with peaks at ten and at three (compressed by --speed)",
            users=40,
            duration=shapes.WORKING_HOURS * 3600,
            pace=shapes.working_day,
            at_once=True,
        ),
        Scenario(
            name="churn",
            title_ko="드나듦: 사람들이 계속 나가고 다시 들어옵니다",
            title_en="Churn: people keep leaving and coming back",
            users=20,
            duration=300.0,
            pace=shapes.calm,
            at_once=True,
            stay=(20.0, 60.0),
        ),
        Scenario(
            name="mass-reconnect",
            title_ko="한꺼번에 재접속: 중간에 서버를 다시 시작하고, 모두 돌아와야 합니다",
            title_en="Mass reconnect: the server is restarted in the middle, and everybody has to come back",
            users=20,
            duration=120.0,
            pace=shapes.calm,
            mix=BY_BROWSER,
            at_once=True,
            restarts=True,
            expectations=(*CHECKED, "reconnect p95 < 15 s", "reconnect fails = 0"),
        ),
        Scenario(
            name="forward",
            title_ko="중계: 한 사람이 보내고(WHIP) 나머지는 봅니다(WHEP). --whip과 --whep으로 다른 표준 서버도 잽니다",
            title_en="Forward: one sends (WHIP), others watch (WHEP); --whip and --whep try another standard server",
            users=12,
            duration=120.0,
            pace=shapes.calm,
            mix=WATCHING,
            people=12,
            at_once=True,
            forwards=True,
        ),
        Scenario(
            name="soak",
            title_ko="오래 견디기: 드나듦이 오래 이어져도 서버의 무엇도 자라지 않아야 합니다 (--hours 시간)",
            title_en="Soak: it goes on for long while people come and go, and nothing of the server may grow (--hours)",
            users=16,
            duration=600.0,
            pace=shapes.calm,
            at_once=True,
            stay=(60.0, 180.0),
            expectations=(*WELL, *NO_GROWTH, "presence fails = 0"),
        ),
        *BAD_LINES,
        *KNOWN_FAILURES,
    )
}


def scenario_of(name: str) -> Scenario:
    """Raises ConfigurationError."""
    if name in SCENARIOS:
        return SCENARIOS[name]
    known = ", ".join(SCENARIOS)
    near = difflib.get_close_matches(name.lower(), SCENARIOS, n=1)
    ko, en = (f"{near[0]}을(를) 뜻하셨습니까? ", f"Did you mean {near[0]}? ") if near else ("", "")
    raise refusal(
        f"시나리오 {name!r}은(는) 없습니다. {ko}있는 것: {known}",
        f"There is no scenario {name!r}. {en}There are {known}.",
    )


def duration_of(scenario: Scenario, *, run_time: float | None, speed: float) -> float:
    """Seconds of the run: what -t says, else the scenario's own time, a working day `speed` times as fast."""
    if run_time:
        return run_time
    return scenario.duration / (speed if scenario.pace is shapes.working_day else 1.0)


def plan_of(scenario: Scenario, *, users: int | None, run_time: float | None, speed: float) -> Plan:
    """What the scenario's pace is asked with."""
    return Plan(users=users or scenario.users, duration=duration_of(scenario, run_time=run_time, speed=speed))


def blind(scenario: Scenario, *, conferences: int) -> int:
    """How many users never check what they see and hear."""
    counts = counts_of(scenario, conferences=conferences)
    return sum(counts[name] for name in (ONE_TOO_MANY, BAD_LEG, PUBLISHER, FAR_RECEIVER))


def counts_of(scenario: Scenario, *, conferences: int) -> dict[str, int]:
    """How many there are of the classes that have a number."""
    return {
        CHAIR: 0 if scenario.forwards else conferences,
        ONE_TOO_MANY: scenario.extra,
        BAD_LEG: scenario.bad_legs,
        PUBLISHER: conferences if scenario.forwards else 0,
        FAR_RECEIVER: scenario.far_receivers,
    }
