"""`mcu demo`: a server, and a conference on it filled by synthetic office holders from a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path

import msgspec
import typer
import uvloop
from rich.console import Console

from mcu.cli import logs, serve, strain_watch
from mcu.cli.announcement import Invitation, announce, local_address, other_addresses, room_address
from mcu.cli.faults import one_sentence
from mcu.config import Config
from mcu.controller.pool import ProcessorPool
from mcu.errors import ConfigurationError
from mcu.lifetime import die_with_parent
from mcu.synthetic.demo import run_demo
from mcu.synthetic.participant import Refused
from mcu.synthetic.real_media import open_folder
from mcu.synthetic.rest import Created

LINK = re.compile("[A-Za-z0-9_-]{22}")
LEAST = 3  # participants: below, it is no meeting to look at
NOBODY = "아직 아무도 들어오지 못했습니다. 기다립니다 · Nobody is in yet; waiting"
LEAVE_SECONDS = 5.0  # for the participants to take their leave before their process is killed


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    participants: int
    server: str  # "" to start one
    conference: str  # "" to make one
    media: Path | None
    config_file: Path | None
    child: bool


def run(config: Config, options: Options) -> None:
    """Fill a conference on the server; without one, start it first. Until Ctrl-C or SIGTERM."""
    config = _quiet(config)
    if options.conference and not options.server:
        raise ConfigurationError("--conference needs --server: a server started here makes a conference of its own")
    if options.conference and not LINK.fullmatch(options.conference):
        raise ConfigurationError(
            f"--conference {options.conference}: not the id of a link. It is the 22 characters that follow /c/."
        )
    if options.media is not None:
        open_folder(options.media)
    if options.child:
        die_with_parent()
    if options.server:
        _fill(config, options)
    else:
        participants = _Participants(_child_arguments(config, options), busy=busy(options))
        _say("서버를 시작합니다 · Starting the server", style="dim")
        serve.run(config, companion=participants.beside)
        if participants.exit_code:
            raise typer.Exit(abs(participants.exit_code))


def busy(options: Options) -> str:
    """What to do about a machine that is too busy: about a third fewer people, where that is still a meeting."""
    fewer = max(LEAST, options.participants * 2 // 3)
    ko, en, how = "다른 프로그램을 닫으십시오.", "Close other programs.", ""
    if fewer < options.participants:
        server = f"--server {options.server} " if options.server and not options.child else ""
        how = f': make demo ARGS="{server}--participants {fewer}"'
        ko, en = "다른 프로그램을 닫거나 사람을 줄이십시오", "Close other programs, or have fewer people"
    return (
        f"기계가 너무 바빠서 새로 참가하는 사람이 거절될 수 있습니다. {ko}{how}\n"
        f"The machine is too busy: people who join may be refused. {en}{how}"
    )


def _quiet(config: Config) -> Config:
    """Two dozen people who enter would bury the address under a line each."""
    if config.log.level != "info":
        return config
    return msgspec.structs.replace(config, log=msgspec.structs.replace(config.log, level="warning"))


def _child_arguments(config: Config, options: Options) -> list[str]:
    arguments = ["--participants", str(options.participants), "--server", local_address(config), "--child"]
    if options.media is not None:
        arguments += ["--media", str(options.media)]
    if options.config_file is not None:
        arguments += ["--config", str(options.config_file)]
    return arguments


class _Participants:
    """The process of the participants; sets `stop` when it ends by itself, is asked to leave before the server stops.

    It has a session of its own: Ctrl-C reaches the server alone, which then lets people leave before it goes.
    """

    def __init__(self, arguments: list[str], *, busy: str) -> None:
        self.exit_code = 0
        self._arguments = arguments
        self._busy = busy  # what is said when the machine is

    @contextlib.asynccontextmanager
    async def beside(self, stop: asyncio.Event, pool: ProcessorPool) -> AsyncIterator[None]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mcu", "demo", *self._arguments, start_new_session=True
        )
        watch = asyncio.create_task(process.wait())
        watch.add_done_callback(lambda _: stop.set())
        straining = asyncio.create_task(strain_watch.watch(pool, lambda: _say(self._busy, style="yellow")))
        try:
            yield
        finally:
            straining.cancel()
            if process.returncode is None:
                process.terminate()
            try:
                async with asyncio.timeout(LEAVE_SECONDS):
                    self.exit_code = await asyncio.shield(watch)
            except TimeoutError:
                process.kill()
                self.exit_code = await watch


def _fill(config: Config, options: Options) -> None:
    logs.configure(config.log)
    server = options.server.rstrip("/")

    def opened(created: Created, present: int) -> None:
        missing = options.participants - present
        some = f" (+{missing}명 대기 · {missing} more at the door)" if missing else ""
        announce(
            Invitation(link=created.link, number=created.number, pin=created.pin, chair_key=created.chair_key),
            title=f"{present}명이 회의 중입니다 · {present} people are meeting{some}",
            here=[server],
            others=other_addresses(config) if options.child else [],
            rooms=room_address(config) if options.child else "",
            ending="Ctrl-C 로 끝냅니다 · Ctrl-C ends the demo",
            out=Console(),
        )

    told = options.child  # the server's process has told it

    def nobody(code: str) -> None:
        nonlocal told
        text = busy(options) if code == "busy" and not told else NOBODY
        told = told or code == "busy"
        _say(text, style="yellow")

    number = options.participants
    _say(f"{number}명의 참가자를 준비합니다 · Preparing {number} participants", style="dim")
    work = run_demo(
        server,
        count=options.participants,
        media_folder=options.media,
        conference=options.conference,
        api_key=config.api.key,
        cache=Path(config.server.data_dir) / "cache" / "synthetic",
        opened=opened,
        nobody=nobody,
    )
    with (
        one_sentence(Refused, prefix=f"{server} does not let the participants in: "),
        one_sentence(ConfigurationError),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_until_signal(work))


def _say(text: str, *, style: str) -> None:
    """One line, or one in each language."""
    Console().print(text, style=style, highlight=False, markup=False, soft_wrap=True)


async def _until_signal(work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
