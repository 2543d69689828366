"""Faces and voices made before a run: who is made while others meet comes late, and takes the processor from them."""

from __future__ import annotations

import logging
import subprocess
import sys

from loadtests.agent.media import CACHE, Loop, media_folder, settings_of
from loadtests.agent_process import CHECKOUT
from mcu.errors import ConfigurationError
from mcu.synthetic.library import Library
from mcu.synthetic.picture_code import MAX_PERSON

MAKING_SECONDS = 3600.0  # a thousand faces on one slow core

log = logging.getLogger(__name__)


def missing(people: int) -> int:
    """How many of the first `people` numbers have no face on this machine yet."""
    library, folder = Library(CHECKOUT / CACHE), media_folder()
    numbers = range(min(people, MAX_PERSON + 1))
    return sum(
        len(library.missing((who,), settings=settings_of(who, Loop.CAMERA), media_folder=folder)) for who in numbers
    )


def prepare(people: int) -> None:
    """Make those that are missing, in a process of its own, with a progress bar. Raises ConfigurationError."""
    count = missing(people)
    if not count:
        return
    log.info("얼굴과 목소리 %d개를 만듭니다 · Making %d faces and voices; the next run finds them", count, count)
    try:
        subprocess.run(
            [sys.executable, "-m", "loadtests.agent.media", str(min(people, MAX_PERSON + 1))],
            cwd=CHECKOUT,
            check=True,
            timeout=MAKING_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigurationError(f"faces and voices could not be made: {error}") from error
