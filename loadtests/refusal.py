"""Why a run does not begin, in Korean and in English: whoever started it has to change something. And exit codes.

0    everything that was expected is reached
1    something expected is not, a worker was lost, or the run broke
2    refused: the run has not begun
3    nothing was measured
"""

from __future__ import annotations

import sys
from typing import NoReturn

from mcu.errors import ConfigurationError
from mcu.synthetic.rest import RestError

FAILED, REFUSED, NOTHING = 1, 2, 3
EXIT_CODES_KO = (
    "종료 코드: 0 기준을 모두 지킴, 1 기준에 못 미치거나 시험이 깨짐, 2 시작하기 전에 거절함, 3 아무것도 재지 못함."
)
EXIT_CODES_EN = (
    "Exit codes: 0 all expectations met, 1 one missed or the run broke, 2 refused before it began, 3 nothing measured."
)


def refusal(ko: str, en: str) -> ConfigurationError:
    """The same twice, on a line each."""
    return ConfigurationError(f"{ko}\n{en}")


def in_both(error: ConfigurationError) -> str:
    """What a refusal says; one of the server's REST interface has its Korean beside it."""
    return f"{error.ko}\n{error}" if isinstance(error, RestError) else str(error)


def refuse(error: ConfigurationError) -> NoReturn:
    """End locust with the sentence, before anything has begun."""
    sys.stderr.write(f"\n{in_both(error)}\n")
    sys.exit(REFUSED)
