"""Few voices, the loudest, and no change of places over a trifle."""

from __future__ import annotations

from mcu.mixer.loudest import ADVANTAGE_DB, AUDIBLE_DBOV, HANG_TICKS, SILENCE_DBOV, Loudest


def test_at_most_the_limit_and_the_loudest() -> None:
    levels = {f"p{n}": -40.0 + n for n in range(10)}
    assert Loudest(3).choose(levels) == {"p7", "p8", "p9"}


def test_room_noise_is_nobody() -> None:
    assert Loudest(3).choose({"a": AUDIBLE_DBOV - 1, "b": -127.0}) == frozenset()


def test_a_place_is_kept_against_somebody_a_little_louder() -> None:
    loudest = Loudest(1)
    assert loudest.choose({"a": -30.0, "b": -40.0}) == {"a"}
    assert loudest.choose({"a": -30.0, "b": -30.0 + ADVANTAGE_DB / 2}) == {"a"}
    assert loudest.choose({"a": -30.0, "b": -29.0 + ADVANTAGE_DB}) == {"b"}


def test_who_falls_silent_gives_the_place_up_at_once() -> None:
    loudest = Loudest(1)
    loudest.choose({"a": -20.0, "b": -50.0})
    assert loudest.choose({"a": -127.0, "b": -50.0}) == {"b"}


def test_the_soft_end_of_a_word_is_mixed_and_the_room_after_it_is_not() -> None:
    loudest = Loudest(3)
    loudest.choose({"a": -30.0})
    ticks = [bool(loudest.choose({"a": AUDIBLE_DBOV - 5})) for _ in range(HANG_TICKS + 5)]
    assert ticks == [True] * (HANG_TICKS - 1) + [False] * 6
    assert loudest.choose({"a": AUDIBLE_DBOV + 1}) == {"a"}


def test_who_is_muted_is_not_heard_for_a_moment_longer() -> None:
    loudest = Loudest(3)
    loudest.choose({"a": -30.0, "b": -30.0})
    assert loudest.choose({"a": SILENCE_DBOV, "b": -30.0}) == {"b"}
    assert loudest.choose({"a": AUDIBLE_DBOV - 5, "b": -30.0}) == {"b"}
