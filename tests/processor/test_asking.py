"""What senders are asked for while the MP has too little CPU."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from mcu import control
from mcu.mixer.layout import Tile
from mcu.processor.asking import RESTING_FPS, Asking
from mcu.processor.needs import LOWER_SECONDS
from mcu.processor.overload import STEPS


class Person:
    """The part of Member that is looked at."""

    def __init__(self, name: str) -> None:
        self.participant = name
        self.leg = SimpleNamespace(id=f"leg-{name}")
        self.state = SimpleNamespace(seen=True)

    def picture(self, *, content: bool) -> None:
        return None


def test_less_is_asked_of_who_stands_still_and_everything_again_at_once() -> None:
    notices: list[Any] = []
    asking = Asking(25, notify=notices.append)
    people: Any = {name: Person(name) for name in ("kim", "lee")}
    tiles = [Tile("kim", 0, 0, 640, 360), Tile("lee", 640, 0, 640, 360)]

    def asked(now: float) -> dict[str, int]:
        """Frames a second, of whom something new was asked by `now`."""
        notices.clear()
        asking.tick(people, tiles, now)
        return {notice.leg: notice.picture.fps for notice in notices}

    still = next(step for step in STEPS if step.divisor == 5 and not step.pauses)
    asking.look(people, tiles, 100.0)
    asking.shed(still, {"lee"})
    assert asked(101.0) == {}
    assert asked(101.0 + LOWER_SECONDS) == {"leg-kim": 10, "leg-lee": RESTING_FPS}
    asking.shed(STEPS[0], ())
    assert asked(102.0 + LOWER_SECONDS) == {"leg-kim": 25, "leg-lee": 25}


def test_who_stands_still_is_asked_for_nothing_when_even_packets_are_too_many() -> None:
    notices: list[Any] = []
    asking = Asking(25, notify=notices.append)
    people: Any = {name: Person(name) for name in ("kim", "lee")}
    tiles = [Tile("kim", 0, 0, 640, 360), Tile("lee", 640, 0, 640, 360)]
    asking.look(people, tiles, 100.0)
    notices.clear()
    asking.shed(STEPS[-1], {"lee"})
    for at in range(3):
        asking.look(people, tiles, 100.5 + at)
    assert notices == [control.PictureNeeded("leg-lee", None)]
    asking.shed(STEPS[-1], ())  # lee speaks now
    asking.look(people, tiles, 104.0)
    assert [(notice.leg, notice.picture is None) for notice in notices[1:]] == [("leg-lee", False)]
