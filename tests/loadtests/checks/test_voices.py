"""Who is expected and who is heard: turns, mutes in the middle, crowds, people of other agents, no roster."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from loadtests.checks.hearing import Hearing
from loadtests.checks.voices import Heard, heard, judge_voices
from loadtests.findings import Fault
from loadtests.recording import Known, Recording
from tests.loadtests.checks.talk import NOW, Talk, loops, record, sound_of
from tests.support.loops import Sound

ALL = (-4.0, 10.0)
TWO = Talk({1: (ALL,), 2: ((-3.2, 10.0),)})


def judged(recording: Recording, talk: Talk) -> Heard:
    return judge_voices(recording, Hearing(recording, loops(talk)))


def faults(found: Heard) -> list[tuple[Fault, tuple[int, ...]]]:
    return [(finding.fault, finding.people) for finding in found.findings]


def test_who_speaks_is_heard_and_expected() -> None:
    found = judged(record(TWO), TWO)
    assert found.people == found.expected == {1, 2}
    assert found.findings == found.unjudged == ()
    assert not found.crowded


def test_a_word_is_not_expected_to_be_found() -> None:
    talk = replace(TWO, turns={1: (ALL,), 2: ((0.5, 1.7),)})
    found = judged(record(talk), talk)
    assert found.expected == {1}
    assert found.findings == ()


def test_what_is_said_at_the_end_may_be_underway() -> None:
    talk = replace(TWO, turns={1: (ALL,), 2: ((1.2, 10.0),)})
    assert judged(record(talk), talk).expected == {1}


def test_the_listener_expects_nothing_of_itself() -> None:
    talk = replace(TWO, turns={**TWO.turns, 0: (ALL,)})
    found = judged(record(talk), talk)
    assert found.people == found.expected == {1, 2}
    assert found.findings == ()


@pytest.mark.parametrize("since", [-0.9, 0.0, 0.5, 1.0, 2.0, 2.9])
def test_who_is_muted_in_the_middle_and_falls_silent_is_no_fault(since: float) -> None:
    talk = replace(TWO, muted={2: since})
    assert judged(record(talk), talk).findings == ()


@pytest.mark.parametrize("since", [-3.0, -0.5, 0.0, 0.7])
def test_who_is_muted_and_goes_on_is_one(since: float) -> None:
    talk = replace(TWO, muted={2: since}, left_open=frozenset({2}), seconds=4.0)
    assert faults(judged(record(talk), talk)) == [(Fault.MUTED_HEARD, (2,))]


def test_whose_mute_is_too_young_is_not_judged() -> None:
    talk = replace(TWO, muted={2: 1.5}, left_open=frozenset({2}))
    assert judged(record(talk), talk).findings == ()


def test_a_silenced_one_needs_no_roster_to_be_found() -> None:
    recording = record(TWO)
    sent = [
        msgspec.structs.replace(each, speaking=() if each.person == 2 else each.speaking) for each in recording.sent
    ]
    found = judged(msgspec.structs.replace(recording, sent=tuple(sent), present=()), TWO)
    assert faults(found) == [(Fault.MUTED_HEARD, (2,))]
    assert found.expected == {1}


def test_who_is_muted_and_silent_is_not_missed() -> None:
    talk = replace(TWO, muted={2: -3.0})
    found = judged(record(talk), talk)
    assert found.people == found.expected == {1}


def test_of_a_crowd_nobody_is_missed() -> None:
    crowd = Talk({who: ((-3.5 + 0.1 * who, 10.0),) for who in range(8)}, left_out=frozenset({3, 6}))
    found = judged(record(crowd), crowd)
    assert found.crowded
    assert found.expected == frozenset()
    assert found.findings == ()


def test_a_crowd_of_whom_none_is_heard_is_a_fault() -> None:
    crowd = Talk(
        {who: ((-3.5 + 0.1 * who, 10.0),) for who in range(1, 8)} | {9: (ALL,)},
        people=tuple(range(10)),
        left_out=frozenset(range(1, 8)),
    )
    recording = record(crowd)
    sent = tuple(each for each in recording.sent if each.person != 9)
    found = judged(msgspec.structs.replace(recording, sent=sent), crowd)
    assert faults(found) == [(Fault.SPEAKER_UNHEARD, tuple(range(1, 8)))]


def test_who_speaks_before_the_crowd_is_expected() -> None:
    others = dict.fromkeys(range(2, 8), ((2.4, 10.0),))
    talk = Talk({1: (ALL,), **others}, left_out=frozenset({1}))
    assert faults(judged(record(talk), talk)) == [(Fault.SPEAKER_UNHEARD, (1,))]


def test_people_of_other_agents_are_heard_but_not_expected() -> None:
    recording = record(TWO)
    alone = tuple(sent for sent in recording.sent if sent.person == 1)
    found = judged(msgspec.structs.replace(recording, sent=alone), TWO)
    assert found.people == {1, 2}
    assert found.expected == {1}
    assert found.findings == ()


def test_who_left_is_a_stranger() -> None:
    recording = record(TWO)
    gone = msgspec.structs.replace(recording.present[2], since=NOW - 5.0, here=False)
    assert gone.person == 2
    present = tuple(state for state in recording.present if state.person != 2)
    found = judged(msgspec.structs.replace(recording, present=(gone, *present)), TWO)
    assert faults(found) == [(Fault.STRANGER_HEARD, (2,))]


def test_who_leaves_meanwhile_is_none() -> None:
    recording = record(TWO)
    gone = msgspec.structs.replace(recording.present[2], since=NOW + 0.1, here=False)
    found = judged(msgspec.structs.replace(recording, present=(*recording.present, gone)), TWO)
    assert found.findings == ()
    assert found.expected == {1}


def test_without_a_roster_senders_are_expected_and_nobody_is_a_stranger() -> None:
    talk = replace(TWO, turns={**TWO.turns, 12: (ALL,)})
    found = judged(msgspec.structs.replace(record(talk), present=()), talk)
    assert found.expected == {1, 2}
    assert found.people == {1, 2, 12}
    assert found.findings == ()
    assert found.unjudged == ("muted people and strangers: the server told of nobody",)


def test_a_long_check_is_judged_in_pieces() -> None:
    talk = replace(TWO, turns={1: (ALL,), 2: ((7.0, 9.2),), 3: ((0.0, 2.4),)}, seconds=10.0)
    found = judged(record(talk), talk)
    assert found.people == {1, 2, 3}
    assert found.findings == ()


def test_a_voice_that_a_jitter_buffer_stretched_among_others_is_heard_by_its_passages() -> None:
    whole = Talk({who: ((-3.9 + 0.2 * who, 10.0),) for who in (1, 2, 3, 4, 5)})
    others = replace(whole, left_out=frozenset({5}))
    alone = replace(whole, left_out=frozenset({1, 2, 3, 4}))
    recording, voice = record(others), sound_of(record(alone))
    moved = [
        np.roll(voice, shift)[piece] for shift, piece in zip((0, 520, 260, -200, 330, 80), _pieces(voice), strict=True)
    ]
    sound = sound_of(recording) + 0.7 * np.concatenate(moved)
    recording = msgspec.structs.replace(recording, sound=sound.astype("<f4").tobytes())
    hearing = Hearing(recording, loops(whole))
    assert set(heard(hearing, hearing.begin, hearing.voices)) == {1, 2, 3, 4}
    found = judge_voices(recording, hearing)
    assert found.people == found.expected == {1, 2, 3, 4, 5}
    assert found.findings == ()


def _pieces(sound: Sound) -> list[slice]:
    step = len(sound) // 6
    return [slice(begin, begin + step) for begin in range(0, len(sound), step)]


@pytest.mark.parametrize("lie", [{"here": False}, {"muted": True}], ids=["left out", "called muted"])
def test_a_roster_that_is_wrong_hides_nobody_who_is_not_mixed(lie: dict[str, bool]) -> None:
    recording = record(replace(TWO, left_out=frozenset({2})))
    present = tuple(
        msgspec.structs.replace(state, **lie) if state.person == 2 else state for state in recording.present
    )
    lied = msgspec.structs.replace(recording, present=present)
    assert faults(judged(lied, TWO)) == []
    known = tuple(Known(NOW - 60.0, who, here=True, muted=False, camera_off=False) for who in TWO.people)
    assert faults(judged(msgspec.structs.replace(lied, known=known), TWO)) == [(Fault.SPEAKER_UNHEARD, (2,))]


def test_whose_mute_is_not_known_for_sure_is_neither_expected_nor_muted() -> None:
    known = (
        Known(NOW - 60.0, 1, here=True, muted=False, camera_off=False),
        Known(NOW - 60.0, 2, here=True, muted=None, camera_off=False),
    )
    for talk in (TWO, replace(TWO, left_out=frozenset({2}))):
        recording = record(talk)
        sent = tuple(
            msgspec.structs.replace(each, speaking=()) if each.person == 2 else each for each in recording.sent
        )
        found = judged(msgspec.structs.replace(recording, known=known, sent=sent), talk)
        assert (faults(found), found.expected) == ([], {1})
