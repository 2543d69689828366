"""Calls that come in, over real sockets: by number, link or entrance; who gets in, what MPs are told, the end."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from mcu import control
from mcu.errors import RefusedError
from mcu.gateway import arrival as arrival_module
from mcu.gateway.entrance_bridge import LANGUAGES
from mcu.h323.call_options import CallOptions
from mcu.h323.events import Answered, ChannelOpened, EndReason
from mcu.limits import ADDRESS_ATTEMPTS
from mcu.media import prompts
from mcu.media.types import StreamKind
from tests.fakes.pool import RTP_PORTS
from tests.gateway.place import STARTS, Place, both_ways, let_loop_turn, nothing_left
from tests.gateway.terminal import MEDIA, Terminal


@pytest.mark.parametrize("options", STARTS, ids=lambda o: f"t{o.tunnelling:d}f{o.fast_start:d}e{o.h245_in_setup:d}")
async def test_a_room_that_dials_number_and_pin_is_a_participant_with_media(place: Place, options: CallOptions) -> None:
    terminal = Terminal(options=options)
    await terminal.call(place.address, place.direct)
    await terminal.heard(Answered)
    assert await place.roster() == ["종로 회의실"]
    await place.until(lambda: both_ways(place.told()))
    update = place.told()
    assert update is not None
    sent = {channel.kind: channel for channel in update.channels if channel.direction == "sent"}
    assert sent["audio"].rtp == ("127.0.0.1", MEDIA[StreamKind.AUDIO].rtp.port)
    assert sent["main"].rtp == ("127.0.0.1", MEDIA[StreamKind.MAIN].rtp.port)
    assert sent["main"].codec == "H264"
    assert "127.0.0.1" in update.sources
    await terminal.heard(ChannelOpened, count=4)
    ports = {ports.rtp for ports in RTP_PORTS}
    told = {e.channel.rtp.port for e in terminal.events if isinstance(e, ChannelOpened) and e.channel.rtp is not None}
    assert told < ports
    terminal.close()
    await place.empty()
    await place.until(lambda: not place.gateway.calls)
    assert place.gateway.ended["hung-up"] == 1
    assert place.gateway.callers.count == 0


async def test_a_link_leads_in_and_a_wrong_one_does_not(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address, f"{place.created.link}@mcu")
    await terminal.heard(Answered)
    assert len(await place.roster()) == 1
    other = Terminal()
    await other.call(place.address, "x" * 22)
    assert (await other.ended()).reason is EndReason.NOT_FOUND


async def test_wrong_pins_are_refused_and_counted(place: Place) -> None:
    wrong = f"{(int(place.created.pin) + 1) % 1_000_000:06}"
    reasons = []
    for _ in range(int(ADDRESS_ATTEMPTS.burst) + 2):
        terminal = Terminal()
        await terminal.call(place.address, f"{place.created.number}##{wrong}")
        reasons.append((await terminal.ended()).reason)
    assert set(reasons) == {EndReason.NOT_ALLOWED}
    right = Terminal()
    await right.call(place.address, place.direct)
    await right.ended()
    assert await place.roster() == []


async def test_a_full_conference_has_no_resources(place: Place) -> None:
    terminals = [Terminal(f"회의실 {n}") for n in range(4)]
    for terminal in terminals:
        await terminal.call(place.address, place.direct)
    assert (await terminals[3].ended()).reason is EndReason.RESOURCES
    assert len(await place.roster()) == 3
    for terminal in terminals:
        terminal.close()


@pytest.mark.parametrize("dialled", [(), ("mcu",), ("123456780",)])
async def test_who_dials_no_conference_is_asked_and_let_in(
    place: Place, terminal: Terminal, dialled: tuple[str, ...]
) -> None:
    await terminal.call(place.address, *dialled)
    await terminal.heard(ChannelOpened, count=4)
    await place.until(lambda: place.world.pool.of(control.PlayPrompts))
    first = place.world.pool.of(control.PlayPrompts)[0]
    assert first.prompts[0] == ("ko-pin" if dialled == ("123456780",) else "ko-number")  # type: ignore[union-attr]
    assert await place.roster() == []
    if dialled == ("123456780",):
        terminal.do(lambda call, now: call.send_digits("000000", now))
        await place.until(lambda: len(place.world.pool.of(control.PlayPrompts)) > 1)
    terminal.do(lambda call, now: call.send_digits(f"{place.created.number}#{place.created.pin}#", now))
    async with asyncio.timeout(10):
        while not await place.roster():
            await asyncio.sleep(0.005)
    await place.until(lambda: place.world.pool.of(control.MoveRtpLeg))
    (moved,) = place.world.pool.of(control.MoveRtpLeg)
    assert moved.conference == place.created.conference  # type: ignore[union-attr]
    await place.until(lambda: place.told().leg == moved.leg)  # type: ignore[union-attr]
    terminal.close()
    await place.empty()
    await place.until(lambda: place.world.pool.of(control.CloseBridge))


async def test_keys_in_the_sound_count_at_the_entrance_too(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address)
    await place.until(lambda: place.world.pool.of(control.PlayPrompts))
    (leg,) = {body.leg for body in place.world.pool.of(control.AddRtpLeg)}  # type: ignore[union-attr]
    for digit in place.created.number + place.created.pin:
        place.gateway.notice(control.DigitReceived(leg, digit))
    async with asyncio.timeout(10):
        while not await place.roster():
            await asyncio.sleep(0.005)


async def test_who_leaves_the_entrance_leaves_nothing(place: Place, terminal: Terminal) -> None:
    await terminal.call(place.address)
    await place.until(lambda: place.world.pool.of(control.PlayPrompts))
    terminal.close()
    await place.until(lambda: place.world.pool.of(control.CloseBridge))
    assert not place.gateway.calls


@pytest.mark.parametrize("entrance", [False, True])
async def test_a_caller_may_hang_up_at_any_moment(place: Place, entrance: bool) -> None:
    for moment in range(0, 120, 3):
        terminal = Terminal()
        await terminal.call(place.address, *(() if entrance else (place.direct,)))
        await let_loop_turn(moment)
        terminal.close()
        await place.until(lambda: not place.gateway.calls)
        await place.empty()
        await let_loop_turn(100)
    await nothing_left(place)


async def test_after_the_third_wrong_one_the_room_hears_why_and_the_call_ends(
    place: Place, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival_module, "GOOD_BYE_SECONDS", 0.3)
    with capture_logs() as logged:
        await terminal.call(place.address)
        await place.until(lambda: place.world.pool.of(control.PlayPrompts))
        for _ in range(3):
            place.world.pool.requests.clear()
            terminal.do(lambda call, now: call.send_digits(place.created.number + "000000", now))
            await place.until(lambda: len(place.world.pool.of(control.PlayPrompts)) == 2)  # the PIN; wrong
        assert place.world.pool.of(control.PlayPrompts)[-1].prompts == ("ko-wrong",)  # type: ignore[union-attr]
        assert terminal.driver is not None
        assert not terminal.driver.over  # so that it is heard
        terminal.do(lambda call, now: call.send_digits(f"{place.created.number}{place.created.pin}", now))
        await terminal.ended()
    assert [line["why"] for line in logged if line["event"] == "let go at the entrance"] == ["wrong number or PIN"]
    assert [line["error"] for line in logged if line["event"] == "keys did not open"] == ["number-or-pin-wrong"] * 3
    assert await place.roster() == []
    await nothing_left(place)


def test_the_last_sentence_is_heard_whole_and_the_call_ends_within_five_seconds() -> None:
    for name in ("wrong", "closed", "goodbye"):
        for language in LANGUAGES:
            assert len(prompts.load(f"{language}-{name}")) * 0.02 < arrival_module.GOOD_BYE_SECONDS < 5


async def test_ports_that_others_have_are_told_to_the_operator(place: Place, terminal: Terminal) -> None:
    place.world.pool.refuse = RefusedError("ports-taken", "taken")
    with capture_logs() as logged:
        await terminal.call(place.address, place.direct)
        assert (await terminal.ended()).reason is EndReason.RESOURCES
    (line,) = [line for line in logged if line["log_level"] == "warning"]
    assert (line["event"], line["error"]) == ("call not let in", "ports-taken")
    assert "[media] rtp_port" in line["advice"]
    place.world.pool.refuse = None
