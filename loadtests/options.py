"""Our flags of locust, with help that teaches; and the same as one value.

Locust shows every flag in its web page, where it may be changed before each run, except those that are settled when
locust begins: the scenario, whose server it is, and how many agents there are.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from loadtests.conferences import STREAM
from loadtests.findings import DELAY
from loadtests.line import forecast
from loadtests.scenario import Scenario
from loadtests.scenarios import SCENARIOS, scenario_of
from mcu.errors import ConfigurationError

DEFAULT_SCENARIO = "steady"
GROUP = "회의 부하 시험 · Load tests of conferences"
TEXT = """\
가상 참가자들이 실제로 회의에 들어와, 화면과 소리가 맞는지 스스로 확인합니다.
Synthetic participants enter conferences and check themselves what they see and hear.

Scenarios:
""" + "\n".join(
    f"  {name}{' (default)' * (name == DEFAULT_SCENARIO)}\n    {each.title_ko}\n    {each.title_en}"
    + f"\n    {each.report}" * bool(each.report)
    for name, each in SCENARIOS.items()
)
# `locust --help` is printed before a locustfile is read.
WHERE_HELP_IS = "모든 옵션과 시나리오 · Every flag and scenario: python -m loadtests --help"
CHECK_EVERY, CHECK_SECONDS = 20.0, 3.0
MOST_ROUND_TRIP = 2.0  # seconds: delays are measured up to three


class ArgumentParser(Protocol):
    """Locust's."""

    error: Callable[[str], NoReturn]

    def add_argument_group(self, title: str, description: str) -> Any: ...


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


class Flag(Protocol):
    """Adds one: its name, what it is for in Korean and in English, and what argparse and locust have to know."""

    def __call__(
        self,
        name: str,
        ko: str,
        en: str,
        *,
        env_var: str = "",
        is_secret: bool = False,
        include_in_web_ui: bool = True,
        **settings: Any,
    ) -> None: ...


def flags(parser: ArgumentParser, title: str, text: str) -> Flag:
    """What adds flags to a new group; `--a-flag` is also LOADTEST_A_FLAG in the environment."""
    group = parser.add_argument_group(title, text)

    def flag(
        name: str,
        ko: str,
        en: str,
        *,
        env_var: str = "",
        is_secret: bool = False,
        include_in_web_ui: bool = True,
        **settings: Any,
    ) -> None:
        variable = env_var or f"LOADTEST_{name.replace('-', '_').upper()}"
        action = group.add_argument(f"--{name}", help=f"{ko} · {en}".replace("%", "%%"), env_var=variable, **settings)
        # What locust's own add_argument says of a flag to its web page; groups of flags do not know it.
        action.include_in_web_ui, action.is_secret = include_in_web_ui, is_secret
        action.is_required = action.is_multiple = False

    return flag


