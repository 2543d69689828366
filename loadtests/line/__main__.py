"""The process at the line: `python -m loadtests.line SEED`. It holds two namespaces, a line, and a server.

Rules:
1. Namespaces belong to threads, and a locust's threads are greenlets: so none of this is done in locust's own process.
2. Locust stays outside, and reaches the server by a door: a port of 127.0.0.1 leads to the near end.
3. The end of its input is the end of everything.
"""

from __future__ import annotations

import os
import socket
import socketserver
import sys
import threading
from types import TracebackType

import msgspec

from loadtests.line.words import Done, Order, Ready
from mcu.bench.network.stand import HTTP_PORT, HTTPS_PORT, Stand
from mcu.errors import ConfigurationError
from mcu.synthetic.network.bad_line import NEAR_IP
from mcu.synthetic.network.namespaces import Namespace, refusal

CHUNK = 64 << 10  # bytes
IDLE_SECONDS = 60.0  # after which a connection that says nothing is closed
MOST_PARTICIPANTS = 200  # in one conference: the most that a server takes


class Door:
    """A context: `port` of 127.0.0.1 leads to `target` of 127.0.0.1 inside."""

    def __init__(self, namespace: Namespace, target: int) -> None:
        def connect() -> socket.socket:
            return namespace.call(lambda: socket.create_connection(("127.0.0.1", target), IDLE_SECONDS))

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outside: socket.socket = self.request
                outside.settimeout(IDLE_SECONDS)
                with connect() as inside:
                    back = threading.Thread(target=_pump, args=(inside, outside), daemon=True)
                    back.start()
                    _pump(outside, inside)
                    back.join()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Door:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Until one of them ends; then both do, in this direction."""
    try:
        while data := source.recv(CHUNK):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:  # one side is gone: so is the other
        for end in (source, sink):
            end.close()


def _say(words: Ready | Done) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(words) + b"\n")
    sys.stdout.buffer.flush()


def _obey(stand: Stand, line: bytes) -> Done:
    try:
        order = msgspec.json.decode(line, type=Order)
        stand.line.change(down=order.down, up=order.up)
    except (msgspec.DecodeError, ConfigurationError) as error:
        return Done(str(error))
    return Done()


def main(seed: int) -> None:
    """See the top."""
    refused = refusal()
    if refused:
        _say(Ready(refused=refused))
        return
    settings = {"MCU_CONFERENCE_MAX_PARTICIPANTS": str(MOST_PARTICIPANTS)}
    with Stand(seed=seed, settings=settings) as stand, Door(stand.line.near, HTTP_PORT) as door:
        files = [f"/proc/{os.getpid()}/fd/{end.descriptor}" for end in (stand.line.near, stand.line.far)]
        _say(
            Ready(
                address=f"http://127.0.0.1:{door.port}",
                entrance=f"https://{NEAR_IP}:{HTTPS_PORT}",
                near=files[0],
                far=files[1],
            )
        )
        for line in sys.stdin.buffer:
            _say(_obey(stand, line))


if __name__ == "__main__":
    main(int(sys.argv[1]))
