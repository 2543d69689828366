"""Keys for a room's own menu: which are taken, and that they arrive in order, by H.245, no faster than a menu takes."""

from __future__ import annotations

import asyncio

import pytest

from mcu.controller.doors import ByLink, Person
from mcu.errors import RefusedError
from mcu.gateway.key_sending import MOST_KEYS, PACE, clean_keys
from mcu.gateway.rooms import Rooms
from mcu.h323 import h225_codec, h245_codec, q931
from mcu.h323.call_options import CallOptions
from mcu.h323.events import ChannelOpened, DigitsReceived
from mcu.h323.h245_messages import UserInput
from tests.fakes.pool import FakeMember
from tests.gateway.place import Place, dialled
from tests.gateway.terminal import Terminal

EVERY = "0123456789*#ABCD"


def rooms_of(place: Place) -> Rooms:
    return Rooms(registry=place.world.registry, dialler=place.gateway)


async def connected(place: Place) -> str:
    """The participant that the only room is, once it is there."""
    async with asyncio.timeout(10):
        while not (roster := (await place.world.registry.snapshot(place.created.conference)).roster):
            await asyncio.sleep(0.005)
    return roster[0].id


def pressed(terminal: Terminal) -> str:
    return "".join(event.digits for event in terminal.events if isinstance(event, DigitsReceived))


@pytest.mark.parametrize("keys", ["1", EVERY, "a*#d", "9" * MOST_KEYS])
def test_keys_of_a_telephone_are_taken(keys: str) -> None:
    assert clean_keys(keys) == keys.upper()


@pytest.mark.parametrize("keys", ["", "1" * (MOST_KEYS + 1), "1 2", "E", "\uff11", "\u0661", "ß", "1\n", "1,2"])
def test_what_no_telephone_has_is_refused(keys: str) -> None:
    with pytest.raises(RefusedError, match="keys-invalid"):
        clean_keys(keys)


async def test_keys_arrive_as_user_input_in_their_order(place: Place) -> None:
    terminal = Terminal("수원 다지점 장치", is_mcu=True)
    taps: list[bytes] = []
    await dialled(place, await terminal.listen(taps=taps))
    await terminal.heard(ChannelOpened, count=4)
    await rooms_of(place).send_keys(place.created.conference, await connected(place), EVERY.lower() + "#")
    await place.until(lambda: len(pressed(terminal)) == len(EVERY) + 1)
    assert pressed(terminal) == EVERY + "#"
    said = [h225_codec.parse(q931.parse(message).user_information or b"") for message in taps]
    tunnelled = [h245_codec.parse(message) for each in said for message in each.control]
    assert "".join(message.text for message in tunnelled if isinstance(message, UserInput)) == EVERY + "#"
    terminal.close()


@pytest.mark.parametrize("tunnelling", [True, False])
async def test_a_room_that_called_by_itself_is_sent_keys_too(place: Place, tunnelling: bool) -> None:
    terminal = Terminal(options=CallOptions(tunnelling=tunnelling))
    await terminal.call(place.address, place.direct)
    await terminal.heard(ChannelOpened, count=4)
    participant = await connected(place)
    for keys in ("12", "*34", "#"):
        await rooms_of(place).send_keys(place.created.conference, participant, keys)
    await place.until(lambda: len(pressed(terminal)) == 6)
    assert pressed(terminal) == "12*34#"
    terminal.close()


async def test_one_room_is_sent_no_more_than_a_menu_takes(place: Place) -> None:
    terminal, other = Terminal(), Terminal("다른 회의실")
    await terminal.call(place.address, place.direct)
    await terminal.heard(ChannelOpened, count=4)
    first = await connected(place)
    rooms = rooms_of(place)
    for _ in range(int(PACE.burst) // MOST_KEYS):
        await rooms.send_keys(place.created.conference, first, "1" * MOST_KEYS)
    with pytest.raises(RefusedError, match="too-fast"):
        await rooms.send_keys(place.created.conference, first, "2" * MOST_KEYS)
    await other.call(place.address, place.direct)
    await other.heard(ChannelOpened, count=4)
    roster = (await place.world.registry.snapshot(place.created.conference)).roster
    (second,) = {who.id for who in roster} - {first}
    await rooms.send_keys(place.created.conference, second, "3")
    await place.until(lambda: pressed(other) == "3")
    await place.until(lambda: len(pressed(terminal)) == PACE.burst)
    assert "2" not in pressed(terminal)
    terminal.close()
    other.close()


async def test_keys_go_to_rooms_of_this_conference_alone(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address, place.direct)
    room = await connected(place)
    registry, rooms = place.world.registry, rooms_of(place)
    _, person = await registry.enter(ByLink(place.created.link), Person(name="김하나"), FakeMember())
    elsewhere = await registry.create_conference(title="다른 회의")
    for conference, participant, code in (
        (place.created.conference, person, "not-a-room"),
        (place.created.conference, "nobody", "no-such-participant"),
        (elsewhere.conference, room, "no-such-participant"),
        ("none", room, "no-such-conference"),
    ):
        with pytest.raises(RefusedError, match=code):
            await rooms.send_keys(conference, participant, "1")
    assert pressed(terminal) == ""
    terminal.close()
    await place.until(lambda: not place.gateway.calls)
    with pytest.raises(RefusedError, match="no-such-participant"):
        await rooms.send_keys(place.created.conference, room, "1")
