"""Why nothing was measured, in Korean and in English: it is told in the terminal, and stands in the report."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from loadtests.report.wording import Both

if TYPE_CHECKING:
    from locust.env import Environment

_reasons: WeakKeyDictionary[Environment, Both] = WeakKeyDictionary()


def set_reason(environment: Environment, why: Both | None) -> None:
    """Of the run that this environment has now; None: nothing is known."""
    if why is None:
        _reasons.pop(environment, None)
    else:
        _reasons[environment] = why


def reason_of(environment: Environment) -> Both:
    """What was told, or what is left where nothing was told: nobody had come when it was over."""
    return _reasons.get(environment) or Both(
        f"시험이 끝날 때까지 아무도 회의에 들어오지 못했습니다. {machine().ko}",
        f"The run was over before anybody had come in. {machine().en}",
    )


def no_agent(*, seconds: float, detail: str) -> Both:
    """No process of participants was there after so many seconds; `detail` is what the first of them said."""
    return Both(
        f"참가자 프로세스가 {seconds:.0f}초 동안 하나도 준비되지 않았습니다 ({detail}). {machine().ko}",
        f"No agent was ready within {seconds:.0f} s ({detail}). {machine().en}",
    )


def machine() -> Both:
    """How much this one has, and how much is asked of it."""
    cores, (load, _, _) = os.cpu_count() or 1, os.getloadavg()
    return Both(
        f"이 컴퓨터는 코어가 {cores}개이고 지난 1분의 평균 부하는 {load:.1f}입니다.",
        f"This machine has {cores} cores and had a load average of {load:.1f} in the last minute.",
    )
