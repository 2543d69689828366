"""Our gateway and a real Asterisk in one meeting with a browser's like: calls in and out, keys, refusals, endings.

What each side heard is judged by its spectrum: a person's tone, and not one's own.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu.gateway.dialing import SIGNALING_PORT
from mcu.h323.address import parse
from mcu.h323.call_options import CallOptions
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, SAMPLE_RATE, AudioBlock
from mcu.synthetic.room import RoomSettings, SyntheticRoom
from tests.h323 import shark
from tests.h323.peers import capturing, sound
from tests.h323.peers.asterisk import Asterisk, Kind, asterisk
from tests.h323.peers.capturing import Capture
from tests.h323.peers.configuration import Dtmf
from tests.h323.peers.roots import Edition
from tests.support.attendees import Attendee, Meeting, heard_blocks, meeting, tone_reels, until
from tests.support.media import TONES
from tests.support.server import Server, free_port, running_server

OURS, OUR_CALLS = "127.0.0.5", "127.0.0.1"  # where calls come in, and where those from us come from
NEAR, FAR, THIRD, FOURTH = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.6"
HEARD, REMOVED = 25.0, 20.0  # dB of a tone over the median of the spectrum; below those that are heard
PART_SECONDS = 0.5  # of sound that is judged at once
ASTERISK_TONE = 1_000.0  # of its extension 601
VOICE_SECONDS = 1.5  # from the answer until the question is being spoken, by far
NOT_ALLOWED, DECLINED = 31, 21  # Q.850
UNSAID = ("hung-up", "protocol-error")  # an extension that it does not have is "normal" (16), or cause 111, to Asterisk
HEARD_SECONDS = 1.2  # that both sides hear each other before one judges the recording
REST_SECONDS = 0.15  # between two questions by REST, of which there may be 20 a second
LONG_SECONDS = 70.0  # longer than Asterisk lets a call be on which roundTripDelayRequest goes unanswered

pytestmark = [pytest.mark.h323_peers, pytest.mark.timeout(150)]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Capture | None]:
    """What goes between us and the peers in all tests of this file; None where nothing can capture."""
    path = tmp_path_factory.mktemp("capture") / "calls.pcap"
    with capturing.running(path, f"tcp and (host {NEAR} or host {FAR} or host {OURS})") as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, capture: Capture | None) -> Iterator[Server]:
    settings = {"MCU_H323_HOST": OURS, "MCU_H323_PORT": str(free_port()), "MCU_H323_H245_PORT": "0"}
    with running_server(tmp_path_factory.mktemp("server"), settings) as running:
        yield running


def levels(samples: NDArray[np.floating[Any]], rate: int) -> dict[int, float]:
    """dB of each person's tone over the median of the spectrum, in the last part; empty where there is too little."""
    count = round(PART_SECONDS * rate)
    if len(samples) < count:
        return {}
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(samples[-count:] * np.hanning(count))) + 1e-9)
    bins = {person: round(hertz * PART_SECONDS) for person, hertz in TONES.items()}
    floor = max(float(np.median(spectrum)), -40.0)  # digital silence has no tones
    return {person: float(spectrum[b - 2 : b + 3].max()) - floor for person, b in bins.items()}


def are_heard(tones: dict[int, float], people: tuple[int, ...]) -> bool:
    """These and nobody else."""
    if not tones or not all(tones[person] > HEARD for person in people):
        return False
    loudest = min(tones[person] for person in people)
    return all(level < loudest - REMOVED for person, level in tones.items() if person not in people)


