"""PINs cost a guesser each time, and whoever knows one only once."""

from __future__ import annotations

import pytest

from mcu.controller import keys


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The PINs that were hashed the expensive way."""
    done: list[str] = []
    original = keys.hash_pin

    async def counting(pin: str, salt: bytes) -> bytes:
        done.append(pin)
        return await original(pin, salt)

    monkeypatch.setattr(keys, "hash_pin", counting)
    return done


async def test_a_right_pin_is_hashed_once(hashed: list[str]) -> None:
    salt = keys.new_salt()
    digest = await keys.hash_pin("123456", salt)
    hashed.clear()
    for _ in range(3):
        assert await keys.pin_matches("123456", salt, digest)
    assert hashed == ["123456"]


async def test_a_wrong_pin_is_hashed_each_time_and_never_remembered(hashed: list[str]) -> None:
    salt = keys.new_salt()
    digest = await keys.hash_pin("123456", salt)
    hashed.clear()
    for _ in range(3):
        assert not await keys.pin_matches("654321", salt, digest)
    assert hashed == ["654321"] * 3


async def test_another_conference_with_the_same_pin_is_another(hashed: list[str]) -> None:
    first, second = keys.new_salt(), keys.new_salt()
    digest = await keys.hash_pin("123456", first)
    assert await keys.pin_matches("123456", first, digest)
    assert not await keys.pin_matches("123456", second, digest)


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MAX_PROVEN", 2)

    async def cheap(pin: str, salt: bytes) -> bytes:
        return pin.encode() + salt

    monkeypatch.setattr(keys, "hash_pin", cheap)
    keys._proven.clear()
    for number in range(5):
        salt = bytes([number])
        assert await keys.pin_matches("1", salt, b"1" + salt)
    assert len(keys._proven) == 2