def add(parser: ArgumentParser) -> None:
    """Add them, as locust's event `init_command_line_parser` asks for. Errors say where they all stand."""
    refuse = parser.error
    parser.error = lambda message: refuse(f"{message}\n{WHERE_HELP_IS}")
    flag = flags(parser, GROUP, TEXT)
    flag(
        "scenario",
        "서버가 무엇을 겪게 할지 위에서 고릅니다. -u와 -t로 키우고 줄입니다.",
        "What the server has to live through, from the list above; -u and -t scale it.",
        choices=tuple(SCENARIOS),
        default=DEFAULT_SCENARIO,
        metavar="NAME",
        include_in_web_ui=False,
    )
    flag(
        "conferences",
        "회의 수입니다. 0이면 인원에 맞춥니다.",
        "How many conferences to make; 0: as many as the people need.",
        type=int,
        default=0,
        metavar="N",
    )
    flag(
        "conference",
        "새로 만들지 않고 이미 있는 회의를 씁니다. 링크(/c/…) 또는 그 끝부분을 적습니다.",
        "Use this conference instead of making some: its link (/c/…), or the end of it.",
        default="",
        metavar="LINK",
    )
    flag(
        "chair-key",
        "그 회의의 의장 열쇠입니다. 없으면 의장 역할을 하지 않습니다.",
        "The chair's key of that conference; without it nobody is its chair.",
        default="",
        metavar="KEY",
        is_secret=True,
    )
    flag(
        "api-key",
        "서버의 API 열쇠([api] key)입니다. 다른 컴퓨터의 서버에는 꼭 필요합니다.",
        "The server's API key ([api] key). A server on another machine wants one.",
        env_var="MCU_API_KEY",
        default="",
        metavar="KEY",
        is_secret=True,
    )
    flag(
        "gateway",
        "회의실 장비(H.323)가 전화를 거는 주소입니다. 비우면 서버의 1720번 포트입니다.",
        "Where H.323 rooms call; empty: port 1720 of the server's host.",
        default="",
        metavar="HOST:PORT",
    )
    flag(
        "whip",
        "forward 시나리오에서 다른 표준 서버로 보내는 주소입니다. {stream}은 1부터 회의 수까지의 번호가 됩니다.",
        "Where forward sends to another standard server, such as https://example.org/whip/{stream}; "
        "{stream} becomes 1, 2, … up to --conferences.",
        default="",
        metavar="URL",
    )
    flag(
        "whep",
        "같은 영상을 그 서버에서 받는 주소입니다.",
        "Where that server shows what was sent to --whip, with the same {stream}.",
        default="",
        metavar="URL",
    )
    flag(
        "token",
        "그 서버의 전달자(bearer) 토큰입니다.",
        "The bearer token of that server, if it wants one.",
        default="",
        metavar="TOKEN",
        is_secret=True,
    )
    flag(
        "own-server",
        "이 컴퓨터에 시험용 서버를 띄우고, 끝나면 내립니다. --host도 8080번 포트의 서버도 없으면 늘 그렇게 합니다.",
        "Start a server on this machine for the run, and end it afterwards. "
        "That is also what happens without --host when nothing listens at port 8080.",
        action="store_true",
        default=False,
        include_in_web_ui=False,
    )
    flag(
        "restart-command",
        "mass-reconnect에서 서버를 다시 시작하는 명령입니다. 예: 'systemctl restart mcu'",
        "How mass-reconnect restarts the server, such as 'systemctl restart mcu'; not needed with --own-server.",
        default="",
        metavar="COMMAND",
        include_in_web_ui=False,
    )
    flag(
        "weather",
        "회선이 하는 일입니다(bad-lines, dead-line, one-bad-receiver).",
        f"What the line does, in scenarios with a bad one, and from when on. Like {forecast.EXAMPLE!r}.",
        default="",
        metavar="WEATHER",
        include_in_web_ui=False,
    )
    flag(
        "speed",
        "working-day의 시간을 이 배수로 줄입니다. 60이면 9시간이 9분입니다.",
        "How many times as fast a working-day passes; at 60 its nine hours take nine minutes.",
        type=float,
        default=60.0,
        metavar="TIMES",
    )
    flag(
        "hours",
        "몇 시간 계속할지 정합니다. -t가 있으면 -t를 따릅니다.",
        "How many hours it goes on, where -t says nothing; for a soak.",
        type=float,
        default=0.0,
        metavar="HOURS",
        include_in_web_ui=False,
    )
    flag(
        "agents",
        "locust 작업자 하나가 쓰는 참가자 프로세스의 최대 수입니다. 0이면 코어 수입니다.",
        "At most so many processes of participants for each locust worker; 0: as many as there are cores.",
        type=int,
        default=0,
        metavar="N",
        include_in_web_ui=False,
    )
    flag(
        "check-every",
        "참가자마다 몇 초에 한 번 화면과 소리를 확인할지 정합니다. 0이면 확인하지 않습니다.",
        "Seconds between two checks by one participant of what it sees and hears; 0: none. "
        "Those of one agent take turns, so with many people it is longer.",
        type=float,
        default=CHECK_EVERY,
        metavar="SECONDS",
    )
    flag(
        "check-seconds",
        "한 번에 몇 초를 확인할지 정합니다.",
        "How many seconds one check looks at; longer finds rarer faults, and takes more of this machine.",
        type=float,
        default=CHECK_SECONDS,
        metavar="SECONDS",
    )
    flag(
        "round-trip",
        "서버까지 다녀오는 시간(ping이 말하는 밀리초)입니다. 화면과 소리가 그만큼 더 늦어도 됩니다. "
        "손실이 있는 회선이면 두 배를 적습니다.",
        "Milliseconds to the server and back, as ping says; twice that on a line that loses packets. "
        f"Pictures and sound may be so much later than {1000 * DELAY:.0f} ms.",
        type=float,
        default=0.0,
        metavar="MS",
    )


