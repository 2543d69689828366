"""Sound as it is judged: clean talk of any kind has no fault, and every fault that is put in is found by its name."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from loadtests.checks import speech
from loadtests.checks.speech import judge_sound
from loadtests.checks.voices import Heard, judge_voices
from loadtests.findings import Fault, Limits
from loadtests.recording import Recording
from mcu.media.types import BLOCK_SAMPLES, AudioProfile
from tests.loadtests.checks.talk import Talk, loops, record, sound_of
from tests.support.loops import REAL_MEDIA, Sound, has_recordings

ALL = (-4.0, 10.0)
TWO = Talk({1: (ALL,), 2: ((-3.2, 10.0),)})
LIMITS = Limits()
TELEPHONE, WIDE = AudioProfile(codec="PCMU"), AudioProfile(codec="G722")
SOURCES = [
    "",
    pytest.param(REAL_MEDIA, marks=pytest.mark.skipif(not has_recordings(), reason="no recordings of people")),
]
PATHS = {
    "clean": Talk({}),
    "telephone": Talk({}, profile=TELEPHONE),
    "G.722": Talk({}, profile=WIDE),
    "jitter": Talk({}, jitter=0.03),
    "loss on the way to the server": Talk({}, sent_loss=0.05),
    "loss that the server knows of": Talk({}, loss=0.05, loss_told=0.05),
    "loss": Talk({}, loss=0.05),
    "loss by telephone": Talk({}, profile=TELEPHONE, loss=0.05),
}


def some(seed: int, voices: int, path: str, folder: str = "") -> Talk:
    choose = random.Random(f"{seed} {voices} {path}")
    speakers = choose.sample(range(8), voices)
    turns = {who: ((choose.uniform(-4, -1), 10.0),) for who in speakers}
    listener = choose.choice([speakers[0], 7])
    return replace(PATHS[path], turns=turns, listener=listener, seed=seed, folder=folder)


@pytest.mark.parametrize("folder", SOURCES)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("voices", [*(pytest.param(count, marks=pytest.mark.long) for count in (1, 2, 3)), 5])
def test_good_talk_has_no_fault(voices: int, path: str, folder: str) -> None:
    for seed in range(2):
        talk = some(seed, voices, path, folder)
        found = judge_sound(record(talk), loops(talk), replace_limit(concealed=0.15))
        assert found.findings == ()
        others = tuple(who for who in talk.speakers if who != talk.listener)
        assert found.figures.heard == others
        assert found.figures.expected == others
        if others:
            assert found.unjudged == ()
            assert found.figures.stoi is not None
            assert found.figures.stoi > 0.8
            assert found.figures.sound_delay_worst is not None
            assert found.figures.sound_delay_worst < 200
            assert found.figures.clicks == 0
            assert found.delays.keys() == set(others)


def replace_limit(**limits: float) -> Limits:
    return msgspec.structs.replace(LIMITS, **limits)


def faults(recording: Recording, talk: Talk, limits: Limits = LIMITS) -> dict[Fault, tuple[int, ...]]:
    findings = judge_sound(recording, loops(talk), limits).findings
    assert len({finding.fault for finding in findings}) == len(findings)
    return {finding.fault: finding.people for finding in findings}


@pytest.mark.parametrize(
    ("talk", "fault", "people"),
    [
        (replace(TWO, left_out=frozenset({2})), Fault.SPEAKER_UNHEARD, (2,)),
        (replace(TWO, dead=True), Fault.NO_SOUND, (1, 2)),
        (replace(TWO, muted={2: -3.0}, left_open=frozenset({2})), Fault.MUTED_HEARD, (2,)),
        (replace(TWO, turns={**TWO.turns, 0: (ALL,)}, own_voice=True), Fault.OWN_VOICE, (0,)),
        (replace(TWO, turns={0: (ALL,)}, own_voice=True), Fault.OWN_VOICE, (0,)),
        (replace(TWO, turns={**TWO.turns, 12: (ALL,)}), Fault.STRANGER_HEARD, (12,)),
        (replace(TWO, late={2: 0.4}), Fault.LATE_SOUND, (2,)),
        (replace(TWO, late={1: 2.0}), Fault.LATE_SOUND, (1,)),
        (replace(TWO, holes=((1.0, 1.3),)), Fault.GAPS, ()),
        (replace(TWO, loss=0.2), Fault.GAPS, ()),
    ],
)
def test_a_fault_of_the_server_is_named(talk: Talk, fault: Fault, people: tuple[int, ...]) -> None:
    assert faults(record(talk), talk) == {fault: people}


def test_two_hundred_milliseconds_more_are_seen() -> None:
    before, after = (
        judge_sound(record(talk), loops(talk), LIMITS) for talk in (TWO, replace(TWO, late={1: 0.2, 2: 0.2}))
    )
    assert before.findings == ()
    assert [finding.fault for finding in after.findings] == [Fault.LATE_SOUND, Fault.LATE_SOUND]
    assert before.figures.sound_delay is not None
    assert after.figures.sound_delay == pytest.approx(before.figures.sound_delay + 200, abs=1.5)


def test_what_the_agent_slept_is_not_judged() -> None:
    talk = replace(TWO, late={1: 0.3, 2: 0.3})
    found = judge_sound(msgspec.structs.replace(record(talk), held=0.25), loops(talk), LIMITS)
    assert found.findings == ()
    assert "delay of sound: the agent itself was 250 ms late" in found.unjudged


def altered(change: Callable[[Sound], Sound], held: float = 0.0) -> Recording:
    recording = record(TWO)
    sound = change(sound_of(recording)).astype("<f4")
    return msgspec.structs.replace(recording, sound=sound.tobytes(), held=held)


def changed(change: Callable[[Sound], Sound]) -> dict[Fault, tuple[int, ...]]:
    return faults(altered(change), TWO)


def test_blocks_that_were_cut_out_click() -> None:
    def cut(sound: Sound) -> Sound:
        pieces = np.split(sound, 6)
        return np.concatenate([piece[BLOCK_SAMPLES:] for piece in pieces])

    assert changed(cut) == {Fault.CLICKS: ()}


def test_noise_makes_speech_poor() -> None:
    noise = np.random.default_rng(3)
    assert changed(lambda sound: sound + 0.6 * noise.standard_normal(len(sound))).keys() >= {Fault.SPEECH_POOR}


def test_what_the_agent_tore_by_sleeping_is_not_judged() -> None:
    noise = np.random.default_rng(3)
    found = judge_sound(
        altered(lambda sound: sound + 0.6 * noise.standard_normal(len(sound)), held=0.1), loops(TWO), LIMITS
    )
    assert Fault.SPEECH_POOR not in {finding.fault for finding in found.findings}
    assert found.figures.stoi is None
    assert "clearness: the agent itself was 100 ms late" in found.unjudged


@pytest.mark.parametrize(("held", "faults"), [(0.0, [Fault.GAPS]), (0.02, [Fault.GAPS]), (0.3, [])])
def test_a_gap_is_excused_as_long_as_the_agent_slept(held: float, faults: list[Fault]) -> None:
    talk = replace(TWO, holes=((1.0, 1.3),))
    found = judge_sound(msgspec.structs.replace(record(talk), held=held), loops(talk), LIMITS)
    assert [finding.fault for finding in found.findings if finding.fault is Fault.GAPS] == faults


def test_what_was_made_up_is_told_and_no_more() -> None:
    talk = replace(TWO, loss=0.1, seed=4)
    recording = record(talk)
    assert recording.concealed_samples > 0
    found = judge_sound(recording, loops(talk), replace_limit(concealed=0.01))
    assert found.figures.concealed == pytest.approx(recording.concealed_samples / recording.played_samples)
    assert [finding.fault for finding in found.findings] == [Fault.GAPS]
    assert "made up" in found.findings[0].detail


def test_a_crowd_is_no_fault() -> None:
    talk = Talk({who: ((-3.5 + 0.1 * who, 10.0),) for who in range(8)})
    found = judge_sound(record(talk), loops(talk), LIMITS)
    assert found.findings == ()
    assert found.figures.expected == ()
    assert len(found.figures.heard) >= 5
    assert found.figures.stoi is None
    assert "clearness: more than 5 people spoke at once" in found.unjudged


def test_clearness_is_not_told_where_somebody_spoke_briefly_at_an_unknown_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsure(*judged: Any) -> Heard:
        heard = judge_voices(*judged)
        lost = [replace(row, passages=()) for row in heard.followed[2]]
        return replace(heard, expected=heard.expected - {2}, followed={**heard.followed, 2: lost})

    monkeypatch.setattr(speech, "judge_voices", unsure)
    found = judge_sound(record(TWO), loops(TWO), LIMITS)
    assert found.figures.stoi is None
    assert "clearness: when 2 said what is heard is not known" in found.unjudged


def test_silence_is_neither_good_nor_bad() -> None:
    found = judge_sound(record(Talk({})), loops(Talk({})), LIMITS)
    assert found.findings == ()
    assert found.figures.heard == found.figures.expected == ()
    assert found.figures.stoi is found.figures.sound_delay is found.figures.longest_gap is None
    assert found.unjudged == ("voices: nobody spoke for 1.5 s",)


def test_turns_are_no_gaps() -> None:
    talk = Talk({1: ((-4.0, 0.8),), 2: ((0.9, 1.9),), 3: ((2.0, 10.0),)})
    found = judge_sound(record(talk), loops(talk), LIMITS)
    assert found.findings == ()


@pytest.mark.parametrize("sound", [b"", b"abc", bytes(4 * 100), b"\xff" * 4 * 48_000, bytes(4 * 48_000)])
def test_no_sound_breaks_a_judge(sound: bytes) -> None:
    recording = msgspec.structs.replace(record(TWO), sound=sound)
    assert judge_sound(recording, loops(TWO), LIMITS).figures.heard == ()


def test_packets_that_no_loop_has_break_nothing() -> None:
    recording = record(TWO)
    strange = ((-3, 999.0), (10_000, 1_000.0))
    odd = [msgspec.structs.replace(sent, spoken=strange + sent.spoken) for sent in recording.sent]
    found = judge_sound(msgspec.structs.replace(recording, sent=tuple(odd)), loops(TWO), LIMITS)
    assert found.findings == ()
    assert found.figures.heard == (1, 2)


def test_without_loops_nothing_is_told() -> None:
    found = judge_sound(record(TWO), {}, LIMITS)
    assert found.findings == ()
    assert "voices: those of 1 and 2 are not known" in found.unjudged


def test_three_seconds_are_judged_in_a_third_of_a_second() -> None:
    talk = Talk(dict.fromkeys((1, 2, 3, 4), (ALL,)))
    recording, known = record(talk), loops(talk, *range(8, 20))
    judge_sound(recording, known, LIMITS)  # each loop is prepared once
    costs = []
    for _ in range(5):
        begin = time.process_time()
        judge_sound(recording, known, LIMITS)
        costs.append(time.process_time() - begin)
    assert statistics.median(costs) < 0.3
