"""The storms that really happen, by name: who comes, when, for how long, and what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadtests import shapes
from loadtests.shapes import Pace, Plan
from mcu.errors import ConfigurationError

CHAIR, ONE_TOO_MANY = "Chair", "OneTooMany"  # classes of which there is a number, not a share
EVERYBODY = {"DistrictHead": 6.0, "RemoteExpert": 3.0, "Viewer": 1.0, "ConferenceRoom": 1.0}
BY_BROWSER = {"DistrictHead": 3.0, "RemoteExpert": 1.0}
# What is expected where nothing else is said: what people in a meeting do not notice, or bear.
WELL = (
    "join p95 < 3 s",
    "first frame p95 < 4 s",
    "glass-to-glass p95 < 400 ms",
    "voice delay p95 < 300 ms",
    "tile check fails = 0",
    "voice check fails = 0",
)
STORM = ("join p95 < 8 s", "join fails = 0", "first frame p95 < 10 s", *WELL[2:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One of them. Numbers of people are those without -u."""

    name: str
    title_ko: str
    title_en: str
    users: int
    duration: float  # seconds; -t sets another
    pace: Pace | None  # None: as -u, -r and -t say, and for ever without -t
    mix: Mapping[str, float] = field(default_factory=lambda: EVERYBODY)  # shares of the classes of users
    people: int = 25  # in one conference
    is_one: bool = False  # all in one conference, which takes exactly them: one more is refused
    at_once: bool = False  # who usually comes late does not
    stay: tuple[float, float] | None = None  # seconds that people stay before they leave and come again
    restarts: bool = False  # the server is restarted in the middle
    expectations: tuple[str, ...] = WELL

    def conferences(self, users: int) -> int:
        """How many it takes for so many."""
        return 1 if self.is_one else max(1, -(-users // self.people))

    @property
    def extra(self) -> int:
        """Users beside those who are let in."""
        return int(self.is_one)


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
            expectations=(*WELL, "reconnect p95 < 15 s", "reconnect fails = 0"),
        ),
    )
}


def scenario_of(name: str) -> Scenario:
    """Raises ConfigurationError."""
    if name not in SCENARIOS:
        raise ConfigurationError(f"There is no scenario {name}; there are {', '.join(SCENARIOS)}.")
    return SCENARIOS[name]


def duration_of(scenario: Scenario, *, run_time: float | None, speed: float) -> float:
    """Seconds of the run: what -t says, else the scenario's own time, a working day `speed` times as fast."""
    if run_time:
        return run_time
    return scenario.duration / (speed if scenario.pace is shapes.working_day else 1.0)


def plan_of(scenario: Scenario, *, users: int | None, run_time: float | None, speed: float) -> Plan:
    """What the scenario's pace is asked with."""
    return Plan(users=users or scenario.users, duration=duration_of(scenario, run_time=run_time, speed=speed))


def counts_of(scenario: Scenario, *, conferences: int) -> dict[str, int]:
    """How many there are of the classes that have a number."""
    return {CHAIR: conferences, ONE_TOO_MANY: scenario.extra}
