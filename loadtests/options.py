"""What was asked for, as one value: every flag of the run, refused in both languages where it makes no sense."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from loadtests.conferences import STREAM
from loadtests.line import forecast
from loadtests.refusal import refusal
from loadtests.scenario import Scenario
from loadtests.scenarios import scenario_of

MOST_ROUND_TRIP = 2.0  # seconds: delays are measured up to three
MOST_BETWEEN_CHECKS = 86_400.0  # seconds: longer than a day is no check at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for. "", 0 and 0.0 stand for what the scenario or the machine suggests."""

    scenario: Scenario
    host: str
    users: int | None
    run_time: float | None
    conferences: int
    conference: str
    chair_key: str
    api_key: str
    gateway: str
    whip: str
    whep: str
    token: str
    own_server: bool
    restart_command: str
    speed: float
    weather: str  # "" where there is no bad line
    agents: int
    check_every: float
    check_seconds: float
    round_trip: float  # seconds


def options_of(parsed: argparse.Namespace, *, host: str) -> Options:
    """What locust has parsed, and what was changed in its web page since. Raises ConfigurationError."""
    scenario = scenario_of(parsed.scenario)
    options = Options(
        scenario=scenario,
        host=host.rstrip("/"),
        users=parsed.num_users,
        run_time=float(parsed.run_time or 0) or parsed.hours * 3600 or None,
        conferences=parsed.conferences,
        conference=parsed.conference,
        chair_key=parsed.chair_key,
        api_key=parsed.api_key,
        gateway=parsed.gateway,
        whip=parsed.whip,
        whep=parsed.whep,
        token=parsed.token,
        own_server=parsed.own_server,
        restart_command=parsed.restart_command,
        speed=parsed.speed,
        weather=parsed.weather or scenario.weather,
        agents=parsed.agents or os.cpu_count() or 1,
        check_every=parsed.check_every,
        check_seconds=parsed.check_seconds,
        round_trip=parsed.round_trip / 1000,
    )
    if options.weather:
        forecast.parse(options.weather)
    for holds, ko, en in _RULES:
        if holds(options):
            raise refusal(ko, en)
    return options


def is_address(url: str) -> bool:
    """Whether it begins with http:// or https:// and a host, and a port that there may be."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bracket that does not close, a port that is no number
        return False


# What is refused, in Korean and in English. Comparisons are written so that nan, which is less than nothing and more
# than nothing, is refused too.
_RULES: tuple[tuple[Callable[[Options], object], str, str], ...] = (
    (
        lambda o: o.users is not None and o.users < 1,
        "-u는 1 이상이어야 합니다. 시나리오가 정한 인원으로 하려면 -u를 빼십시오.",
        "-u has to be at least 1. Leave it out for as many as the scenario has.",
    ),
    (
        lambda o: o.host and not is_address(o.host),
        "--host는 http://10.0.0.5:8080이나 https://[2001:db8::1]:8443처럼 적습니다.",
        "--host is written like http://10.0.0.5:8080 or https://[2001:db8::1]:8443.",
    ),
    (
        lambda o: o.conferences < 0 or o.agents < 0,
        "--conferences와 --agents는 0보다 작을 수 없습니다.",
        "--conferences and --agents cannot be negative.",
    ),
    (
        lambda o: o.run_time is not None and not 0 < o.run_time < math.inf,
        "--hours는 0보다 커야 합니다.",
        "--hours has to be more than 0.",
    ),
    (
        lambda o: o.weather and not o.scenario.weather,
        "--weather는 나쁜 회선이 있는 시나리오(bad-lines, dead-line, one-bad-receiver)에만 씁니다.",
        "--weather is for scenarios with a bad line: bad-lines, dead-line, one-bad-receiver.",
    ),
    (
        lambda o: o.scenario.weather and o.conference,
        "나쁜 회선이 있는 시나리오는 자기 서버를 씁니다. --conference를 빼십시오.",
        "A scenario with a bad line has a server of its own: leave --conference out.",
    ),
    (lambda o: not 0 < o.speed < math.inf, "--speed는 0보다 커야 합니다.", "--speed has to be more than 0."),
    (
        lambda o: not 0 <= o.check_every <= MOST_BETWEEN_CHECKS,
        "--check-every는 0부터 86400까지입니다. 0이면 확인하지 않습니다.",
        "--check-every goes from 0 to 86400; 0 makes no checks.",
    ),
    (
        lambda o: not 0 <= o.round_trip <= MOST_ROUND_TRIP,
        "--round-trip은 0부터 2000까지입니다.",
        "--round-trip goes from 0 to 2000.",
    ),
    (
        lambda o: not 1.0 <= o.check_seconds <= 30.0,
        "--check-seconds는 1부터 30까지입니다.",
        "--check-seconds goes from 1 to 30.",
    ),
    (
        lambda o: o.conference and o.conferences > 1,
        "--conference는 회의 하나를 가리킵니다. --conferences를 빼십시오.",
        "--conference names one conference: leave --conferences out.",
    ),
    (
        lambda o: o.conference and o.scenario.is_one,
        "gathering은 꼭 그 인원만 받는 회의를 새로 만듭니다. --conference를 빼십시오.",
        "gathering makes a conference that takes exactly its people: leave --conference out.",
    ),
    (
        lambda o: o.scenario.is_one and o.users == 1,
        "gathering은 적어도 두 명이어야 합니다. 서버는 한 명짜리 회의를 만들지 않습니다.",
        "gathering takes two users at least: the server makes no conference for one.",
    ),
    (
        lambda o: o.chair_key and not o.conference,
        "--chair-key는 --conference와 함께 씁니다. 여기서 만드는 회의에는 열쇠가 이미 있습니다.",
        "--chair-key belongs to --conference; conferences that are made here have their keys.",
    ),
    (
        lambda o: bool(o.whip) != bool(o.whep),
        "--whip과 --whep은 함께 씁니다. 하나는 보낼 곳, 하나는 볼 곳입니다.",
        "--whip and --whep belong together: where to send, and where to watch.",
    ),
    (
        lambda o: o.whip and not o.scenario.forwards,
        "--whip과 --whep은 --scenario forward에 씁니다.",
        "--whip and --whep are for --scenario forward.",
    ),
    (
        lambda o: o.token and not o.whip,
        "--token은 --whip, --whep과 함께 씁니다. 이 서버의 토큰은 여기서 만듭니다.",
        "--token belongs to --whip and --whep; tokens of our own server are made here.",
    ),
    (
        lambda o: o.whip and (o.host or o.own_server or o.conference),
        "--whip이 서버를 가리킵니다. --host, --own-server, --conference를 빼십시오.",
        "--whip names the server: leave --host, --own-server and --conference out.",
    ),
    (
        lambda o: o.whip and not (is_address(o.whip) and is_address(o.whep)),
        "--whip과 --whep은 http:// 또는 https://와 서버 이름으로 시작합니다.",
        "--whip and --whep begin with http:// or https:// and a host.",
    ),
    (
        lambda o: o.conferences > 1 and o.whip and not (STREAM in o.whip and STREAM in o.whep),
        "--conferences가 여럿이면 --whip과 --whep에 {stream}이 있어야 합니다.",
        "Several --conferences take {stream} in --whip and in --whep.",
    ),
    (
        lambda o: o.restart_command and not o.scenario.restarts,
        "--restart-command는 --scenario mass-reconnect에 씁니다.",
        "--restart-command is for --scenario mass-reconnect.",
    ),
)
