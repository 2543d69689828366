"""Start of an MP process: settings from the command line, then serve until the MC is gone."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import socket
import sys

import msgspec
import structlog
import uvloop

from mcu import control
from mcu.config import Log, Media, Processor
from mcu.errors import ConfigurationError
from mcu.processor.control_server import ControlServer
from mcu.processor.mp import MultipointProcessor

PR_SET_PDEATHSIG = 1  # prctl(2): the signal to get when the parent dies
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the MC decides
    structlog.contextvars.bind_contextvars(processor=index)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(fd, index, settings))
    except ConfigurationError as error:
        log.error("media processor cannot start", reason=str(error))
        return 1
    return 0


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, however that happens.

    A parent that died before this call is noticed by the end of the control connection.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


async def _serve(fd: int, index: int, settings: Settings) -> None:
    connection = socket.socket(fileno=fd)
    connection.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    mp = MultipointProcessor(decode_threads=settings.processor.decode_threads)
    server = ControlServer(mp.handle)
    port = settings.media.port + index if settings.media.port else 0
    await mp.start(host=settings.media.host, port=port, advertise=settings.media.advertise, notify=server.notify)
    gc.collect()
    gc.freeze()  # modules and tables made at start need not be looked at again
    try:
        greeting = control.Ready(control.PROTOCOL_VERSION, os.getpid(), mp.port, mp.addresses)
        await server.serve(reader, writer, greeting=greeting)
    finally:
        await mp.close()
