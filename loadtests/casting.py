"""How many conferences a run has, and how many users of which class come to them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from locust.env import Environment

from loadtests.conferences import STREAM, Conference
from loadtests.options import Options
from loadtests.scenario import Scenario
from loadtests.scenarios import counts_of
from mcu.errors import ConfigurationError

log = logging.getLogger(__name__)


def choose_users(
    environment: Environment, scenario: Scenario, conferences: Sequence[Conference], *, has_gateway: bool
) -> None:
    """How many of which class, unless the web page's class picker says it. Raises ConfigurationError for nobody."""
    first = conferences[0]
    barred = {
        "Viewer": "" if first.id or first.whep else "REST does not show this conference",
        "Publisher": "" if first.id or first.whip else "REST does not show this conference",
        "ConferenceRoom": "" if has_gateway and first.pin else "no gateway answers, or the PIN is not known",
    }
    counts = counts_of(scenario, conferences=len(conferences))
    users, parsed = environment.user_classes, environment.parsed_options
    is_mixed = any(user.__name__ in scenario.mix for user in users)  # else just those named with the command
    for user in users:
        name = user.__name__
        if parsed is None or not parsed.class_picker:
            user.fixed_count = counts.get(name, 0)
            user.weight = 0.0 if name in counts else scenario.mix.get(name, 0.0) if is_mixed else 1.0
        if user.weight and barred.get(name):
            log.warning("No %s comes: %s.", name, barred[name])
            user.weight = 0.0
    if not any(user.weight or user.fixed_count for user in users):
        raise ConfigurationError("Nobody can come: see above who is missing, and why.")


def count_of(asked: Options, *, users: int, workers: int) -> int:
    """How many conferences, or streams. Raises ConfigurationError where a worker would watch a sender of another one.

    Delays are told for senders of the same agent: who forwards has a stream in each worker.
    """
    is_one = asked.conference or (asked.whip and not (STREAM in asked.whip and STREAM in asked.whep))
    wanted = 1 if is_one else asked.scenario.conferences(users)
    if not asked.scenario.forwards:
        return asked.conferences or wanted
    count = asked.conferences or (wanted if is_one else max(wanted, workers))
    if count < workers:
        numbered = f" with {STREAM} in --whip and --whep" if asked.whip else " of their own"
        raise ConfigurationError(
            f"{count} stream{'s' * (count > 1)} for {workers} locust workers: a worker that has no sender cannot tell "
            f"how late pictures and sound are. Start {count} of them, or take --conferences {workers}{numbered}."
        )
    return count
