"""A server that drips one byte after the other, in a process that gevent has patched, as locust's is."""

from __future__ import annotations

import subprocess
import sys

import gevent
import pytest

from loadtests.deadline import TooSlow, within

ANSWER = "b'HTTP/1.1 200 OK' + bytes((13, 10)) + b'content-length: 1000000' + bytes((13, 10, 13, 10))"
DRIPPING = """
from gevent import monkey
monkey.patch_all()
import gevent
from gevent.server import StreamServer
import requests
from loadtests import collecting, rest
from loadtests.rest import Server

def drip(connection, address):
    connection.recv(65_536)
    connection.sendall({begin})
    while True:  # each byte long before the limit of a read
        gevent.sleep(0.05)
        connection.sendall(b"x")

listening = StreamServer(("127.0.0.1", 0), drip)
listening.start()
address = f"http://127.0.0.1:{{listening.server_port}}"
collecting.WHOLE_SECONDS = rest.WHOLE_SECONDS = 0.5
server = Server(address)
asked = {{
    "ready": server.ready,
    "create": lambda: server.create("t"),
    "token": lambda: server.token("c", kind="whep", name="n"),
    "present": lambda: server.present("c"),
    "end": lambda: server.end("c"),
    "metrics": lambda: collecting.read_metrics(address),
}}
for name, ask in asked.items():
    try:
        ask()
        print(name, "answered")
    except (rest.RestError, requests.RequestException) as error:
        print(name, type(error).__name__, str(error).replace(address, "S"))
"""


@pytest.mark.parametrize("begin", ["b'H'", ANSWER], ids=["headers", "body"])
def test_a_server_that_drips_is_told_as_too_slow(begin: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DRIPPING.format(begin=begin)], capture_output=True, text=True, timeout=60, check=False
    )
    said = "S is too slow: its answer was not whole within 0.5 s."
    kinds = dict.fromkeys(("ready", "create", "token", "present", "end"), "TooSlow") | {"metrics": "Timeout"}
    assert ended.stdout.splitlines() == [f"{name} {kind} {said}" for name, kind in kinds.items()], ended.stderr


def test_what_comes_in_time_is_given_and_what_is_raised_is_raised() -> None:
    assert within(5.0, lambda: 3, "x") == 3
    with pytest.raises(ZeroDivisionError):
        within(5.0, lambda: 1 / 0, "x")


def test_whoever_waits_longer_than_others_allow_ends_by_theirs() -> None:
    with pytest.raises(gevent.Timeout) as ended, gevent.Timeout(0.01):
        within(5.0, lambda: gevent.sleep(1.0), "x")
    assert ended.value.seconds == 0.01
    with pytest.raises(TooSlow, match="x is too slow"):
        within(0.01, lambda: gevent.sleep(1.0), "x")
