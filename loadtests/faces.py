"""Faces, voices and screens made before a run: who is made while others meet comes late, and takes their processor.

python -m loadtests.faces 30      # in advance, on each machine that will carry participants
"""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence

from loadtests.agent.media import CACHE, Loop, media_folder, performances, settings_of
from loadtests.agent_process import CHECKOUT
from loadtests.interrupting import BY_SIGNAL
from mcu.errors import ConfigurationError
from mcu.synthetic.library import GivenUp, Library
from mcu.synthetic.picture_code import MAX_PERSON

MAKING_SECONDS = 7200.0  # a thousand faces on one slow core
END_SECONDS = 5.0  # for the making to end when it is given up
SCREENS = 8  # of the first numbers, who may share: a screen takes as long to make as a face, and one is shown at a time

log = logging.getLogger(__name__)


def wanted(people: int) -> Iterator[tuple[Loop, range]]:
    """What so many people need."""
    yield Loop.CAMERA, range(min(people, MAX_PERSON + 1))
    yield Loop.SCREEN, range(min(people, SCREENS))


def missing(people: int) -> int:
    """How many of these are not on this machine yet."""
    library, folder = Library(CHECKOUT / CACHE), media_folder()
    return sum(
        len(library.missing((who,), settings=settings_of(who, loop), media_folder=folder))
        for loop, numbers in wanted(people)
        for who in numbers
    )


def prepare(people: int) -> None:
    """Make those that are missing, in a process of its own, with a progress bar. Raises ConfigurationError."""
    count = missing(people)
    if not count:
        return
    log.info("얼굴과 목소리 %d개를 만듭니다 · Making %d faces and voices; the next run finds them", count, count)
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "loadtests.faces", str(people)],
            cwd=CHECKOUT,
            process_group=0,  # Ctrl-C is for this process, which ends it: while it starts it would show a traceback
        ) as making:
            try:
                code = making.wait(MAKING_SECONDS)
            except BaseException:  # Ctrl-C, too: nobody wants them any more
                end(making)
                raise
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigurationError(f"faces and voices could not be made: {error}") from error
    if code:
        raise ConfigurationError(f"faces and voices could not be made: exit code {code}, see above")


def end(making: subprocess.Popen[bytes]) -> None:
    """In good order, or at all."""
    making.terminate()
    try:
        making.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        making.kill()


def main(arguments: Sequence[str], given_up: threading.Event) -> None:
    """In a process of its own: the library starts others, which a process that gevent has patched must not."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.faces",
        description="부하 시험 참가자의 얼굴과 목소리를 미리 만듭니다. · Makes faces, voices and screens beforehand.",
    )
    parser.add_argument("people", type=int, help="참가자 수 · how many people")
    people = parser.parse_args(arguments).people
    try:
        for loop, numbers in wanted(people):
            performances(numbers, loop=loop, cache=CHECKOUT / CACHE, media=media_folder(), given_up=given_up)
    except GivenUp:
        sys.stderr.write("\n중단했습니다. 만든 것은 남습니다 · Interrupted; what was made is kept\n")
        sys.exit(BY_SIGNAL[signal.SIGINT])


def given_up_by_signals() -> threading.Event:
    """Set by Ctrl-C and by SIGTERM, which raise nothing any more."""
    given_up = threading.Event()
    for number in BY_SIGNAL:
        signal.signal(number, lambda *_: given_up.set())
    return given_up


if __name__ == "__main__":
    main(sys.argv[1:], given_up_by_signals())
