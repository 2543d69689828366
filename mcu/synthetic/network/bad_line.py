"""Two namespaces and the line between them: whoever starts processes in them changes the line's weather from here."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from types import TracebackType

import msgspec

from mcu.errors import ConfigurationError
from mcu.synthetic.network.emulator import Report, Request
from mcu.synthetic.network.namespaces import Namespace
from mcu.synthetic.network.weather import Weather

NEAR_CARD, FAR_CARD = "near0", "far0"
NEAR_IP, FAR_IP = "10.79.0.1", "10.79.0.2"
NEAR_MAC, FAR_MAC = "02:00:00:79:00:01", "02:00:00:79:00:02"  # locally administered
MTU = 1500  # bytes
START_SECONDS = 20.0  # for the emulator on a busy machine
ANSWER_SECONDS = 5.0
END_SECONDS = 5.0


class BadLine:
    """A context; `near` and `far` are its namespaces. Raises ConfigurationError where that is not allowed."""

    def __init__(self, *, seed: int = 1) -> None:
        with contextlib.ExitStack() as stack:
            self.near = Namespace()
            stack.callback(self.near.close)
            self.far = Namespace()  # if this one fails, the other one's descriptor is closed
            stack.callback(self.far.close)
            self._control, theirs = socket.socketpair()
            stack.callback(self._control.close)
            with theirs:
                fds = (self.near.descriptor, self.far.descriptor, theirs.fileno())
                arguments = [str(number) for number in (*fds, seed)]
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "mcu.synthetic.network", *arguments], pass_fds=fds
                )
            stack.callback(self._end)
            self._control.settimeout(START_SECONDS)
            self._lines = self._control.makefile("rb")
            stack.callback(self._lines.close)
            self._read_line()
            self._control.settimeout(ANSWER_SECONDS)
            for namespace, card, ip, mac, other_ip, other_mac in (
                (self.near, NEAR_CARD, NEAR_IP, NEAR_MAC, FAR_IP, FAR_MAC),
                (self.far, FAR_CARD, FAR_IP, FAR_MAC, NEAR_IP, NEAR_MAC),
            ):
                namespace.run("ip", "link", "set", card, "address", mac, "mtu", str(MTU), "up")
                namespace.run("ip", "address", "add", f"{ip}/24", "dev", card)
                namespace.run("ip", "neighbour", "replace", other_ip, "lladdr", other_mac, "dev", card)
            self._stack = stack.pop_all()

    def __enter__(self) -> BadLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Of the emulator."""
        return self._process.pid

    def change(self, *, down: Weather | None = None, up: Weather | None = None) -> Report:
        """New weather from near to far (`down`) and back (`up`); None leaves it."""
        try:
            self._control.sendall(msgspec.json.encode(Request(down, up)) + b"\n")
        except OSError as error:
            raise ConfigurationError("the network emulator has ended") from error
        report = msgspec.json.decode(self._read_line(), type=Report)
        if report.error:
            raise ConfigurationError(f"weather: {report.error}")
        return report

    def change_both(self, weather: Weather) -> Report:
        """The same weather both ways, each with its own dice."""
        return self.change(down=weather, up=weather)

    def report(self) -> Report:
        """What happened until now."""
        return self.change()

    def close(self) -> None:
        """End the emulator; the namespaces go with whatever still runs in them."""
        self._stack.close()

    def _end(self) -> None:
        self._control.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read_line(self) -> bytes:
        try:
            line = self._lines.readline()
        except TimeoutError as error:
            raise ConfigurationError("the network emulator does not answer") from error
        if not line:
            raise ConfigurationError("the network emulator has ended")
        return line
