"""A consumer that does not read."""

from __future__ import annotations

from mcu.signaling.outbox import MAX_BYTES, MAX_MESSAGES, Outbox


async def test_order_and_end() -> None:
    outbox = Outbox()
    for text in "abc":
        outbox.put(text)
    outbox.finish()
    outbox.put("late")
    assert [await outbox.get() for _ in range(4)] == ["a", "b", "c", None]


async def test_too_many_messages_break_it() -> None:
    outbox = Outbox()
    for _ in range(MAX_MESSAGES):
        outbox.put("x")
    assert not outbox.overflowed.is_set()
    outbox.put("x")
    assert outbox.overflowed.is_set()


async def test_too_many_bytes_break_it() -> None:
    outbox = Outbox()
    outbox.put("x" * MAX_BYTES)
    assert not outbox.overflowed.is_set()
    outbox.put("x")
    assert outbox.overflowed.is_set()


async def test_reading_makes_room() -> None:
    outbox = Outbox()
    for _ in range(3):
        outbox.put("x" * MAX_BYTES)
        await outbox.get()
    assert not outbox.overflowed.is_set()
