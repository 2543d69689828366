from __future__ import annotations

from mcu.processor.overload import Moving
from mcu.processor.resting import HEARD_SECONDS, MOST_AT_ONCE, RENEW_SECONDS, Resting

PEOPLE = ("kim", "lee", "park", "choi")


def test_all_move_while_nothing_is_shed() -> None:
    resting = Resting()
    assert not resting.choose(Moving.ALL, PEOPLE, "kim", ("kim",), 0.0)
    assert resting.renewals(1_000.0) == []


def test_who_speaks_or_just_did_moves() -> None:
    resting = Resting()
    assert set(resting.choose(Moving.SPEAKING, PEOPLE, "kim", ("lee",), 0.0)) == {"park", "choi"}
    assert set(resting.choose(Moving.SPEAKING, PEOPLE, "kim", (), HEARD_SECONDS - 0.1)) == {"park", "choi"}
    assert set(resting.choose(Moving.SPEAKING, PEOPLE, "kim", (), HEARD_SECONDS + 0.1)) == {"lee", "park", "choi"}


def test_at_last_only_the_speaker_moves() -> None:
    resting = Resting()
    assert set(resting.choose(Moving.SPEAKER, PEOPLE, "kim", ("kim", "lee"), 0.0)) == {"lee", "park", "choi"}
    assert set(resting.choose(Moving.SPEAKER, PEOPLE, None, (), HEARD_SECONDS + 1.0)) == set(PEOPLE)


def test_of_many_who_talk_at_once_the_one_who_began_moves_until_there_is_a_speaker() -> None:
    resting = Resting()
    for at in range(20):
        speaking = ("park", "lee") if at % 2 else ("lee", "park")
        assert set(resting.choose(Moving.SPEAKER, PEOPLE, None, speaking, at / 4)) == {"kim", "park", "choi"}
    assert set(resting.choose(Moving.SPEAKER, PEOPLE, "choi", ("lee", "choi"), 5.0)) == {"kim", "lee", "park"}
    assert set(resting.choose(Moving.SPEAKER, PEOPLE, None, ("lee",), 5.2)) == {"kim", "lee", "park"}


def test_still_pictures_are_renewed_in_turn_and_few_at_a_time() -> None:
    resting = Resting()
    renewed: list[str] = []
    for tenth in range(round(10 * 3 * RENEW_SECONDS)):
        resting.choose(Moving.SPEAKER, PEOPLE, "kim", (), tenth / 10)
        now = resting.renewals(tenth / 10)
        assert len(now) <= MOST_AT_ONCE
        renewed.extend(now)
    assert {who: renewed.count(who) for who in PEOPLE} == {"kim": 0, "lee": 2, "park": 2, "choi": 2}


def test_who_leaves_is_forgotten() -> None:
    resting = Resting()
    resting.choose(Moving.SPEAKER, PEOPLE, "kim", (), 0.0)
    resting.choose(Moving.SPEAKER, ("kim", "lee"), "kim", (), 1.0)
    assert resting.renewals(1.0 + RENEW_SECONDS) == ["lee"]
