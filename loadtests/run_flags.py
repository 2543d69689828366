"""The flags that say what a run does, with help that teaches.

Locust shows every flag in its web page, where it may be changed before each run, except those that are settled when
locust begins: the scenario, whose server it is, and how many agents there are.
"""

from __future__ import annotations

import argparse
import os

from loadtests.findings import DELAY
from loadtests.flags import WHERE_HELP_IS, ArgumentParser, flags
from loadtests.line import forecast
from loadtests.scenarios import SCENARIOS, scenario_of
from mcu.errors import ConfigurationError

DEFAULT_SCENARIO = "steady"
VARIABLE = "LOADTEST_SCENARIO"  # says another: the Makefile's
GROUP = "회의 부하 시험 · Load tests of conferences"


def _length(seconds: float) -> str:
    return f"{round(seconds / 3600, 1):g} h" if seconds >= 3600 else f"{round(seconds / 60, 1):g} min"


TEXT = """\
가상 참가자들이 실제로 회의에 들어와, 화면과 소리가 맞는지 스스로 확인합니다.
Synthetic participants enter conferences and check themselves what they see and hear.

Scenarios:
"""
CHECK_EVERY, CHECK_SECONDS = 20.0, 3.0


def _scenarios(default: str) -> str:
    """All of them, and which is taken when none is named."""
    return "\n".join(
        f"  {name}{' (default)' * (name == default)}: {each.users} people, {_length(each.duration)}"
        f"\n    {each.title_ko}\n    {each.title_en}" + f"\n    {each.report}" * bool(each.report)
        for name, each in SCENARIOS.items()
    )


def add(parser: ArgumentParser) -> None:
    """Add them, as locust's event `init_command_line_parser` asks for. Errors say where they all stand."""
    refuse = parser.error
    parser.error = lambda message: refuse(f"{message}\n{WHERE_HELP_IS}")
    flag = flags(parser, GROUP, TEXT + _scenarios(os.environ.get(VARIABLE) or DEFAULT_SCENARIO))
    flag(
        "scenario",
        "서버가 무엇을 겪게 할지 위에서 고릅니다. -u와 -t로 키우고 줄입니다.",
        "What the server has to live through, from the list above; -u and -t scale it.",
        type=_scenario,
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


def _scenario(name: str) -> str:
    """For argparse: a name that there is."""
    try:
        return scenario_of(name).name
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
