"""A real server behind a real bad line, reached by its door; and a machine that allows none."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from loadtests.line import server
from loadtests.line.forecast import parse
from loadtests.line.server import LineServer, NotHere
from loadtests.rest import Server
from mcu.errors import ConfigurationError
from mcu.synthetic.network.namespaces import refusal

DELAY = 0.3  # seconds, each way
ASK = "import ssl, sys, time, urllib.request as u; c = ssl._create_unverified_context(); b = time.monotonic()\n"
ASK += "u.urlopen(sys.argv[1] + '/readyz', timeout=float(sys.argv[2]), context=c).read(); print(time.monotonic() - b)"


def ask(line: LineServer, end: str, seconds: float) -> float | None:
    """How long the server takes to answer somebody at that end; None when it does not."""
    command = ["nsenter", f"--net={end}", "--", sys.executable, "-c", ASK, line.ends.entrance, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 15, check=False)
    return float(done.stdout) if done.returncode == 0 else None


@pytest.mark.network
@pytest.mark.skipif(bool(refusal()), reason=refusal())
def test_the_line_is_between_the_far_end_and_the_server_and_nowhere_else() -> None:
    line = LineServer()
    try:
        rest = Server(line.address)
        assert rest.ready().ready
        assert rest.create("부하 시험", capacity=200).capacity == 200
        line.change(parse(f"delay={DELAY * 1000:g}ms")[0])
        far, near = ask(line, line.ends.far, 20.0), ask(line, line.ends.near, 20.0)
        assert far is not None
        assert near is not None
        assert far >= 2 * 2 * DELAY  # TCP and TLS take two rounds at the least
        assert near < 2 * DELAY
        line.change(parse("blackhole")[0])
        assert ask(line, line.ends.far, 1.0) is None
        assert ask(line, line.ends.near, 20.0) is not None
        assert rest.ready().ready
        line.change(parse("fine")[0])
        assert ask(line, line.ends.far, 20.0) is not None
    finally:
        begun = time.monotonic()
        line.close()
    assert time.monotonic() - begun < server.END_SECONDS
    with pytest.raises(ConfigurationError):
        line.change(parse("fine")[0])


def test_a_machine_that_allows_no_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    said = '{"refused": "An emulated network needs root."}'
    monkeypatch.setattr(server, "leashed", lambda *words: [sys.executable, "-c", f"print('{said}')"])
    with pytest.raises(NotHere, match="needs root"):
        LineServer()


def test_a_line_that_does_not_come_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "leashed", lambda *words: [sys.executable, "-c", ""])
    with pytest.raises(ConfigurationError, match="did not start"):
        LineServer()