def options_of(parsed: argparse.Namespace, *, host: str) -> Options:
    """What locust has parsed, and what was changed in its web page since. Raises ConfigurationError."""
    options = Options(
        scenario=scenario_of(parsed.scenario),
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
        weather=parsed.weather or scenario_of(parsed.scenario).weather,
        agents=parsed.agents or os.cpu_count() or 1,
        check_every=parsed.check_every,
        check_seconds=parsed.check_seconds,
        round_trip=parsed.round_trip / 1000,
    )
    wrong = next((text for holds, text in _RULES if holds(options)), "")
    if options.weather:
        forecast.parse(options.weather)
    if wrong:
        raise ConfigurationError(wrong)
    return options


_RULES: tuple[tuple[Callable[[Options], object], str], ...] = (
    (lambda o: o.conferences < 0 or o.agents < 0, "--conferences and --agents cannot be negative."),
    (lambda o: o.run_time is not None and o.run_time <= 0, "--hours has to be more than 0."),
    (
        lambda o: o.weather and not o.scenario.weather,
        "--weather is for scenarios with a bad line: bad-lines, dead-line, one-bad-receiver.",
    ),
    (
        lambda o: o.scenario.weather and o.conference,
        "A scenario with a bad line has a server of its own: leave --conference out.",
    ),
    (lambda o: o.speed <= 0, "--speed has to be more than 0."),
    (lambda o: o.check_every < 0, "--check-every cannot be negative; 0 makes no checks."),
    (lambda o: not 0 <= o.round_trip <= MOST_ROUND_TRIP, "--round-trip goes from 0 to 2000."),
    (lambda o: not 1.0 <= o.check_seconds <= 30.0, "--check-seconds goes from 1 to 30."),
    (lambda o: o.conference and o.conferences > 1, "--conference names one conference: leave --conferences out."),
    (
        lambda o: o.conference and o.scenario.is_one,
        "gathering makes a conference that takes exactly its people: leave --conference out.",
    ),
    (
        lambda o: o.scenario.is_one and o.users == 1,
        "gathering takes two users at least: the server makes no conference for one.",
    ),
    (
        lambda o: o.chair_key and not o.conference,
        "--chair-key belongs to --conference; conferences that are made here have their keys.",
    ),
    (lambda o: bool(o.whip) != bool(o.whep), "--whip and --whep belong together: where to send, and where to watch."),
    (lambda o: o.whip and not o.scenario.forwards, "--whip and --whep are for --scenario forward."),
    (lambda o: o.token and not o.whip, "--token belongs to --whip and --whep; tokens of our own server are made here."),
    (
        lambda o: o.whip and (o.host or o.own_server or o.conference),
        "--whip names the server: leave --host, --own-server and --conference out.",
    ),
    (
        lambda o: o.whip and not all(url.startswith(("http://", "https://")) for url in (o.whip, o.whep)),
        "--whip and --whep begin with http:// or https://.",
    ),
    (
        lambda o: o.conferences > 1 and o.whip and not (STREAM in o.whip and STREAM in o.whep),
        "Several --conferences take {stream} in --whip and in --whep.",
    ),
    (
        lambda o: o.restart_command and not o.scenario.restarts,
        "--restart-command is for --scenario mass-reconnect.",
    ),
)
