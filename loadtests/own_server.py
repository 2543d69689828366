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
from loadtests.refusal import refusal
from loadtests.rest import Server
from mcu.bench import server_process
from mcu.bench.server_process import NotStarted, ServerFailed, ServerProcess, exit_words, free_ports
from mcu.errors import ConfigurationError
from mcu.synthetic.rest import RestError

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
            raise refusal(f"시험용 서버가 시작하지 못했습니다. {_why_ko(error)}", str(error)) from error

    def stop(self) -> None:
        """As an operator does."""
        self._process.stop()

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()


def _why_ko(error: ServerFailed) -> str:
    if not isinstance(error, NotStarted):
        return "아래를 보십시오."
    if error.exit_code is None:
        seconds = server_process.START_SECONDS
        return f"{seconds:g}초가 지나도 아직 시작하는 중이었습니다. 이 컴퓨터가 바쁘면 나중에 다시 하십시오."
    return f"서버가 스스로 끝났습니다({exit_words(error.exit_code)})."


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
        raise refusal(
            "--own-server는 서버를 띄우고 --host는 있는 서버를 가리킵니다. 하나를 빼십시오.",
            "--own-server starts a server, --host names one: leave one of them out.",
        )
    if options.own_server or options.host:
        return options.own_server
    return not listens("127.0.0.1", 8080)


def look(options: Options) -> None:
    """Whether the run can be made on the server named. Raises ConfigurationError."""
    server = Server(options.host, api_key=options.api_key)
    readiness = server.ready()
    if not readiness.ready:
        raise refusal(
            f"{options.host}은(는) 준비되지 않았습니다. 미디어 프로세서가 없거나 데이터베이스가 고장입니다.",
            f"{options.host} is not ready: it has no media processor, or its database fails.",
        )
    if not options.conference:
        try:
            server.try_key()
        except RestError as error:
            if not options.api_key:
                raise
            raise refusal(
                f"{error.ko} 준 열쇠(--api-key, MCU_API_KEY)가 틀립니다.",
                f"{error} The key that was given (--api-key, MCU_API_KEY) is wrong.",
            ) from error


def gateway_of(options: Options, own: OwnServer | LineServer | None) -> str:
    """Where rooms call: "" where nobody listens and none was named. Raises ConfigurationError."""
    if options.gateway:
        host, _, port = options.gateway.rpartition(":")
        if not host or not port.isdigit():
            raise refusal(
                f"--gateway {options.gateway}: 10.0.0.5:1720처럼 HOST:PORT로 적으십시오.",
                f"--gateway {options.gateway}: write it as HOST:PORT, such as 10.0.0.5:1720.",
            )
        if not listens(host.strip("[]"), int(port)):
            raise refusal(
                f"--gateway {options.gateway}: 거기서 전화를 받는 것이 없습니다. [h323]이 켜져 있습니까?",
                f"--gateway {options.gateway}: nobody takes calls there. Is [h323] enabled?",
            )
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
