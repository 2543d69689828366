"""Both judgements together, lips and voice, and recordings that nobody can have made."""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from loadtests.checks.inspect import combined, inspect, unjudged
from loadtests.checks.judgement import Judgement
from loadtests.checks.validity import RecordingError
from loadtests.findings import Fault, Figures, Finding, Limits
from loadtests.recording import Frame, Layout, Place, Present, Recording, Sent
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, AudioProfile
from tests.loadtests.checks.meeting import BEGIN, Broken, Meeting, record
from tests.support.loops import decoded, loop, mixed

SOUND_DELAY = 0.08  # seconds, beside what Opus adds itself
PICTURES = Judgement(
    figures=Figures(seconds=3.0, frames=75, fps=25.0, tiles=4, tiles_right=3),
    findings=(Finding(Fault.TILE_BLACK, "black", (2,)),),
    delays={1: 0.05, 2: 0.06, 3: 0.04},
    unjudged=("a",),
)
NOT_FINITE = (math.nan, math.inf, -math.inf, 1e300)


def sound(**delays: float) -> Judgement:
    return Judgement(
        figures=Figures(seconds=3.0, heard=(1, 3), clicks=0),
        findings=(Finding(Fault.GAPS, "gaps", (1,)),),
        delays={int(who[1:]): delay for who, delay in delays.items()},
        unjudged=("b",),
    )


@pytest.fixture(scope="module")
def short() -> Recording:
    return record(Meeting(people=4, seconds=1.0))


def test_each_judge_gives_its_own(short: Recording) -> None:
    found = combined(short, PICTURES, sound(p1=0.08, p3=0.1, p9=0.5), Limits())
    assert (found.who, found.began) == (0, BEGIN)
    assert found.figures.lip_sync == pytest.approx(45)
    assert msgspec.structs.replace(found.figures, lip_sync=None) == Figures(
        seconds=3.0, frames=75, fps=25.0, tiles=4, tiles_right=3, heard=(1, 3), clicks=0
    )
    assert found.picture_findings == PICTURES.findings
    assert found.voice_findings == sound().findings
    assert found.unjudged == ("a", "b")


@pytest.mark.parametrize(("delay", "later"), [(0.25, "voice"), (-0.15, "picture")])
def test_lips_and_voice_apart_either_way(short: Recording, delay: float, later: str) -> None:
    found = combined(short, PICTURES, sound(p1=0.05 + delay, p3=0.05), Limits())
    lips = found.voice_findings[-1]
    assert (lips.fault, lips.people) == (Fault.LIPS, (1,))
    assert f"{round(1000 * abs(delay))} ms apart: the {later} comes later" in lips.detail


def test_what_the_agent_slept_parts_no_lips(short: Recording) -> None:
    late = msgspec.structs.replace(short, held=0.2)
    assert combined(late, PICTURES, sound(p1=0.3), Limits()).voice_findings == sound().findings


def test_without_both_delays_nothing_is_said_of_lips(short: Recording) -> None:
    found = combined(short, PICTURES, sound(p9=0.9), Limits())
    assert found.figures.lip_sync is None
    assert found.voice_findings == sound().findings


def test_a_real_recording(short: Recording) -> None:
    found = inspect(short, {}, Limits())
    assert (found.picture_findings, found.figures.tiles, found.figures.tiles_right) == ((), 4, 4)
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found


class TestWhole:
    """Somebody speaks all the time, and is seen and heard by another."""

    @pytest.mark.parametrize("broken", [Broken(), Broken(delay=0.2)], ids=["in step", "picture later"])
    def test_lips_and_voice(self, broken: Broken) -> None:
        recording = with_speech(record(Meeting(people=4, broken=broken)), speaker=2, listener=0)
        found = inspect(recording, {person: loop(person) for person in range(4)}, Limits())
        figures = found.figures
        assert (figures.heard, figures.expected, figures.tiles_right) == ((2,), (2,), 4)
        assert figures.picture_delay is not None
        assert figures.lip_sync == pytest.approx(1000 * SOUND_DELAY - figures.picture_delay, abs=20)
        named = {(finding.fault, finding.people) for finding in (*found.picture_findings, *found.voice_findings)}
        late = {(Fault.LATE_PICTURE, (0, 1, 2, 3)), (Fault.LIPS, (2,))}
        assert named == (late if broken.delay else set())
        assert found.unjudged == ()

    def test_it_takes_less_than_a_fifth_of_the_time_it_shows(self) -> None:
        recording = with_speech(record(Meeting(people=30)), speaker=2, listener=0)
        loops = {person: loop(person) for person in range(4)}
        inspect(recording, loops, Limits())  # voices are known then
        began = time.process_time()
        assert inspect(recording, loops, Limits()).figures.tiles_right == 30
        assert time.process_time() - began < 0.6


def with_speech(recording: Recording, *, speaker: int, listener: int) -> Recording:
    """The speaker's loop from a place on, as it is heard by Opus SOUND_DELAY after it left."""
    first, count = 40, round((recording.end - recording.begin) / BLOCK_SECONDS)
    packets = len(loop(speaker).packets)
    left = recording.begin - SOUND_DELAY
    spoken = tuple(((first + index) % packets, left + index * BLOCK_SECONDS) for index in range(-150, count))
    heard = np.roll(decoded(speaker), -first * BLOCK_SAMPLES)[: count * BLOCK_SAMPLES]
    sent = tuple(
        msgspec.structs.replace(each, spoken=spoken, speaking=((spoken[0][1], recording.end),))
        if each.person == speaker
        else each
        for each in recording.sent
    )
    return msgspec.structs.replace(
        recording, who=listener, sent=sent, sound=mixed([heard], AudioProfile()).astype("<f4").tobytes()
    )


