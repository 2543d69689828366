"""Flags: what they are called, what they say, what they make."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from locust.argument_parser import LocustArgumentParser, get_parser

from loadtests import run_flags
from loadtests.options import Options, options_of
from mcu.errors import ConfigurationError

OURS = (
    "scenario",
    "conferences",
    "conference",
    "chair_key",
    "api_key",
    "gateway",
    "whip",
    "whep",
    "token",
    "own_server",
    "restart_command",
    "speed",
    "weather",
    "hours",
    "agents",
    "check_every",
    "check_seconds",
    "round_trip",
)


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> LocustArgumentParser:
    for variable in ("MCU_API_KEY", "LOADTEST_SCENARIO"):
        monkeypatch.delenv(variable, raising=False)
    made: LocustArgumentParser = get_parser(default_config_files=[])
    run_flags.add(made)
    return made


def parse(parser: LocustArgumentParser, *arguments: str, host: str = "http://127.0.0.1:8080") -> Options:
    return options_of(parser.parse_args(list(arguments)), host=host)


def test_without_flags(parser: LocustArgumentParser) -> None:
    made = parse(parser)
    assert made.scenario.name == "steady"
    assert (made.users, made.run_time, made.conferences, made.own_server) == (None, None, 0, False)
    assert made.agents >= 1


def test_usual_flags_of_locust(parser: LocustArgumentParser) -> None:
    made = parse(parser, "-u", "6", "-t", "1m30s", "--scenario", "gathering")
    assert (made.users, made.run_time, made.scenario.name) == (6, 90.0, "gathering")


def test_a_far_server_is_told_in_milliseconds(parser: LocustArgumentParser) -> None:
    assert parse(parser, "--round-trip", "40").round_trip == pytest.approx(0.04)


def test_hours_are_a_time_where_there_is_no_other(parser: LocustArgumentParser) -> None:
    assert parse(parser, "--hours", "0.5").run_time == 1800.0
    assert parse(parser, "--hours", "0.5", "-t", "90s").run_time == 90.0
    with pytest.raises(ConfigurationError, match="--hours"):
        parse(parser, "--hours", "-1")


def test_the_environment(monkeypatch: pytest.MonkeyPatch, parser: LocustArgumentParser) -> None:
    monkeypatch.setenv("LOADTEST_SCENARIO", "churn")
    monkeypatch.setenv("MCU_API_KEY", "secret")
    made = parse(parser)
    assert (made.scenario.name, made.api_key) == ("churn", "secret")


@pytest.mark.parametrize("name", OURS)
def test_each_flag_teaches_in_both_languages(parser: LocustArgumentParser, name: str) -> None:
    action: Any = next(each for each in parser._actions if each.dest == name)
    korean, _, english = action.help.partition(" · ")
    assert re.search("[가-힣]", korean)
    assert english
    assert not re.search("[가-힣]", english)


def test_the_help_shows_every_scenario(parser: LocustArgumentParser) -> None:
    shown = parser.format_help()
    for name in run_flags.SCENARIOS:
        assert f"\n    {name}" in shown
    assert "186명이" in shown


@pytest.mark.parametrize(("variable", "marked"), [("", "steady"), ("gathering", "gathering"), ("soak", "soak")])
def test_the_help_marks_the_scenario_that_is_taken_when_none_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, marked: str
) -> None:
    monkeypatch.setenv("LOADTEST_SCENARIO", variable)  # as `make load` and `make soak` do
    made: LocustArgumentParser = get_parser(default_config_files=[])
    run_flags.add(made)
    assert re.findall(r"(\S+) \(default\)", made.format_help()) == [marked]


def test_our_flags_come_before_those_of_locust() -> None:
    told = subprocess.run([sys.executable, "-m", "loadtests", "--help"], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    places = [
        told.stdout.index(words) for words in ("make load", run_flags.GROUP, "--expect", "Common options", "-u <")
    ]
    assert places == sorted(places)
    assert re.search(r"gathering(?: \(default\))?: 30 people, 1.5 min\n", told.stdout)


def test_what_the_web_page_may_change(parser: LocustArgumentParser) -> None:
    shown = parser.args_included_in_web_ui.keys() & set(OURS)
    assert shown == set(OURS) - {"scenario", "own_server", "restart_command", "agents", "hours", "weather"}
    assert parser.secret_args_included_in_web_ui.keys() >= {"api_key", "chair_key", "token"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-u", "0"], "-u has to be at least 1"),
        (["-u", "-3"], "-u has to be at least 1"),
        (["--conferences", "-1"], "cannot be negative"),
        (["--speed", "0"], "more than 0"),
        (["--speed", "nan"], "more than 0"),
        (["--hours", "nan"], "--hours has to be more than 0"),
        (["--hours", "inf"], "--hours has to be more than 0"),
        (["--check-every", "-1"], "0 makes no checks"),
        (["--check-every", "nan"], "0 makes no checks"),
        (["--check-every", "inf"], "0 makes no checks"),
        (["--check-seconds", "nan"], "from 1 to"),
        (["--round-trip", "nan"], "from 0 to 2000"),
        (["--check-seconds", "0.5"], "from 1 to"),
        (["--round-trip", "-1"], "from 0 to 2000"),
        (["--round-trip", "2001"], "from 0 to 2000"),
        (["--conference", "x", "--conferences", "2"], "leave --conferences out"),
        (["--conference", "x", "--scenario", "gathering"], "leave --conference out"),
        (["--chair-key", "x"], "belongs to --conference"),
        (["--weather", "loss=5%"], "for scenarios with a bad line"),
        (["--weather", "rain", "--scenario", "bad-lines"], "Write it like"),
        (["--restart-command", "x"], "mass-reconnect"),
        (["--scenario", "gathering", "-u", "1"], "two users at least"),
    ],
)
def test_what_does_not_go_together(parser: LocustArgumentParser, arguments: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        parse(parser, *arguments)
    assert re.search("[가-힣]", str(refused.value))


@pytest.mark.parametrize(
    "host", ["10.0.0.5:8080", "http://[::1", "http://", "http://x:99999", "http://x:port", "ftp://x"]
)
def test_an_address_that_is_none(parser: LocustArgumentParser, host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--host는 .*적습니다.\n--host is written like"):
        parse(parser, host=host)


@pytest.mark.parametrize("host", ["", "http://10.0.0.5:8080", "https://[2001:db8::1]:8443", "http://meet.example.kr/"])
def test_an_address(parser: LocustArgumentParser, host: str) -> None:
    assert parse(parser, host=host).host == host.rstrip("/")


HERE, THERE = "https://x/whip/{stream}", "https://x/whep/{stream}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--whip", HERE], "belong together"),
        (["--whep", HERE], "belong together"),
        (["--whip", HERE, "--whep", THERE, "--scenario", "steady"], "for --scenario forward"),
        (["--token", "x"], "belongs to --whip"),
        (["--whip", "x/whip", "--whep", THERE], "begin with http"),
        (["--whip", "https://x/whip", "--whep", THERE, "--conferences", "2"], "take {stream}"),
        (["--whip", HERE, "--whep", THERE, "--own-server"], "names the server"),
        (["--whip", HERE, "--whep", THERE, "--conference", "x"], "names the server"),
    ],
)
def test_what_does_not_go_with_another_server(parser: LocustArgumentParser, arguments: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse(parser, "--scenario", "forward", *arguments, host="")


def test_another_server_is_named_by_two_addresses(parser: LocustArgumentParser) -> None:
    asked = parse(parser, "--scenario", "forward", "--whip", HERE, "--whep", THERE, "--token", "x", host="")
    assert (asked.whip, asked.whep, asked.token) == (HERE, THERE, "x")
    with pytest.raises(ConfigurationError, match="names the server"):
        parse(parser, "--scenario", "forward", "--whip", HERE, "--whep", THERE)


def test_an_unknown_scenario_is_refused_by_the_parser(
    parser: LocustArgumentParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["--scenario", "Gatherin"])
    said = capsys.readouterr().err
    assert "gathering을(를) 뜻하셨습니까?" in said
    assert "Did you mean gathering?" in said
    assert "mass-reconnect" in said  # and all others
    assert "python -m loadtests --help" in said


def test_a_scenario_that_is_like_no_other_is_not_guessed(
    parser: LocustArgumentParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["--scenario", "xyz"])
    said = capsys.readouterr().err
    assert "There is no scenario 'xyz'. There are steady" in said


def test_an_unknown_flag_is_told_where_they_all_stand(
    parser: LocustArgumentParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--scenery", "churn"])
    assert ended.value.code == 2
    assert re.search("--scenery.*\n.*Every flag and scenario: python -m loadtests --help", capsys.readouterr().err)
