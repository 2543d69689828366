"""What every contender does alike: read its workload, keep the beat, count its own CPU, print one line of JSON.

    python -m mcu.bench.contenders.NAME WORKLOAD_JSON SECONDS

The line is a `Result`; what is not installed prints an `Absent` and ends with EXIT_ABSENT.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence

import msgspec

from mcu.bench.workload import Workload, from_json
from mcu.errors import ProtocolError
from mcu.lifetime import die_with_parent

EXIT_ABSENT = 3
EXIT_USAGE = 2
WARM_UP_SECONDS = 2.0  # first keyframes, caches, rate control; paced like the rest, not counted


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one stretch cost."""

    name: str
    cpu_seconds: float  # user and system, of the process and its children, in the stretch alone
    seconds: float  # that the stretch lasted
    ticks: int  # of the composite, or of the sound where there is no picture
    ticks_missed: int
    participants: int  # that were carried
    note: str = ""


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is nothing to measure."""

    name: str
    absent: str  # in plain words


class NotInstalled(Exception):
    """Raised by a contender that cannot run here; the text is for whoever reads the table."""


def read_line(line: str | bytes) -> Result | Absent:
    """What a contender printed. Raises ProtocolError."""
    try:
        fields = msgspec.json.decode(line, type=dict[str, object])
        if "absent" in fields:
            return msgspec.convert(fields, Absent)
        return msgspec.convert(fields, Result)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"contender: {error}") from error


def main(name: str, run: Callable[[Workload, float], Result], arguments: Sequence[str] | None = None) -> None:
    """Call `run` as the command line says, and print what it returns. Does not return."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        text, seconds = given
        workload, stretch = from_json(text), float(seconds)
    except (ValueError, ProtocolError) as error:
        sys.stderr.write(f"usage: python -m mcu.bench.contenders.{name} WORKLOAD_JSON SECONDS ({error})\n")
        sys.exit(EXIT_USAGE)
    die_with_parent()
    try:
        result: Result | Absent = run(workload, stretch)
    except NotInstalled as reason:
        result = Absent(name=name, absent=str(reason))
    sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
    sys.stdout.flush()
    sys.exit(EXIT_ABSENT if isinstance(result, Absent) else 0)


def cpu_of_self() -> float:
    """User and system seconds of this process and of its children that have ended."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def sleep_until(moment: float) -> None:
    """Sleep to monotonic time `moment`; not at all when it is over."""
    delay = moment - time.monotonic()
    if delay > 0:
        time.sleep(delay)
