"""What a run means, in sentences of both languages: the same for terminal and report. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from loadtests.expectations import ANY, Expectation, Verdict
from loadtests.report.wording import OF_TIME, Both, duration, limit_ko
from loadtests.results import Results

# Request types as an official would say them.
KINDS = {
    "join": ("회의에 들어오기", "coming in"),
    "first frame": ("첫 화면이 보이기까지", "until the first picture"),
    "first sound": ("첫 소리가 들리기까지", "until the first sound"),
    "glass-to-glass": ("화면이 늦는 정도", "delay of pictures"),
    "voice delay": ("소리가 늦는 정도", "delay of voices"),
    "tile check": ("화면 확인: 맞는 사람이 맞는 자리에 있는지", "picture check: the right person in the right place"),
    "voice check": ("소리 확인: 맞는 목소리만 들리는지", "sound check: the right voices and no others"),
    "layout change": ("화면 배치 바꾸기", "changing the layout"),
    "reconnect": ("끊긴 뒤 돌아오기", "coming back after a break"),
    "refusal": ("정원을 넘은 사람을 분명히 거절하기", "refusing clearly who is too many"),
    "leave": ("나가기", "leaving"),
    "presence": ("있어야 할 사람이 모두 서버에 있는지", "whether the server has everybody who should be there"),
    "agent": ("부하 생성기 자신의 상태", "how the load itself does"),
}
# Series of loadtests.expectations.
SERIES = {
    "server_cores": ("서버의 CPU (코어)", "processors of the server (cores)"),
    "server_bytes": ("서버의 메모리", "memory of the server"),
    "video_encoders": ("영상 부호기 수", "encoders of pictures"),
    "audio_encoders": ("음성 부호기 수", "encoders of sound"),
    "legs": ("서버에 있는 참가자 수", "participants that the server has"),
    "descriptors": ("서버가 연 파일과 소켓의 수", "files and sockets that the server has open"),
    "tasks": ("서버의 작업 수", "tasks of the server"),
    "threads": ("서버의 스레드 수", "threads of the server"),
    "load_cores": ("부하 생성기의 CPU (코어)", "processors of the load (cores)"),
    "load_late": ("부하 생성기가 늦은 정도", "how late the load itself was"),
    "fps": ("초당 화면 수", "pictures a second"),
    "tile_fps": ("한 사람의 초당 화면 수", "pictures a second of one person"),
    "tile_fps_least": ("가장 느린 사람의 초당 화면 수", "pictures a second of the slowest person"),
    "concealed": ("메운 소리의 비율 (0~1)", "share of sound that was concealed (0 to 1)"),
    "lip_sync": ("입보다 소리가 늦은 정도", "sound after lips"),
    "longest_freeze": ("가장 길게 멈춘 화면", "longest freeze of the picture"),
    "longest_gap": ("가장 길게 끊긴 소리", "longest gap in sound"),
    "stoi": ("말을 알아들을 수 있는 정도 (0~1)", "how well speech is understood (0 to 1)"),
}
WHAT = KINDS | SERIES | {ANY: ("모든 요청과 확인", "everything that was asked and checked")}
# Checks of delay, and how they fail.
DELAYS = (
    (
        "glass-to-glass",
        "보낸 사람을 떠난 화면은",
        "A picture that left its sender was whole with the others",
        "너무 늦었습니다",
        "it was too late",
    ),
    (
        "voice delay",
        "보낸 사람을 떠난 목소리는",
        "What one person said was heard by the others",
        "너무 늦었거나 입과 소리가 어긋났습니다",
        "it was too late, or lips and voice were apart",
    ),
)
# Figures and growths of expectations.
FIGURES = {
    "p5": "가장 작은 5% 경계는",
    "p10": "가장 작은 10% 경계는",
    "p50": "보통",
    "p90": "100번 중 90번은",
    "p95": "100번 중 95번은",
    "p99": "100번 중 99번은",
    "max": "가장 나쁠 때",
    "mean": "평균",
    "count": "횟수",
    "fails": "실패한 횟수",
    "fail%": "실패한 비율",
    "rate": "초당 횟수",
}
GROWTHS = {"": "", "growth": "처음보다 늘어난 정도", "late growth": "중간보다 늘어난 정도"}
MILLISECONDS = OF_TIME.union(KINDS)
NAMED = 3  # missed expectations that the headline names
FAULTS = {
    "no picture": "화면이 전혀 오지 않음",
    "roster wrong": "참가자 명단이 사실과 다름",
    "tiles wrongly told": "누가 어느 자리에 있는지 제대로 알리지 않음",
    "tile missing": "있어야 할 사람의 자리가 없음",
    "tile black": "카메라가 켜져 있는데 보이지 않음",
    "wrong person in tile": "다른 사람이 그 자리에 있음",
    "person twice in picture": "한 사람이 두 번 보임",
    "tile frozen": "한 사람의 화면이 멈춤",
    "tile slow": "한 사람의 화면이 너무 드물게 바뀜",
    "person seen whose camera is off": "카메라를 끈 사람이 보임",
    "shared screen missing": "공유한 화면의 자리가 없음",
    "shared screen black": "공유한 화면이 보이지 않음",
    "shared screen frozen": "공유한 화면이 멈춤",
    "picture slow": "전체 화면이 너무 드물게 바뀜",
    "picture frozen": "전체 화면이 멈춤",
    "no sound": "소리가 전혀 오지 않음",
    "speaker not heard": "말하는 사람이 들리지 않음",
    "muted person heard": "음소거된 사람이 들림",
    "own voice heard": "자기 목소리가 되돌아옴",
    "person of another conference heard": "다른 회의의 사람이 들림",
    "picture late": "화면이 늦음",
    "sound late": "소리가 늦음",
    "lips and voice apart": "입과 소리가 어긋남",
    "gaps in sound": "소리가 끊김",
    "clicks in sound": "소리에 잡음(딱 소리)이 남",
    "speech hard to understand": "말을 알아듣기 어려움",
}


def headline(results: Results, verdicts: Sequence[Verdict]) -> Both:
    """Whether it was good, in one sentence."""
    if results.interrupted:
        return Both("중단됨: 시험을 끝까지 하지 않았습니다", "Interrupted: the run was ended before its time")
    if results.is_silent:
        ko, en = results.why_silent
        return Both(
            "불합격: 아무것도 재지 못했습니다" + f". {ko}" * bool(ko),
            "Failed: nothing was measured" + f". {en}" * bool(en),
        )
    missed = [verdict.expectation for verdict in verdicts if not verdict.met]
    if missed:
        some, more = missed[:NAMED], len(missed) - NAMED
        return Both(
            f"불합격: 기준 {len(verdicts)}개 가운데 {len(missed)}개에 못 미쳤습니다. 못 미친 것: "
            + "; ".join(map(asked_of, some))
            + f" 등 {more}개 더" * (more > 0),
            f"Failed: {len(missed)} of {len(verdicts)} expectations were not met: "
            + "; ".join(each.text for each in some)
            + f"; and {more} more" * (more > 0),
        )
    fails = sum(results.fails.values())
    if fails:
        return Both(
            f"기준{f' {len(verdicts)}개는 모두 지켰지만' if verdicts else '은 없었고'}, "
            f"요청과 확인 가운데 {fails}번이 실패했습니다",
            f"{f'All {len(verdicts)} expectations were met' if verdicts else 'Nothing was expected'}, "
            f"but {fails} requests or checks failed",
        )
    if not verdicts:
        return Both("실패는 없었습니다. 지켜야 할 기준은 없었습니다", "Nothing failed, and nothing was expected")
    lasted = duration(results.seconds)
    return Both(
        f"합격: {lasted.ko} 동안 기준 {len(verdicts)}개를 모두 지켰고, 실패는 없었습니다",
        f"Passed: for {lasted.en} all {len(verdicts)} expectations were met, and nothing failed",
    )


def sentences(results: Results) -> list[Both]:
    """What happened, the most important first."""
    found: list[Both] = []
    measured = results.measured()
    lasted = duration(results.seconds)
    most = max((moment.users for moment in results.moments), default=0)
    if most:
        found.append(
            Both(
                f"가장 많을 때 {most}명이 함께 있었고, {lasted.ko} 동안 시험했습니다.",
                f"At most {most} people were there at once, for {lasted.en} in all.",
            )
        )
    joins = measured.get("join")
    if joins is not None and joins.times:
        half, nearly = joins.figure("p50") / 1000, joins.figure("p95") / 1000
        found.append(
            Both(
                f"절반은 {half:.2f}초 안에, 100명 가운데 95명은 {nearly:.2f}초 안에 회의에 들어왔습니다.",
                f"Half of them were in within {half:.2f} s, and 95 in 100 within {nearly:.2f} s.",
            )
        )
    for kind, ko, en in (("tile check", "화면을", "Looked at the picture"), ("voice check", "소리를", "Listened")):
        checks = measured.get(kind)
        if checks is not None:
            count, wrong = int(checks.figure("count")), checks.fails
            found_ko, found_en = (
                f"{wrong}번 잘못을 찾았습니다",
                "something wrong " + ("once" if wrong == 1 else f"{wrong} times"),
            )
            if not wrong:
                found_ko, found_en = "잘못은 없었습니다", "nothing wrong"
            found.append(
                Both(
                    f"{ko} {count}번 확인했고, {found_ko}.",
                    f"{en} {count} times, and found {found_en}.",
                )
            )
    for kind, ko, en, wrong_ko, wrong_en in DELAYS:
        delay = measured.get(kind)
        if delay is not None and delay.times:
            usual, fails = delay.figure("p50"), delay.fails
            found.append(
                Both(
                    f"{ko} 보통 {usual:.0f}밀리초 뒤에 다른 사람들에게 도착했습니다."
                    + f" {delay.count}번 가운데 {fails}번은 {wrong_ko}." * bool(fails),
                    f"{en} after {usual:.0f} ms, usually."
                    + f" {fails} of {delay.count} times {wrong_en}." * bool(fails),
                )
            )
    found.extend(_belief(results))
    return found


def _belief(results: Results) -> list[Both]:
    """Whether the load kept its own pace: figures are no better than that."""
    agent = results.measured().get("agent")
    if agent is None:
        return []
    worst = max((*agent.times, 0.0))
    if agent.fails:
        return [
            Both(
                f"주의: 부하 생성기 자신이 {agent.fails}번 늦었습니다. 이 컴퓨터에는 너무 많은 인원이어서, "
                "그때의 수치는 서버만의 것이 아닙니다.",
                f"Beware: the load itself was late {agent.fails} times. So many people are too much for this machine, "
                "and figures of that time are not the server's alone.",
            )
        ]
    return [
        Both(
            f"부하 생성기 자신은 가장 늦을 때 {worst:.0f}밀리초 늦었습니다. 수치는 그보다 정확할 수 없습니다.",
            f"The load itself woke {worst:.0f} ms too late at most; no figure is better than that.",
        )
    ]


def asked_of(expectation: Expectation) -> str:
    """What is expected, in Korean: "소리가 늦는 정도 — 100번 중 95번은: 1초 미만"."""
    words = (FIGURES[expectation.figure], GROWTHS[expectation.growth])
    return f"{WHAT[expectation.kind][0]} — {', '.join(filter(None, words))}: {limit_ko(expectation)}"


def number(value: float, figure: str) -> str:
    """With its unit."""
    if math.isnan(value):
        return "—"
    if figure in ("count", "fails"):
        return f"{value:.0f}"
    if figure == "fail%":
        return f"{value:.2f} %"
    if figure == "rate":
        return f"{value:.1f} /s"
    return f"{value:.0f} ms"


def value_of(verdict: Verdict) -> str:
    """What came out, with its unit."""
    asked, value = verdict.expectation, verdict.value
    if math.isnan(value):
        return "재지 못함 · not measured"
    if (asked.kind in KINDS or asked.kind == ANY) and not asked.growth:
        return number(value, asked.figure)
    sign = "+" if asked.growth else ""
    if asked.relative:
        return "∞ %" if math.isinf(value) else f"{value:{sign}.1f} %"
    if asked.kind == "server_bytes":
        return f"{value / 1e6:{sign}.1f} MB"
    return f"{value:{sign}.0f} ms" if asked.kind in MILLISECONDS else f"{value:{sign}.4g}"
