"""A server's REST interface, as far as load tests ask for it, in a thread; it remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mcu.signaling.messages import sentence

BASE = "/api/v1/conferences"
PROBLEMS = {401: "unauthorized", 403: "local-only", 404: "no-such-conference", 400: "invalid-body"}


@dataclass
class RestServer:
    """One whose conferences have `limit` places."""

    address: str = ""
    limit: int = 36
    key: str = ""
    is_ready: bool = True
    present: int = 0  # in each of them
    reconnecting: int = 0  # of these
    sends_on_to: str = ""  # whoever asks for anything
    made: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id
    ended: list[str] = field(default_factory=list)
    tokens: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def answer(self, method: str, path: str, body: Any, authorization: str) -> tuple[int, Any]:
        """Status and body."""
        path, _, query = path.partition("?")
        if path == "/readyz":
            said = {"ready": self.is_ready, "database": True, "processors": int(self.is_ready)}
            return (200, said) if self.is_ready else (503, said | {"message": {"ko": "기다림", "en": "Starting."}})
        if self.key and authorization != f"Bearer {self.key}":
            return problem(401)
        match method, path.removeprefix(BASE).split("/"):
            case "POST", [""]:
                return 201, self._create(body)
            case "GET", [""]:
                offset = int(dict(pair.split("=") for pair in query.split("&")).get("offset", 0))
                page = list(self.made.values())[offset : offset + 2]  # small pages, so that one has to turn them
                after = offset + len(page)
                total = len(self.made)
                lines = [self._summary(each) for each in page]
                return 200, {"conferences": lines, "total": total, "next": after if after < total else None}
            case "GET", ["", name] if name in self.made:
                return 200, self._detail(self.made[name])
            case "DELETE", ["", name] if name in self.made:
                self.ended.append(name)
                return 204, None
            case "POST", ["", name, "tokens"] if name in self.made:
                self.tokens.append((name, body))
                return 201, {
                    "token": f"secret-{len(self.tokens)}",
                    "url": f"{self.address}/whep/{name}",
                    "participant": "p",
                    "role": "viewer",
                    "expires_at": "2026-01-02T03:04:05Z",
                }
        return problem(404)

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        number = len(self.made) + 1
        made = {
            "id": f"c{number}",
            "title": body["title"],
            "link": f"{number}".rjust(22, "L"),
            "url": f"{self.address}/c/{number}",
            "number": f"{number}".rjust(9, "0"),
            "pin": "123456",
            "chair_key": f"key{number}",
            "capacity": min(body.get("capacity", self.limit), self.limit),
        }
        self.made[f"c{number}"] = made
        return made

    def _summary(self, made: dict[str, Any]) -> dict[str, Any]:
        kept = {name: made[name] for name in ("id", "title", "link", "number", "capacity")}
        return kept | {"participants": self.present, "created_at": "2026-01-02T03:04:05Z"}

    def _detail(self, made: dict[str, Any]) -> dict[str, Any]:
        person = {
            "participant": "p",
            "name": "이름",
            "office": "",
            "role": "attendee",
            "seat": 1,
            "muted": False,
            "muted_by_chair": False,
            "camera_off": False,
            "hand": False,
            "captioner": False,
            "presence": "connected",
        }
        return self._summary(made) | {
            "locked": False,
            "layout": {"name": "grid"},
            "content": None,
            "participants": [person | {"presence": "reconnecting"}] * self.reconnecting
            + [person] * (self.present - self.reconnecting),
        }


def problem(status: int) -> tuple[int, Any]:
    """RFC 9457, as the server has it."""
    code = PROBLEMS[status]
    said = sentence(code)
    return status, {"title": said.en, "status": status, "code": code, "message": {"ko": said.ko, "en": said.en}}


@contextmanager
def running(**settings: Any) -> Iterator[RestServer]:
    """One that listens."""
    server = RestServer(**settings)

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            status, said = server.answer(self.command, self.path, body, self.headers.get("authorization", ""))
            data = b"" if said is None else json.dumps(said).encode()
            self.send_response(302 if server.sends_on_to else status)
            if server.sends_on_to:
                self.send_header("location", server.sends_on_to)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = _handle

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.address = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
