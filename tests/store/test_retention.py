"""Which conferences are ended because nobody uses them, and which rows are forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mcu.conference import events as e
from mcu.conference.participant import Departure, Participant
from mcu.store.records import ConferenceRecord, TokenRecord
from mcu.store.store import Store

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BEFORE = NOW - timedelta(days=30)
LONG_AGO, LATELY = BEFORE - timedelta(days=1), BEFORE + timedelta(days=1)
SOMEBODY = Participant(id="p", name="김하나", office="종로구청장", seat=1)


def record(name: str, *, created_at: datetime = LONG_AGO) -> ConferenceRecord:
    return ConferenceRecord(
        id=name,
        link=f"link-{name}",
        number=name[:9],
        pin_salt=b"",
        pin_hash=b"",
        chair_hash=b"",
        title="회의",
        capacity=36,
        created_at=created_at,
    )


async def visit(store: Store, conference: str, *, entered: datetime, left: datetime | None) -> None:
    who = f"p-{conference}"
    await store.record(conference, [e.ParticipantJoined(replace(SOMEBODY, id=who))], at=entered, secrets={who: b"h"})
    if left is not None:
        await store.record(conference, [e.ParticipantLeft(who, Departure.LEFT)], at=left)


async def end_idle(store: Store, *, sparing: set[str] | None = None, limit: int = 100) -> int:
    return await store.end_idle(before=BEFORE, at=NOW, sparing=sparing or set(), links={"link-ready"}, limit=limit)


async def open_ones(store: Store) -> set[str]:
    return {found.id for found in await store.conferences(offset=0, limit=100)}


async def test_only_what_nobody_used_is_ended(store: Store) -> None:
    for name in ("unused", "visited", "left", "peopled", "token", "live", "ready"):
        await store.add_conference(record(name))
    await store.add_conference(record("new", created_at=LATELY))
    await visit(store, "visited", entered=LONG_AGO, left=LONG_AGO)
    await visit(store, "left", entered=LONG_AGO, left=LATELY)
    await visit(store, "peopled", entered=LONG_AGO, left=None)
    token = TokenRecord(
        token_hash=b"t", conference_id="token", participant="q", kind="whip", name="OBS", office="", expires_at=LATELY
    )
    await store.add_token(token, now=LONG_AGO)
    assert await end_idle(store, sparing={"live"}) == 2
    assert await open_ones(store) == {"left", "peopled", "token", "live", "ready", "new"}
    assert await end_idle(store, sparing={"live"}) == 0


async def test_names_go_with_the_conference(store: Store) -> None:
    await store.add_conference(record("visited"))
    await visit(store, "visited", entered=LONG_AGO, left=LONG_AGO)
    await end_idle(store)
    assert await store.participant("visited", "p-visited") is None
    ended = await store.conference("visited")
    assert ended is not None
    assert ended.ended_at == NOW


async def test_many_are_ended_in_portions(store: Store) -> None:
    for number in range(5):
        await store.add_conference(record(f"unused{number}"))
    assert [await end_idle(store, limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_what_ended_long_ago_is_forgotten(store: Store) -> None:
    for name, at in (("old", LONG_AGO), ("recent", LATELY)):
        await store.add_conference(record(name))
        await store.record(name, [e.ConferenceEnded()], at=at)
    await store.add_conference(record("open"))
    assert await store.forget_ended(before=BEFORE) == 1
    assert await store.conference("old") is None
    assert await store.conference("recent") is not None
    assert await open_ones(store) == {"open"}
