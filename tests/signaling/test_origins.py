"""Which pages may use somebody's browser to talk to us."""

from __future__ import annotations

import pytest

from mcu.config import Api, Config, Https
from mcu.signaling.origins import is_allowed, names_this_machine

CONFIG = Config(https=Https(public_url="https://meet.example.kr/"), api=Api(origins=("https://portal.example.kr",)))


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"host": "x"}, True),
        ({"host": "10.0.0.5:8443", "origin": "https://10.0.0.5:8443"}, True),
        ({"host": "LOCALHOST:8080", "origin": "http://localhost:8080"}, True),
        ({"host": "localhost:8080", "origin": "http://localhost:9999"}, False),
        ({"host": "internal", "origin": "https://meet.example.kr"}, True),
        ({"host": "internal", "origin": "https://portal.example.kr"}, True),
        ({"host": "internal", "origin": "https://portal.example.kr.evil.example"}, False),
        ({"host": "", "origin": "null"}, False),
        ({"origin": "null"}, False),
        ({"host": "[::1", "origin": "http://[::1"}, False),
    ],
)
def test_origins(headers: dict[str, str], allowed: bool) -> None:
    assert is_allowed(headers, CONFIG) is allowed


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("localhost:8080", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("localhost.evil.example", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_host_names_of_this_machine(host: str, local: bool) -> None:
    assert names_this_machine({"host": host}) is local
