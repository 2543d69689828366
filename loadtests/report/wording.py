"""Times, limits and titles as people say them, in both languages. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.expectations import Expectation
from loadtests.scenario import Scenario

# What limits of series are counted in; those of time and of memory are told below, and shares have no unit.
UNITS_KO: Mapping[str, str] = {
    "fps": "장",
    "server_cores": "코어",
    "load_cores": "코어",
    "legs": "명",
    **dict.fromkeys(("video_encoders", "audio_encoders", "descriptors", "tasks", "threads"), "개"),
}
COUNTED_KO: Mapping[str, str] = {"count": "{:g}번", "fails": "{:g}번", "fail%": "{:g}%", "rate": "초당 {:g}번"}
SIGNS_KO: Mapping[str, str] = {"<": " 미만", "<=": " 이하", "=": "", ">=": " 이상", ">": " 초과"}
OF_TIME = frozenset({"load_late", "lip_sync", "longest_freeze", "longest_gap"})  # series in milliseconds

DAY_SECONDS = 86_400.0  # of a run so long the day is told as well
_FLAGS = re.compile(r" \([^()]*\B--?[a-z][^()]*\)$")  # at the end of the help of a scenario


@dataclass(frozen=True, slots=True)
class Both:
    """The same in two languages."""

    ko: str
    en: str


def duration(seconds: float) -> Both:
    """In the largest units of which there is at least one: "1분 30초"."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "시간", "h"), (minutes, "분", "min"), (rest, "초", "s")]
    told = [part for part in parts if part[0]][:2] or parts[2:]
    return Both(" ".join(f"{count}{ko}" for count, ko, _ in told), " ".join(f"{count} {en}" for count, _, en in told))


def limit_ko(asked: Expectation) -> str:
    """The limit with its unit: "3초 미만", "0번"."""
    return _amount_ko(asked) + SIGNS_KO[asked.sign]


def _amount_ko(asked: Expectation) -> str:
    limit = asked.limit
    if asked.relative:
        return f"{limit:g}%"
    if asked.kind == "server_bytes":
        return f"{limit / 1e6:g}MB"
    if asked.kind in UNITS_KO:
        return f"{limit:g}{UNITS_KO[asked.kind]}"
    if asked.kind in ("concealed", "stoi"):
        return f"{limit:g}"
    if asked.figure in COUNTED_KO:
        return COUNTED_KO[asked.figure].format(limit)
    return f"{limit:g}밀리초" if abs(limit) < 1000 else f"{limit / 1000:g}초"


def title(scenario: Scenario, *, people: int, seconds: float, server: str) -> Both:
    """Of a run: what, how many, how long, where."""
    end = " (" if scenario.report else ":"  # a known failure is named by what people saw
    ko, en = scenario.title_ko.partition(end)[0], scenario.title_en.partition(end)[0]
    lasted = duration(seconds)
    return Both(
        f"회의 부하 시험 — {ko} ({scenario.name}), {people}명, {lasted.ko}, {server}",
        f"Load test of conferences: {en} ({scenario.name}), {people} people, {lasted.en}, {server}",
    )


def told(scenario: Scenario) -> Both:
    """What it does, without the flags that change it."""
    return Both(_FLAGS.sub("", scenario.title_ko), _FLAGS.sub("", scenario.title_en))


def until(seconds: float, *, now: float) -> str:
    """How long a run goes that begins now (time.time), and until when, in local time."""
    lasts, whole = duration(seconds), time.localtime(now + seconds)
    clock = time.strftime("%H:%M" if seconds < DAY_SECONDS else "%Y-%m-%d %H:%M", whole)
    return (
        f"{lasts.ko} 동안, {clock}까지 합니다. 그 뒤 몇 초는 판정합니다 · "
        f"for {lasts.en}, until {clock}; then some seconds of judging"
    )
