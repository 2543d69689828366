"""What senders are asked for: how many at once, who is asked for what, and while the MP has too little CPU."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from mcu import control
from mcu.mixer.layout import Tile
from mcu.processor.asking import AT_ONCE, LOOK_SECONDS, RESTING_FPS, Asking
from mcu.processor.overload import STEPS
from mcu.processor.told import LOWER_SECONDS


class Person:
    """The part of Member that is looked at."""

    def __init__(self, name: str, *, scales: bool = True) -> None:
        self.participant = name
        self.leg = SimpleNamespace(id=f"leg-{name}", scales=scales)
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


def test_of_many_who_may_send_less_a_few_are_told_at_a_time() -> None:
    notices: list[Any] = []
    asking = Asking(25, notify=notices.append)
    people: Any = {str(number): Person(str(number)) for number in range(4 * AT_ONCE)}
    asking.look(people, [Tile(name, 0, 0, 640, 360) for name in people], 100.0)
    assert len(notices) == len(people)
    tiles = [Tile(name, 0, 0, 204, 134) for name in people]
    asking.look(people, tiles, 101.0)
    told: list[list[str]] = []
    sizes: dict[str, control.NeededPicture] = {}
    for tick in range(300):
        notices.clear()
        asking.tick(people, tiles, now := 101.0 + tick * 0.05)
        asking.look(people, tiles, now)  # somebody comes or goes all the time
        told.append([notice.leg for notice in notices])
        sizes |= {notice.leg: notice.picture for notice in notices}
    window = round(LOOK_SECONDS / 0.05)
    assert max(sum(len(each) for each in told[at : at + window]) for at in range(len(told))) == AT_ONCE
    assert sorted(leg for each in told for leg in each) == sorted(f"leg-{name}" for name in people)
    assert not any(told[: round(LOWER_SECONDS / 0.05)])
    assert {(size.width, size.height) for size in sizes.values()} == {(238, 134)}


def test_a_room_has_its_own_sizes_and_is_not_asked_for_less_bitrate_than_they_take() -> None:
    notices: list[Any] = []
    asking = Asking(25, notify=notices.append)
    people: Any = {"room": Person("room", scales=False), "kim": Person("kim")}
    tiles = [Tile("room", 0, 0, 204, 134), Tile("kim", 204, 0, 204, 134)]
    for tick in range(40):
        asking.look(people, tiles, 100.0 + tick / 2)
    assert {notice.leg: (notice.picture.width, notice.picture.height) for notice in notices} == {
        "leg-room": (320, 180),
        "leg-kim": (238, 134),
    }
    assert len(notices) == 2