class Place:
    """A conference on the server, with one attendee who is person 1."""

    def __init__(self, server: Server, people: Meeting, created: dict[str, str], attendee: Attendee) -> None:
        self.server, self.people, self.created, self.attendee = server, people, created, attendee
        self.path = f"/api/v1/conferences/{created['id']}"

    @property
    def gateway(self) -> str:
        return f"{OURS}:{self.server.settings['MCU_H323_PORT']}"

    @property
    def direct(self) -> str:
        return f"{self.created['number']}##{self.created['pin']}"

    async def hears(self, *people: int) -> None:
        """Until the attendee hears these and nobody else, and long enough after that to judge the other side."""
        hearing = self.attendee.hearing
        try:
            await until(lambda: are_heard(hearing.tones(), people), what=f"the attendee hears {people}")
        except TimeoutError as error:
            raise AssertionError(f"{error}, but {hearing.tones()}: {self.server.lines[-20:]}") from None
        await self.listens()

    async def listens(self) -> None:
        """For HEARD_SECONDS of real time, and of sound."""
        end = time.monotonic() + HEARD_SECONDS
        await heard_blocks(self.attendee, round(HEARD_SECONDS / BLOCK_SECONDS))
        await until(lambda: time.monotonic() >= end, what="the time that a recording needs")

    def roster(self) -> dict[str, dict[str, Any]]:
        """The lines of the rooms, by name."""
        found: list[dict[str, Any]] = self.server.get(f"{self.path}/participants")["participants"]
        return {line["name"]: line for line in found if not line["name"].startswith("사람")}

    async def roster_is(self, *names: str) -> None:
        try:
            await until(lambda: set(self.roster()) == set(names), what=f"the roster is {names}", every=REST_SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"{error}, but {set(self.roster())}: {self.server.lines[-20:]}") from None

    def room(self, room: str) -> dict[str, str]:
        """A line of the list of rooms."""
        lines: list[dict[str, str]] = self.server.get(f"{self.path}/rooms")["rooms"]
        return next(line for line in lines if line["room"] == room)

    def call(self, address: str, name: str) -> str:
        """Put a room on the list, and call it; its id there."""
        added: Any = self.server.post(f"{self.path}/rooms", {"address": address, "name": name})
        room: str = added["room"]["room"]
        return room

    def hang_up(self, room: str) -> None:
        self.server.post(f"{self.path}/rooms/{room}/hang-up", {})

    async def state_is(self, room: str, state: str, *reasons: str) -> None:
        """One of the reasons, where any are given."""
        try:
            await until(lambda: self._is(room, state, reasons), what=f"{state} {reasons}", every=REST_SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"{error}, but {self.room(room)}: {self.server.lines[-20:]}") from None

    def _is(self, room: str, state: str, reasons: tuple[str, ...]) -> bool:
        line = self.room(room)
        return line["state"] == state and (not reasons or line["reason"] in reasons)


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Place]:
    created = server.post("/api/v1/conferences", {"title": "회의실"})
    async with meeting(server.url, created["link"]) as people:
        yield Place(server, people, created, await people.join(1, tone_reels(1)))


def tone(person: int) -> dict[str, str]:
    """What makes extension 601 this person."""
    return {"TONE": str(round(TONES[person]))}


async def heard_by(peer: Asterisk, call: str, *people: int) -> None:
    """The recording of a call, from when it has ended: these at its end, and nobody else."""
    path = await peer.recording(call)
    samples, rate = sound.read_wav(path)
    found = levels(sound.loud_part(samples, rate), rate)
    assert are_heard(found, people), f"{people} should be heard: {found}, {len(samples) / rate:.1f} s"


def strongest(attendee: Attendee) -> float:
    """Hz, of what was heard last."""
    samples = attendee.hearing.samples[-round(PART_SECONDS * SAMPLE_RATE) :]
    return sound.tone(samples.astype(np.float64), SAMPLE_RATE)[0]


def hum(beat: int) -> AudioBlock:
    """The tone of person 2, in blocks of 20 ms."""
    times = (np.arange(BLOCK_SAMPLES) + beat * BLOCK_SAMPLES) / SAMPLE_RATE
    return (0.2 * np.sin(2 * np.pi * TONES[2] * times)).astype(np.float32)


def hears_itself(room: SyntheticRoom) -> bool:
    return are_heard(levels(room.heard, SAMPLE_RATE), (2,))


@pytest.mark.parametrize("tunneling", [True, False], ids=["tunnelled", "separate"])
@pytest.mark.parametrize("fast_start", [True, False], ids=["fast", "slow"])
async def test_calls_that_come_in(place: Place, fast_start: bool, tunneling: bool) -> None:
    """Of both editions, one with A-law and one with µ-law; by number and PIN, and by the link."""
    laws = ["alaw", "ulaw"] if fast_start == tunneling else ["ulaw", "alaw"]
    async with (
        asterisk(
            NEAR, name="near", fast_start=fast_start, tunneling=tunneling, codecs=laws[:1], peers=[place.gateway]
        ) as near,
        asterisk(
            FAR,
            name="far",
            fast_start=fast_start,
            tunneling=tunneling,
            codecs=laws[1:],
            peers=[place.gateway],
            edition=Edition.OLDER,
        ) as far,
    ):
        first = await near.originate(place.gateway, place.direct, extension="601", variables=tone(2))
        second = await far.originate(place.gateway, place.created["link"], extension="601", variables=tone(3))
        await place.hears(2, 3)
        await place.roster_is("near", "far")
        await far.hang_up()
        await place.hears(2)
        await heard_by(far, second, 1, 2)
        await place.roster_is("near")
        place.server.delete(f"{place.path}/participants/{place.roster()['near']['participant']}")
        await near.event(Kind.ENDED, first)
        await heard_by(near, first, 1)
        await place.roster_is()
        for peer in (near, far):
            assert peer.fast_started() == fast_start
            assert peer.separate_h245() == (not tunneling)


