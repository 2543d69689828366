"""Everything that can be refused is refused before anything starts: no server, no faces, no report half an hour later.

Rules:
1. Before all other listeners of locust's `init`, in the process that leads: workers are told what the leader was.
2. A refusal ends locust with exit code 2 and says in Korean and in English what to change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust.runners import LocalRunner, MasterRunner

from loadtests import report_flags
from loadtests.options import options_of
from loadtests.refusal import refusal, refuse
from mcu.errors import ConfigurationError

if TYPE_CHECKING:
    from locust.env import Environment


def attach(environment: Environment, **_: Any) -> None:
    """See above."""
    parsed = environment.parsed_options
    if parsed is None or not isinstance(environment.runner, LocalRunner | MasterRunner):
        return
    try:
        options_of(parsed, host=environment.host or "")
        report_flags.try_out(report_flags.settings_of(parsed))
    except ConfigurationError as error:
        refuse(error)
    except (OSError, ValueError) as error:  # locust would log it, and begin the run
        refuse(refusal(f"시작할 수 없습니다: {error}", f"This run cannot begin: {error}"))
