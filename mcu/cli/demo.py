"""`mcu demo`: a server, and a conference on it filled by synthetic office holders from a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import uvloop

from mcu.cli import logs, serve
from mcu.config import Config
from mcu.lifetime import die_with_parent
from mcu.synthetic.demo import run_demo

STOP_SECONDS = 5.0  # for the participants to take their leave


def run(config: Config, *, participants: int, server: str, conference: str, media: Path | None, child: bool) -> None:
    """Fill a conference on `server`; without a server, start one first. Until Ctrl-C."""
    if child:
        die_with_parent()
    if server:
        _fill(config, participants=participants, server=server, conference=conference, media=media)
        return
    children: list[subprocess.Popen[bytes]] = []

    def on_ready(address: str) -> None:
        arguments = ["--participants", str(participants), "--server", address, "--child"]
        if media is not None:
            arguments += ["--media", str(media)]
        children.append(subprocess.Popen([sys.executable, "-m", "mcu", "demo", *arguments]))

    try:
        serve.run(config, on_ready=on_ready)
    finally:
        for process in children:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _fill(config: Config, *, participants: int, server: str, conference: str, media: Path | None) -> None:
    logs.configure(config.log)
    work = run_demo(
        server.rstrip("/"),
        count=participants,
        media_folder=media,
        conference=conference or None,
        api_key=config.api.key,
        cache=Path(config.server.data_dir) / "cache" / "synthetic",
    )
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