async def test_calls_outlive_the_processor_of_their_media(place: Place) -> None:
    """Both editions, fast and slow: sound comes back both ways, in the same calls."""
    async with (
        asterisk(NEAR, name="near", peers=[place.gateway]) as near,
        asterisk(
            FAR, name="far", fast_start=True, tunneling=False, peers=[place.gateway], edition=Edition.OLDER
        ) as far,
    ):
        first = await near.originate(place.gateway, place.direct, extension="601", variables=tone(2))
        second = await far.originate(place.gateway, place.direct, extension="601", variables=tone(3))
        await place.hears(2, 3)
        roster = place.roster()
        before = place.server.processor_pids
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        await until(lambda: not set(before) & set(place.server.processor_pids), what="another processor")
        await place.listens()  # to sound that came after it
        await place.hears(2, 3)
        assert {name: line["participant"] for name, line in place.roster().items()} == {
            name: line["participant"] for name, line in roster.items()
        }
        await far.hang_up()
        await near.hang_up()
        await heard_by(far, second, 1, 2)
        await heard_by(near, first, 1, 3)
        await place.roster_is()


async def test_keys_of_every_kind_answer_the_voice_that_asks(place: Place) -> None:
    """Nothing is dialled that leads to a conference: number and PIN come as keys, four ways at once."""
    digits = f"{place.created['number']}#{place.created['pin']}#"
    ways = [
        (NEAR, Dtmf.ALPHANUMERIC, Edition.CURRENT),
        (FAR, Dtmf.SIGNAL, Edition.CURRENT),
        (THIRD, Dtmf.KEYPAD, Edition.CURRENT),
        (FOURTH, Dtmf.RFC2833, Edition.OLDER),
    ]
    async with AsyncExitStack() as stack:
        peers = [
            await stack.enter_async_context(
                asterisk(address, name=dtmf.value, dtmf=dtmf, edition=edition, peers=[place.gateway])
            )
            for address, dtmf, edition in ways
        ]
        calls = [
            await peer.originate(place.gateway, "0", extension="603", variables={"DIGITS": digits}) for peer in peers
        ]
        await place.roster_is(*(dtmf.value for _, dtmf, _ in ways))
        await place.listens()
        for peer, call in zip(peers, calls, strict=True):
            await peer.hang_up()
            path = await peer.recording(call)
            samples, rate = sound.read_wav(path)
            assert are_heard(levels(samples, rate), (1,)), "the attendee is heard at the end"
            spoken = samples[: round(VOICE_SECONDS * rate)]
            assert np.abs(spoken).max() > 0.05, "a voice asks at the beginning"
        await place.roster_is()


@pytest.mark.parametrize("edition", Edition)
async def test_calls_that_go_out(place: Place, edition: Edition) -> None:
    """Two rooms at once, one of which gives back what it hears, as a room does with a loud speaker."""
    async with asterisk(NEAR, edition=edition) as peer:
        speaker = place.call(f"601@{peer.address}", "강남 회의실")
        await place.state_is(speaker, "connected")
        await until(lambda: strongest(place.attendee) == pytest.approx(ASTERISK_TONE, abs=5), what="its tone")
        await place.listens()
        await place.roster_is("강남 회의실")
        place.hang_up(speaker)
        await place.state_is(speaker, "ended", "hung-up")
        await heard_by(peer, "", 1)
        echo = place.call(f"{peer.address}##600", "서초 회의실")
        await place.hears(1)
        await place.roster_is("서초 회의실")
        await peer.hang_up()
        await place.state_is(echo, "ended", "hung-up")
        await place.roster_is()
        await heard_by(peer, "", 1)


