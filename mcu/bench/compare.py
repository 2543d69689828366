"""The server and its contenders on one workload, interleaved: each run gives each a stretch, in rotating order.

What the machine does besides then falls on all of them, and a ratio is that of neighbours in time. A stretch that fails
is tried once more before what was measured until then is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from mcu.bench.contender import Absent
from mcu.bench.progress import Steps
from mcu.bench.rows import ContenderRow, ServerRow, contender_row, server_row
from mcu.bench.server import ServerFailed
from mcu.bench.stretch import SETTLE_SECONDS, StretchFailed, loaded_server, measure, run_contender
from mcu.bench.workload import Workload

Measured = TypeVar("Measured")

SERVER = "server"
SERVER_OVERHEAD = SETTLE_SECONDS + 8.0  # seconds to start, let everybody in, and stop
CONTENDER_OVERHEAD = 7.0  # to make its pictures, and to warm up


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All runs of one workload; the n-th rows belong together."""

    workload: Workload
    server: list[ServerRow]
    contenders: dict[str, list[ContenderRow]]
    absent: dict[str, str]  # contender to why


def seconds_of(contenders: Sequence[str], *, runs: int, seconds: float) -> float:
    """How long `compare` should take."""
    return runs * (SERVER_OVERHEAD + seconds + len(contenders) * (CONTENDER_OVERHEAD + seconds))


def compare(workload: Workload, contenders: Sequence[str], *, runs: int, seconds: float, steps: Steps) -> Comparison:
    """`runs` stretches of `seconds` each. Raises StretchFailed or ServerFailed when the server cannot be measured."""
    servers: list[ServerRow] = []
    rows: dict[str, list[ContenderRow]] = {name: [] for name in contenders}
    absent: dict[str, str] = {}
    names = [SERVER, *contenders]
    for run in range(runs):
        turn = run % len(names)
        for name in names[turn:] + names[:turn]:
            overhead = SERVER_OVERHEAD if name == SERVER else CONTENDER_OVERHEAD
            with steps.step(f"{workload.name}: {name}, {run + 1}/{runs}", overhead + seconds):
                if name == SERVER:
                    servers.append(_once_more(serve, workload, seconds))
                elif name not in absent:
                    row = contend(name, workload, seconds)
                    if isinstance(row, str):
                        absent[name] = row
                        rows[name].clear()
                    else:
                        rows[name].append(row)
    return Comparison(
        workload=workload,
        server=servers,
        contenders={name: found for name, found in rows.items() if name not in absent},
        absent=absent,
    )


def _once_more(stretch: Callable[[Workload, float], Measured], workload: Workload, seconds: float) -> Measured:
    """Raises StretchFailed or ServerFailed when it fails twice."""
    try:
        return stretch(workload, seconds)
    except (StretchFailed, ServerFailed):
        return stretch(workload, seconds)


def serve(workload: Workload, seconds: float) -> ServerRow:
    """One stretch of a server of its own."""
    with loaded_server(workload) as (server, load, opened):
        return server_row(measure(server, load, opened, seconds))


def contend(name: str, workload: Workload, seconds: float) -> ContenderRow | str:
    """One stretch of a contender, or why there is none."""
    try:
        result = _once_more(lambda *asked: run_contender(name, *asked), workload, seconds)
    except StretchFailed as error:
        return str(error)
    return result.absent if isinstance(result, Absent) else contender_row(result)
