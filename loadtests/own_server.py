"""Which server is tried: the one that was named, one that runs here already, or one that is started for the run.

Every refusal is a ConfigurationError whose text says what to do.
"""

from __future__ import annotations

import shlex
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from loadtests import folders
from loadtests.line.server import LineServer
from loadtests.options import Options
from loadtests.rest import Server
from mcu.bench.server_process import ServerFailed, ServerProcess, free_ports
from mcu.errors import ConfigurationError

DEFAULT_HOST = "http://127.0.0.1:8080"
GATEWAY_PORT = 1720  # H.225.0's own
MOST_PARTICIPANTS = 200  # in one conference of a server of our own: the most that a server takes
CONNECT_SECONDS = 2.0
RESTART_SECONDS = 120.0  # for a command to restart a server


class OwnServer:
    """A server of this machine for one run of locust; `close` ends it."""

    def __init__(self) -> None:
        """Starts it. Raises ConfigurationError."""
        self._folder = folders.make("server-")
        (port,) = free_ports(1)
        self.gateway = f"127.0.0.1:{port}"
        settings = {
            "MCU_H323_HOST": "127.0.0.1",
            "MCU_H323_PORT": str(port),
            "MCU_H323_H245_PORT": "0",
            "MCU_CONFERENCE_MAX_PARTICIPANTS": str(MOST_PARTICIPANTS),
        }
        self._process = ServerProcess(Path(self._folder.name), settings)
        self.address = self._process.url
        try:
            self.start()
        except BaseException:  # Ctrl-C, too
            self.close()
            raise

    def start(self) -> None:
        """Again, after `stop`. Raises ConfigurationError."""
        try:
            self._process.start()
        except ServerFailed as error:
            raise ConfigurationError(str(error)) from error

    def stop(self) -> None:
        """As an operator does."""
        self._process.stop()

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()


def listens(host: str, port: int) -> bool:
    """Whether something takes TCP connections there."""
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS):
            return True
    except OSError:
        return False


def wants_own_server(options: Options) -> bool:
    """Whether to start one: asked for, or nothing was named and nothing is here. Raises ConfigurationError."""
    if options.own_server and options.host:
        raise ConfigurationError("--own-server starts a server, --host names one: leave one of them out.")
    if options.own_server or options.host:
        return options.own_server
    return not listens("127.0.0.1", 8080)


def look(options: Options) -> None:
    """Whether the run can be made on the server named. Raises ConfigurationError."""
    server = Server(options.host, api_key=options.api_key)
    readiness = server.ready()
    if not readiness.ready:
        raise ConfigurationError(f"{options.host} is not ready: it has no media processor, or its database fails.")
    if not options.conference:
        try:
            server.try_key()
        except ConfigurationError as error:
            given = " The key that was given (--api-key, MCU_API_KEY) is wrong." if options.api_key else ""
            raise ConfigurationError(f"{error}{given}") from error


def gateway_of(options: Options, own: OwnServer | LineServer | None) -> str:
    """Where rooms call: "" where nobody listens and none was named. Raises ConfigurationError."""
    if options.gateway:
        host, _, port = options.gateway.rpartition(":")
        if not host or not port.isdigit():
            raise ConfigurationError(f"--gateway {options.gateway}: write it as HOST:PORT, such as 10.0.0.5:1720.")
        if not listens(host.strip("[]"), int(port)):
            raise ConfigurationError(f"--gateway {options.gateway}: nobody takes calls there. Is [h323] enabled?")
        return options.gateway
    if own is not None:
        return own.gateway
    host = Server(options.host).host
    if not listens(host, GATEWAY_PORT):
        return ""
    return f"[{host}]:{GATEWAY_PORT}" if ":" in host else f"{host}:{GATEWAY_PORT}"


def restart(options: Options, own: OwnServer | LineServer | None, *, ready: Callable[[], bool]) -> str:
    """Restart the server and wait until it is ready; what went wrong, "" for nothing."""
    try:
        if isinstance(own, OwnServer):
            own.stop()
            own.start()
        else:
            subprocess.run(shlex.split(options.restart_command), check=True, timeout=RESTART_SECONDS)
    except (ConfigurationError, OSError, subprocess.SubprocessError, ValueError) as error:
        return f"the server was not restarted: {error}"
    return "" if ready() else f"the server was not ready within {RESTART_SECONDS:g} s of its restart"
