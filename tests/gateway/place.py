"""A gateway over real sockets, with a fake pool and a real store, and a conference that can be called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mcu import control
from mcu.config import H323, Config
from mcu.controller.doors import Created
from mcu.gateway.gateway import Gateway
from mcu.gateway.rooms import CallView
from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from mcu.limits import Attempts
from mcu.store.database import open_store
from tests.fakes.world import World

STARTS = [
    CallOptions(tunnelling=tunnelling, fast_start=fast, h245_in_setup=early)
    for tunnelling in (True, False)
    for fast in (True, False)
    for early in (True, False)
]


@dataclass
class Place:
    """A gateway on a loopback port, and a conference."""

    world: World
    gateway: Gateway
    created: Created

    @property
    def address(self) -> Address:
        return Address("127.0.0.1", self.gateway.port)

    @property
    def direct(self) -> str:
        """What leads into the conference without questions."""
        return f"{self.created.number}##{self.created.pin}"

    async def roster(self) -> list[str]:
        snapshot = await self.world.registry.snapshot(self.created.conference)
        return [participant.name for participant in snapshot.roster]

    async def until(self, condition: object) -> None:
        async with asyncio.timeout(10):
            while not condition():  # type: ignore[operator]
                await asyncio.sleep(0.005)

    async def empty(self) -> None:
        async with asyncio.timeout(10):
            while await self.roster():
                await asyncio.sleep(0.005)

    def told(self) -> control.UpdateRtpLeg | None:
        """What the MP was told last of a leg's channels."""
        updates = self.world.pool.of(control.UpdateRtpLeg)
        return updates[-1] if updates else None  # type: ignore[return-value]


@asynccontextmanager
async def opened(folder: Path, section: H323) -> AsyncIterator[Place]:
    """A gateway with these settings and a fresh conference."""
    async with open_store(f"sqlite+aiosqlite:///{folder / 'mcu.sqlite3'}") as store:
        world = World(store)
        running = asyncio.ensure_future(world.registry.run())
        gateway = Gateway(world.registry, Config(h323=section), attempts=Attempts())
        await gateway.start()
        yield Place(world, gateway, await world.registry.create_conference(title="회의"))
        await gateway.close()
        await world.registry.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def both_ways(update: control.UpdateRtpLeg | None) -> bool:
    """Whether sound and picture are open in both directions."""
    open_now = {(c.direction, c.kind) for c in update.channels} if update is not None else set()
    return open_now >= {(way, kind) for way in ("sent", "received") for kind in ("audio", "main")}


async def dialled(place: Place, to: Address, **names: str) -> tuple[str, list[CallView]]:
    views: list[CallView] = []
    call = await place.gateway.call(
        place.created.conference,
        str(to),
        name=names.get("name", ""),
        office=names.get("office", ""),
        changed=views.append,
    )
    return call, views


async def let_loop_turn(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def nothing_left(place: Place) -> None:
    """No call, no count, no bridge of an entrance, and nobody expected; the last request may still be on its way."""
    gateway, pool = place.gateway, place.world.pool

    def ended() -> bool:
        last = {conference: body for conference, body in pool.requests if conference.startswith("entrance.")}
        taken = {body.leg for _, body in pool.requests if isinstance(body, control.AddRtpLeg)}
        removed = {body.leg for _, body in pool.requests if isinstance(body, control.RemoveLeg)}
        closed = all(isinstance(body, control.CloseBridge) for body in last.values())
        return closed and {leg for leg in taken if not leg.startswith("entrance.")} <= removed

    assert not gateway.calls
    assert gateway.callers.count == 0
    assert gateway.failures == 0
    await place.until(ended)
