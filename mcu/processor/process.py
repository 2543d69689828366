"""Start of an MP process: settings from the command line, then serve until the MC is gone."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys

import msgspec
import structlog
import uvloop

import mcu
from mcu import control
from mcu.config import Log, Media, Processor
from mcu.errors import ConfigurationError
from mcu.lifetime import die_with_parent
from mcu.processor.control_server import ControlServer
from mcu.processor.mp import MultipointProcessor

SWITCH_SECONDS = 0.001  # how long one thread may keep the interpreter while the packet loop waits for it

log = structlog.get_logger()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The part of the configuration that an MP needs. No secrets: it is visible in the process list."""

    media: Media
    processor: Processor
    log: Log


def run(fd: int, index: int, settings: Settings) -> int:
    """Serve the control connection on `fd`; returns the exit code."""
    die_with_parent()
    sys.setswitchinterval(SWITCH_SECONDS)
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C and service managers reach the whole group; the MC decides
        signal.signal(number, signal.SIG_IGN)
    structlog.contextvars.bind_contextvars(processor=index)
    if mcu.SOURCES_RUN_BECAUSE:
        log.warning("compiled modules do not run; packets cost twice as much", reason=mcu.SOURCES_RUN_BECAUSE)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(fd, index, settings))
    except ConfigurationError as error:
        log.error("media processor cannot start", reason=str(error))
        return 1
    return 0


def first_rtp_port(media: Media, index: int) -> int:
    """Each MP has the next part of the ports for rooms."""
    return media.rtp_port + index * media.rtp_ports


async def _serve(fd: int, index: int, settings: Settings) -> None:
    connection = socket.socket(fileno=fd)
    connection.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    media = settings.media
    mp = MultipointProcessor(
        decode_threads=settings.processor.decode_threads,
        rtp_port=first_rtp_port(media, index),
        rtp_ports=media.rtp_ports,
    )
    server = ControlServer(mp.handle)
    port = media.port + index if media.port else 0
    await mp.start(host=media.host, port=port, advertise=media.advertise, notify=server.notify)
    gc.collect()
    gc.freeze()  # modules and tables made at start need not be looked at again
    try:
        greeting = control.Ready(control.PROTOCOL_VERSION, os.getpid(), mp.port, mp.addresses)
        await server.serve(reader, writer, greeting=greeting)
    finally:
        await mp.close()
