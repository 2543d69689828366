"""A demo announces the meeting that there is, not the one that was asked for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from mcu.synthetic import demo


@dataclass
class Someone:
    """As much of a participant as is asked whether it is in."""

    refusal: str = ""
    ready: asyncio.Event = field(default_factory=asyncio.Event)


async def test_an_empty_meeting_is_not_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "OPEN_SECONDS", 0.0)
    people = [Someone(), Someone(refusal="busy"), Someone()]
    refusals: list[str] = []
    opened: list[int] = []

    def nobody(code: str) -> None:
        refusals.append(code)
        if len(refusals) == 2:
            people[0].ready.set()
            people[1].ready.set()

    await demo._open(people, opened.append, nobody)  # type: ignore[arg-type]
    assert refusals == ["busy", "busy"]
    assert opened == [2]