async def test_calls_out_that_are_not_answered_say_why(place: Place) -> None:
    async with (
        asterisk(NEAR) as peer,
        asterisk(FAR, callers=[NEAR]) as choosy,
        asterisk(THIRD, codecs=["gsm"], edition=Edition.OLDER) as strange,
    ):
        busy = place.call(f"606@{peer.address}", "busy")
        unknown = place.call(f"987@{peer.address}", "unknown")
        ringing = place.call(f"605@{peer.address}", "ringing")
        refused = place.call(f"600@{choosy.address}", "refused")
        useless = place.call(f"600@{strange.address}", "useless")
        nobody = place.call(f"600@{FOURTH}:{free_port()}", "nobody")
        await place.state_is(ringing, "ringing")
        await place.state_is(busy, "ended", "busy")
        await place.state_is(unknown, "ended", *UNSAID)
        await place.state_is(refused, "ended", "declined")
        await place.state_is(useless, "ended", "nothing-in-common")
        await place.state_is(nobody, "ended", "unreachable")
        place.hang_up(ringing)
        await place.state_is(ringing, "ended", "hung-up")
        for _ in ("606", "605"):
            await peer.event(Kind.ENDED)
        assert place.roster() == {}


async def test_calls_in_that_are_not_let_in_say_why(place: Place) -> None:
    wrong_pin = f"{place.created['number']}##{(int(place.created['pin']) + 1) % 1_000_000:06}"
    async with asterisk(NEAR, name="near", peers=[place.gateway]) as near:
        await near.event(Kind.FAILED, await near.originate(place.gateway, wrong_pin))
        place.server.patch(place.path, {"locked": True})
        await near.event(Kind.FAILED, await near.originate(place.gateway, place.direct))
        assert near.causes() == [NOT_ALLOWED, DECLINED]
        assert place.roster() == {}


@pytest.mark.parametrize("edition", Edition)
async def test_sound_in_every_way_of_beginning_a_call_out(edition: Edition) -> None:
    """An echo comes back to rooms made of code, which call with what the gateway calls with: all variants at once."""
    rooms: dict[str, SyntheticRoom] = {}
    async with asterisk(NEAR, edition=edition) as peer, AsyncExitStack() as stack:
        for number, ways in enumerate(itertools.product((False, True), repeat=3)):
            options = CallOptions(fast_start=ways[0], tunnelling=ways[1], h245_in_setup=ways[2])
            room = SyntheticRoom(RoomSettings(options=options, seed=number), voice=hum)
            stack.push_async_callback(room.close)
            rooms[f"{options.fast_start=} {options.tunnelling=} {options.h245_in_setup=}"] = room
            await room.call(parse(peer.address, SIGNALING_PORT), "600")
        for what, room in rooms.items():
            await until(lambda room=room: hears_itself(room), what=f"an echo: {what}")  # type: ignore[misc]


@pytest.mark.long
async def test_calls_live_longer_than_any_silence_is_borne(place: Place) -> None:
    async with (
        asterisk(NEAR, name="near", peers=[place.gateway]) as near,
        asterisk(FAR, name="far", tunneling=False, edition=Edition.OLDER) as far,
    ):
        await near.originate(place.gateway, place.direct, extension="601", variables=tone(2))
        out = place.call(f"600@{far.address}", "far")
        await place.hears(1, 2)
        end = time.monotonic() + LONG_SECONDS
        while time.monotonic() < end:
            place.attendee.hearing.blocks.clear()  # it keeps so many and no more
            await place.hears(1, 2)
            assert set(place.roster()) == {"near", "far"}
        assert place.room(out)["state"] == "connected"
        await near.hang_up()
        await far.hang_up()
        await place.state_is(out, "ended", "hung-up")
        await place.roster_is()


async def test_a_room_presses_keys_in_the_conference_and_its_power_fails(place: Place) -> None:
    async with asterisk(NEAR, name="near", peers=[place.gateway]) as near:
        await near.originate(place.gateway, place.direct, extension="603", variables={"DIGITS": "*6"})
        await place.roster_is("near")
        await until(lambda: place.roster()["near"]["muted"], what="its microphone is off", every=REST_SECONDS)
        near.kill()
        await place.roster_is()


@shark.needs_tshark
async def test_everything_that_was_sent_is_read_by_tshark(
    place: Place, capture: Capture | None, tmp_path: Path
) -> None:
    """In this test, and in all that came before it."""
    if capture is None:
        pytest.skip("nothing here can capture packets")
    async with asterisk(NEAR, name="near", tunneling=False, peers=[place.gateway]) as peer:
        await peer.originate(place.gateway, place.direct, extension="601", variables=tone(2))
        out = place.call(f"600@{peer.address}", "out")
        await place.state_is(out, "connected")
        await place.hears(1, 2)
        place.hang_up(out)
        await place.state_is(out, "ended", "hung-up")
        await peer.hang_up()
        await place.roster_is()
    capture.stop()
    messages = capture.sent_by((OURS, OUR_CALLS))
    assert {port for port, _ in messages} == {shark.CALL_SIGNALING, shark.CONTROL}
    assert shark.malformed(messages, tmp_path) == []
