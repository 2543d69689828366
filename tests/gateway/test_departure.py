"""Calls that go out, over real sockets: what is offered, how they stand for whoever called, and their end."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mcu import control
from mcu.config import H323
from mcu.errors import RefusedError
from mcu.gateway.rooms import CallView
from mcu.h323 import h225_codec, q931
from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from mcu.h323.events import EndReason
from mcu.h323.h225_messages import Setup
from tests.gateway.place import STARTS, Place, both_ways, dialled, let_loop_turn, nothing_left, opened
from tests.gateway.terminal import Terminal


@pytest.mark.parametrize("options", STARTS[::2], ids=lambda o: f"t{o.tunnelling:d}f{o.fast_start:d}")
async def test_a_room_that_is_called_is_a_participant_once_it_answers(place: Place, options: CallOptions) -> None:
    terminal = Terminal("강남 회의실", options=options)
    _, views = await dialled(place, await terminal.listen())
    await place.until(lambda: views and views[-1].state == "connected")
    assert [view.state for view in views] == ["ringing", "connected"]
    assert views[-1].participant
    assert views[-1].name == "강남 회의실"
    assert await place.roster() == ["강남 회의실"]
    await place.until(lambda: both_ways(place.told()))
    terminal.close()
    await place.until(lambda: views[-1].state == "ended")
    assert views[-1].reason == "hung-up"
    await place.empty()


@pytest.mark.parametrize("fast_start", [True, False])
@pytest.mark.parametrize("tunnelling", [True, False])
async def test_what_is_configured_is_offered(tmp_path: Path, fast_start: bool, tunnelling: bool) -> None:
    section = H323(host="127.0.0.1", port=0, h245_port=0, fast_start=fast_start, tunnelling=tunnelling)
    async with opened(tmp_path, section) as place:
        terminal = Terminal()
        heard: list[bytes] = []
        address = await terminal.listen(taps=heard)
        await dialled(place, address)
        await place.until(lambda: heard)
        (setup,) = (h225_codec.parse(q931.parse(message).user_information or b"") for message in heard[:1])
        assert isinstance(setup.body, Setup)
        assert bool(setup.body.fast_start) is fast_start
        assert bool(setup.tunnelling) is tunnelling
        terminal.close()


async def test_names_of_the_list_are_used(place: Place, terminal: Terminal) -> None:
    _, views = await dialled(place, await terminal.listen(), name="3층 회의실", office="종로구청장")
    await place.until(lambda: views and views[-1].state == "connected")
    (room,) = (await place.world.registry.snapshot(place.created.conference)).roster
    assert (room.name, room.office) == ("3층 회의실", "종로구청장")


async def test_a_call_that_rings_is_hung_up(place: Place) -> None:
    terminal = Terminal(answers=False)
    call, views = await dialled(place, await terminal.listen())
    await place.until(lambda: views and views[-1].state == "ringing")
    await place.gateway.hang_up(call)
    await terminal.ended()
    assert views[-1].state == "ended"
    assert await place.roster() == []
    await place.until(lambda: place.world.pool.of(control.RemoveLeg))


async def test_a_room_that_declines_or_is_not_there_is_said(place: Place) -> None:
    terminal = Terminal(answers=False)
    _, views = await dialled(place, await terminal.listen())
    await place.until(lambda: views and views[-1].state == "ringing")
    terminal.do(lambda call, now: call.reject(EndReason.DECLINED, now))
    await place.until(lambda: views[-1].state == "ended")
    assert views[-1].reason == "declined"
    _, views = await dialled(place, Address("127.0.0.1", 1))
    await place.until(lambda: views and views[-1].state == "ended")
    assert views[-1].reason == "unreachable"


async def test_names_need_a_gatekeeper_and_addresses_must_be_some(place: Place) -> None:
    for whom, code in {
        "3001": "no-gatekeeper",
        "a@b:99999": "address-invalid",
        "10.1.1.999": "address-invalid",
    }.items():
        with pytest.raises(RefusedError) as refused:
            await place.gateway.call(place.created.conference, whom, name="", office="", changed=lambda _: None)
        assert refused.value.code == code
    for whom in ("x@no.such.invalid", "no.such.invalid", f"{'x' * 63}.invalid:1721"):
        views: list[CallView] = []
        await place.gateway.call(place.created.conference, whom, name="", office="", changed=views.append)
        await place.until(lambda views=views: views and views[-1].state == "ended")
        assert views[-1].reason == "address-unknown"
    assert place.gateway.callers.count == 0
    assert not place.gateway.calls


async def test_a_call_that_is_hung_up_before_it_began_is_over(place: Place) -> None:
    terminal = Terminal()
    call, views = await dialled(place, await terminal.listen())
    await place.gateway.hang_up(call)
    await place.until(lambda: views and views[-1].state == "ended")
    await place.until(lambda: place.gateway.callers.count == 0)
    assert not place.gateway.calls
    assert await place.roster() == []


async def test_a_called_room_may_be_hung_up_at_any_moment(place: Place) -> None:
    for moment in range(0, 120, 3):
        terminal = Terminal()
        call, views = await dialled(place, await terminal.listen())
        await let_loop_turn(moment)
        await place.gateway.hang_up(call)
        await place.until(lambda views=views: views and views[-1].state == "ended")
        terminal.close()
        await place.until(lambda: not place.gateway.calls)
        await place.empty()
        await let_loop_turn(100)
    await nothing_left(place)


async def test_a_call_to_ourselves_is_not_taken(place: Place) -> None:
    _, views = await dialled(place, Address("127.0.0.1", place.gateway.port))
    await place.until(lambda: views and views[-1].state == "ended")
    assert views[-1].reason == EndReason.DECLINED
    await place.until(lambda: not place.gateway.calls)
    assert await place.roster() == []
    await nothing_left(place)
    assert not place.world.pool.of(control.PlayPrompts)


async def test_ports_that_others_have_are_said_to_whoever_calls_and_to_the_operator(place: Place) -> None:
    terminal = Terminal()
    place.world.pool.refuse = RefusedError("ports-taken", "taken")
    with capture_logs() as logged:
        _, views = await dialled(place, await terminal.listen())
        await place.until(lambda: views and views[-1].state == "ended")
    assert views[-1].reason == "ports-taken"
    (line,) = [line for line in logged if line["log_level"] == "warning"]
    assert "[media] rtp_port" in line["advice"]
    place.world.pool.refuse = None
    terminal.close()
