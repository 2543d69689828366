"""Times, limits and titles in words."""

from __future__ import annotations

import pytest

from loadtests.expectations import SERIES, parse
from loadtests.report.wording import Both, duration, limit_ko, title, told
from loadtests.scenarios import SCENARIOS


@pytest.mark.parametrize(
    ("seconds", "ko", "en"),
    [
        (0.0, "0초", "0 s"),
        (42.4, "42초", "42 s"),
        (59.6, "1분", "1 min"),
        (90.0, "1분 30초", "1 min 30 s"),
        (300.0, "5분", "5 min"),
        (7_384.0, "2시간 3분", "2 h 3 min"),
        (28_800.0, "8시간", "8 h"),
        (3_605.0, "1시간 5초", "1 h 5 s"),
    ],
)
def test_a_time(seconds: float, ko: str, en: str) -> None:
    assert duration(seconds) == Both(ko, en)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("join p95 < 3 s", "3초 미만"),
        ("join p95 <= 1500", "1.5초 이하"),
        ("glass-to-glass p95 < 600 ms", "600밀리초 미만"),
        ("tile check fails = 0", "0번"),
        ("tile check count >= 86", "86번 이상"),
        ("voice check fail% < 1", "1% 미만"),
        ("join rate > 2", "초당 2번 초과"),
        ("voice delay p50 growth < 40 ms", "40밀리초 미만"),
        ("voice delay p50 growth < 10%", "10% 미만"),
        ("server_bytes late growth < 5%", "5% 미만"),
        ("server_bytes max < 800 MB", "800MB 미만"),
        ("video_encoders late growth < 2", "2개 미만"),
        ("fps p50 > 20", "20장 초과"),
        ("longest_freeze max < 1 s", "1초 미만"),
        ("lip_sync late growth > -40 ms", "-40밀리초 초과"),
        ("stoi p50 > 0.7", "0.7 초과"),
        ("server_cores max < 2", "2코어 미만"),
        ("legs max <= 30", "30명 이하"),
    ],
)
def test_a_limit_in_korean(text: str, said: str) -> None:
    assert limit_ko(parse(text)) == said


@pytest.mark.parametrize("series", SERIES)
def test_each_series_has_a_limit(series: str) -> None:
    assert limit_ko(parse(f"{series} max < 3")).endswith(" 미만")


def test_a_title_says_what_how_many_how_long_and_where() -> None:
    said = title(SCENARIOS["gathering"], people=30, seconds=90.0, server="http://10.0.0.5:8080")
    assert said == Both(
        "회의 부하 시험 — 집합 (gathering), 30명, 1분 30초, http://10.0.0.5:8080",
        "Load test of conferences: Gathering (gathering), 30 people, 1 min 30 s, http://10.0.0.5:8080",
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_title_has_no_help_in_it(name: str) -> None:
    said = title(SCENARIOS[name], people=1, seconds=1.0, server="S")
    assert "--" not in said.ko.partition(f" ({name})")[0]
    assert "-u" not in said.en.partition(f" ({name})")[0]


def test_what_a_scenario_does_is_told_without_its_flags() -> None:
    assert told(SCENARIOS["steady"]) == Both("고른 부하: 회의가 계속됩니다", "Steady load: meetings go on")
    assert told(SCENARIOS["one-bad-leg"]).ko.endswith("(한 사람이 아무것도 받지 않습니다)")
    assert told(SCENARIOS["mass-reconnect"]).en == SCENARIOS["mass-reconnect"].title_en
    assert "--weather" not in told(SCENARIOS["bad-lines"]).ko
