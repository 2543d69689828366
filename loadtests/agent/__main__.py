"""The agent: connects to the worker's socket, and carries the participants that it is told to.

    python -m loadtests.agent SOCKET [--cache DIR] [--media DIR] [--round-trip SECONDS]

The end of the connection is the end of the agent: everybody leaves. It ends with its parent too; Ctrl-C is the parent's
affair.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog
import uvloop

from loadtests.agent.crew import Crew
from loadtests.agent.line import Line
from loadtests.agent.media import CACHE, Wardrobe, media_folder
from loadtests.checks.worker import Inspector
from loadtests.findings import Limits
from loadtests.wire import MAX_LINE
from mcu.lifetime import die_with_parent

WARNING = 30  # of logging: every coming and going would be told below it


class _Over(Exception):
    """The worker is gone."""


async def run(path: Path, *, cache: Path, media: Path | None, limits: Limits) -> None:
    """Until the worker hangs up. Raises OSError when nobody listens at `path`."""
    reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE)
    judge = Inspector(limits)
    try:
        async with asyncio.TaskGroup() as group:
            await judge.start()
            line = Line(reader, writer)
            crew = Crew(group, wardrobe=Wardrobe(cache, media=media), judge=judge, tell=line.tell)
            await line.run(crew, group)
            await crew.close()
            raise _Over
    except* _Over:
        pass
    finally:
        judge.close()
        writer.close()


def main(arguments: Sequence[str]) -> None:
    """See the top."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.agent",
        description="부하 시험 참가자를 움직이는 프로세스 · The process that carries participants of load tests",
    )
    parser.add_argument("socket", type=Path, help="작업자의 유닉스 소켓 · unix socket of the worker")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, help="얼굴과 목소리를 보관할 폴더 · folder of faces and voices"
    )
    parser.add_argument(
        "--media", type=Path, default=media_folder(), help="실제 영상과 음성 폴더 · folder of real clips"
    )
    parser.add_argument(
        "--round-trip",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="서버까지 다녀오는 시간 · time of a packet to the server and back",
    )
    chosen = parser.parse_args(arguments)
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        limits = Limits().over(chosen.round_trip)
        runner.run(run(chosen.socket, cache=chosen.cache, media=chosen.media, limits=limits))


if __name__ == "__main__":
    main(sys.argv[1:])
