"""How long one request may take in all: a socket's own limit is for each read, and one byte a second never meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import gevent

from mcu.synthetic.rest import RestError

T = TypeVar("T")


class TooSlow(RestError):
    """The answer had begun, or not, and was not whole in time; the text says whose."""


def within(seconds: float, ask: Callable[[], T], server: str) -> T:
    """What `ask` gives, which waits as greenlets do. Raises TooSlow, and what `ask` raises."""
    timeout = gevent.Timeout(seconds)
    with timeout:
        try:
            return ask()
        except gevent.Timeout as error:
            if error is not timeout:
                raise
            raise TooSlow(
                f"{server}이(가) 너무 느립니다. {seconds:g}초 안에 응답을 다 받지 못했습니다.",
                f"{server} is too slow: its answer was not whole within {seconds:g} s.",
            ) from None
