"""A demo's requests: nobody waits for a server that never finishes its answer."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from mcu.errors import ConfigurationError
from mcu.synthetic import rest

PATIENCE = 5.0  # seconds until a test gives up


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_the_end_does_not_wait_for_an_answer_that_does_not_come(silent: str) -> None:
    """What runs the loop joins the threads of its executor when it ends: ours must not be one of them."""
    over = threading.Event()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await rest.end_conference(silent, "c1")

    def run() -> None:
        asyncio.run(give_up())
        over.set()

    threading.Thread(target=run, daemon=True).start()
    assert over.wait(PATIENCE)


async def test_an_answer_that_takes_for_ever_is_one_sentence(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "WHOLE_SECONDS", 0.1)
    with pytest.raises(ConfigurationError, match=r"does not answer \(timed out\)") as caught:
        await rest.create_conference(silent, title="회의")
    assert "응답하지 않습니다" in caught.value.ko  # type: ignore[attr-defined]


async def test_an_address_that_is_none_is_told_to_who_asked() -> None:
    with pytest.raises(ConfigurationError, match="begins with http"):
        await rest.create_conference("localhost:8080", title="회의")
