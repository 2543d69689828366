"""A registry with a fake pool, a real store and fake time, that can be stopped and started again."""

from __future__ import annotations

import asyncio

from mcu.config import Conference as ConferenceSection
from mcu.config import Config
from mcu.controller.doors import ByLink, Created, Person
from mcu.controller.registry import Registry
from mcu.store.store import Store
from tests.fakes.pool import FakeMember, FakePool

GRACE = 30.0


class World:
    """A registry that can be stopped and started again over the same database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = 1_000.0
        self.config = Config(conference=ConferenceSection(max_participants=3, grace_seconds=GRACE))
        self.restart()

    def restart(self) -> None:
        self.pool = FakePool()
        self.registry = Registry(store=self.store, pool=self.pool, config=self.config, clock=lambda: self.now)

    async def enter(self, created: Created, name: str, **person: object) -> tuple[str, FakeMember]:
        member = FakeMember()
        door = ByLink(created.link)
        _, participant = await self.registry.enter(door, Person(name=name, **person), member)  # type: ignore[arg-type]
        return participant, member


async def settle() -> None:
    """Let the tasks run that wait for nothing but each other."""
    for _ in range(20):
        await asyncio.sleep(0)