def test_what_could_not_be_made(short: Recording) -> None:
    found = unjudged(short, "because")
    assert (found.picture_findings, found.voice_findings, found.unjudged) == ((), (), ("because",))


# --- what nobody can have made ------------------------------------------------------------------------------------

Damage = Callable[[random.Random, Recording], Recording]


def number(chance: random.Random) -> int:
    return chance.choice((0, -1, 1, 2, 7, 640, 1 << 15, -(1 << 15), 1 << 40, -(1 << 70), chance.randrange(-99, 2000)))


def moment(chance: random.Random) -> float:
    return chance.choice((*NOT_FINITE, -5.0, 0.0, BEGIN + chance.uniform(-9, 9), BEGIN + 0.5))


def damaged_frames(chance: random.Random, whole: Recording) -> Recording:
    frames = list(whole.frames)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(frames))
        data = bytearray(frames[place].data)
        for _ in range(chance.choice((1, 8, 200)) if data else 0):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = bytes(data[: chance.choice((0, 1, 9, len(data), len(data)))])
        frames[place] = Frame(frames[place].arrived, number(chance), chance.random() < 0.3, cut)
    if chance.random() < 0.3:
        chance.shuffle(frames)
    return msgspec.structs.replace(whole, frames=tuple(frames[: chance.choice((0, 1, 25, 25))]))


def damaged_layouts(chance: random.Random, whole: Recording) -> Recording:
    def place() -> Place:
        values = [number(chance) for _ in range(4)]
        return Place(number(chance), chance.random() < 0.2, values[0], values[1], values[2], values[3])

    first = whole.layouts[0]
    layouts = tuple(
        Layout(
            chance.choice((0.0, moment(chance))),
            chance.choice((first.width, number(chance))),
            chance.choice((first.height, first.height, number(chance))),
            tuple(chance.choice((place(), *first.places)) for _ in range(chance.choice((0, 1, 9, 300)))),
            chance.choice(("grid", "", "?")),
        )
        for _ in range(chance.choice((0, 1, 4)))
    )
    return msgspec.structs.replace(whole, layouts=layouts)


def sane_layouts(chance: random.Random, whole: Recording) -> Recording:
    """Of sizes that are possible, everywhere."""
    layouts = tuple(
        Layout(
            BEGIN + chance.uniform(-2, 1),
            chance.randrange(1, 2000),
            chance.randrange(1, 2000),
            tuple(
                Place(chance.randrange(-1, 6), chance.random() < 0.2, *(chance.randrange(-300, 1500) for _ in range(4)))
                for _ in range(chance.randrange(8))
            ),
            "grid",
        )
        for _ in range(chance.randrange(1, 4))
    )
    return msgspec.structs.replace(whole, layouts=layouts)


def damaged_people(chance: random.Random, whole: Recording) -> Recording:
    def when() -> float:
        return moment(chance) if wild else BEGIN + chance.uniform(-9, 9)

    wild = chance.random() < 0.2
    states = tuple(
        Present(when(), chance.choice((0, 1, number(chance))), *(chance.random() < 0.3 for _ in range(4)))
        for _ in range(20)
    )
    sent = tuple(
        Sent(
            person=chance.choice((0, 1, number(chance))),
            pictures=tuple((number(chance), when()) for _ in range(chance.choice((0, 1, 40)))),
            spoken=tuple((number(chance), when()) for _ in range(chance.choice((0, 1, 40)))),
            speaking=tuple((when(), when()) for _ in range(chance.choice((0, 2)))),
        )
        for _ in range(5)
    )
    sane = chance.random() < 0.5
    return msgspec.structs.replace(whole, present=states, sent=whole.sent if sane else sent)


def damaged_rest(chance: random.Random, whole: Recording) -> Recording:
    name, value = chance.choice(
        (
            ("codec", chance.choice(("", "H264", "H261", "VP8", "\0" * 999))),
            ("begin", moment(chance)),
            ("end", moment(chance)),
            ("sender_aspect", chance.choice((0.0, -1.0, 1e-9, 99.0, 1.0, *NOT_FINITE))),
            ("late", moment(chance)),
            ("sound", bytes(chance.choice((0, 1, 2, 3, 4, 1000, 192_001)))),
            ("sound", chance.randbytes(19_200)),
            ("sound_begin", moment(chance)),
            ("fps", number(chance)),
            ("played_samples", number(chance)),
            ("concealed_samples", number(chance)),
            ("who", number(chance)),
        )
    )
    return msgspec.structs.replace(whole, **{name: value})


@pytest.mark.parametrize(
    "damage", [damaged_frames, damaged_layouts, sane_layouts, damaged_people, damaged_rest], ids=lambda it: it.__name__
)
def test_no_recording_breaks_the_judges(short: Recording, damage: Damage) -> None:
    judged, loops = 0, {person: loop(person) for person in range(2)}
    spoken = with_speech(short, speaker=1, listener=0)
    for seed in range(60):
        recording = damage(random.Random(f"{damage.__name__} {seed}"), spoken)
        with contextlib.suppress(RecordingError):
            inspect(recording, loops, Limits())
            judged += 1
    assert judged > 5
