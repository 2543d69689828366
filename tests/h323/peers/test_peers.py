"""The peers call each other: what a test of ours asks of them is first seen to work between themselves."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.h323.peers import roots, sound
from tests.h323.peers.asterisk import Asterisk, Kind, asterisk
from tests.h323.peers.configuration import Dtmf
from tests.h323.peers.roots import Edition
from tests.support import namespaces

CALLER, CALLEE = "127.0.0.2", "127.0.0.3"
TONE = 1000.0
ONE_SECOND = {"HOLD": "1"}
NORMAL, BUSY, REJECTED = 16, 17, 21  # Q.850
RAS_PORT = 1719
RAS_SECONDS = 10.0

h323_peers = pytest.mark.h323_peers


def assert_tone(path: Path, hertz: float = TONE, *, seconds: float = 0.7) -> None:
    samples, rate = sound.read_wav(path)
    loud = sound.loud_part(samples, rate)
    assert len(loud) / rate >= seconds
    strongest, share = sound.tone(loud, rate)
    assert strongest == pytest.approx(hertz, abs=3)
    assert share > 0.99


async def assert_audio_and_digits(caller: Asterisk, callee: Asterisk) -> None:
    """Three calls at once: a tone comes, digits go, digits come."""
    tone = await caller.originate(callee.address, "601", extension="602")
    going = await caller.originate(callee.address, "604", extension="603", variables={"DIGITS": "1590#"})
    coming = await caller.originate(callee.address, "603", extension="604")
    await asyncio.gather(
        callee.heard_digits("1590#"), caller.heard_digits("1234#", coming), caller.event(Kind.SENT, going)
    )
    assert_tone(await caller.recording(tone))
    await caller.hang_up()
    assert {(await caller.event(Kind.ENDED)).call for _ in range(3)} == {tone, going, coming}


@h323_peers
@pytest.mark.parametrize("tunneling", [True, False], ids=["tunnelled", "separate"])
@pytest.mark.parametrize("fast_start", [True, False], ids=["fast", "slow"])
async def test_a_tone_and_digits_arrive(fast_start: bool, tunneling: bool) -> None:
    async with (
        asterisk(CALLEE, name="callee", fast_start=fast_start, tunneling=tunneling) as callee,
        asterisk(
            CALLER, name="caller", fast_start=fast_start, tunneling=tunneling, peers=[callee.address], record_seconds=2
        ) as caller,
    ):
        await assert_audio_and_digits(caller, callee)
        assert caller.fast_started() == fast_start
        assert caller.separate_h245() == callee.separate_h245() == (not tunneling)


@h323_peers
async def test_what_is_said_comes_back_as_an_echo() -> None:
    async with asterisk(CALLEE) as callee, asterisk(CALLER) as caller:
        call = await caller.originate(callee.address, "600", extension="601", variables={"TONE": "440"} | ONE_SECOND)
        assert_tone(await callee.recording(), 440)
        assert_tone(await caller.recording(call), 440)


@h323_peers
async def test_another_codec() -> None:
    async with (
        asterisk(CALLEE, codecs=["gsm"]) as callee,
        asterisk(CALLER, codecs=["ulaw", "gsm"], peers=[callee.address]) as caller,
    ):
        call = await caller.originate(callee.address, "600", extension="601", variables=ONE_SECOND)
        assert_tone(await caller.recording(call))


@h323_peers
@pytest.mark.parametrize("dtmf", [Dtmf.SIGNAL, Dtmf.KEYPAD])
async def test_other_ways_to_send_digits(dtmf: Dtmf) -> None:
    async with (
        asterisk(CALLEE) as callee,
        asterisk(CALLER, dtmf=dtmf, peers=[callee.address]) as caller,
    ):
        await caller.originate(callee.address, "604", extension="603", variables={"DIGITS": "*90#"})
        await callee.heard_digits("*90#")


@h323_peers
async def test_calls_that_are_not_answered_say_why() -> None:
    async with (
        asterisk(CALLEE, callers=[CALLER]) as callee,
        asterisk(CALLER, peers=[callee.address]) as caller,
        asterisk("127.0.0.4", peers=[callee.address]) as stranger,
    ):
        call = await caller.originate(callee.address, "606")
        await caller.event(Kind.FAILED, call)
        assert caller.causes() == [BUSY]

        call = await caller.originate(callee.address, "987")  # no such extension
        await caller.event(Kind.FAILED, call)

        call = await stranger.originate(callee.address, "600")
        await stranger.event(Kind.FAILED, call)
        assert stranger.causes() == [REJECTED]

        call = await caller.originate(callee.address, "605")  # rings for ever
        await caller.rings()
        await caller.hang_up()
        await caller.event(Kind.FAILED, call)
        for _ in ("606", "605"):
            await callee.event(Kind.ENDED)
        assert callee.causes() == [NORMAL]


@h323_peers
async def test_the_older_and_the_current_edition() -> None:
    async with (
        asterisk(CALLEE, edition=Edition.OLDER) as callee,
        asterisk(CALLER, peers=[callee.address], record_seconds=2) as caller,
    ):
        await assert_audio_and_digits(caller, callee)
        assert "Asterisk 16" in await callee.command("core show version")
        assert "Asterisk 16" not in await caller.command("core show version")


@h323_peers
async def test_it_asks_the_gatekeeper_it_is_given() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gatekeeper:
        gatekeeper.setblocking(False)
        gatekeeper.bind(("127.0.0.9", RAS_PORT))
        async with asterisk(CALLER, number="4711", gatekeeper="127.0.0.9") as caller, asyncio.timeout(RAS_SECONDS):
            request, sender = await asyncio.get_running_loop().sock_recvfrom(gatekeeper, 4096)
            assert request
            assert sender[0] == CALLER
            assert "Sent GRQ message" in caller.trace()


@h323_peers
@pytest.mark.network
async def test_in_networks_of_their_own() -> None:
    if reason := namespaces.refusal():
        pytest.skip(reason)
    with namespaces.cable() as cable:
        here, there = namespaces.SERVER_4, namespaces.BROWSER_4
        async with (
            asterisk(there, 1720, callers=[here], namespace=cable.browser) as callee,
            asterisk(here, 1720, callers=[there], namespace=cable.server, peers=[callee.address]) as caller,
        ):
            call = await caller.originate(callee.address, "600", extension="601", variables=ONE_SECOND)
            assert_tone(await caller.recording(call))


def test_without_a_peer_a_test_is_skipped_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCU_H323_PEERS", str(tmp_path))
    monkeypatch.delenv("MCU_TEST_PEERS", raising=False)
    roots.looked_for.cache_clear()
    try:
        with pytest.raises(pytest.skip.Exception, match=r"No H\.323 peer"):
            roots.installed()
        monkeypatch.setenv("MCU_TEST_PEERS", "required")
        with pytest.raises(pytest.fail.Exception, match=r"No H\.323 peer"):
            roots.installed()
    finally:
        roots.looked_for.cache_clear()
    assert not list(tmp_path.iterdir()), "a look has installed something"
