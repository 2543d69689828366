"""`python -m tests.support.long_run LINK OUT.csv [HOURS]`: a real Chromium in a meeting, and each minute what it holds.

For two hours with `mcu demo --participants 4`: heap after its garbage is gone, nodes and listeners of the page, memory
and CPU of the browser's processes, pictures shown, and what the status line says. Each row is on disk at once.
"""

from __future__ import annotations

import asyncio
import csv
import os
import sys
import time
from pathlib import Path

from playwright.async_api import CDPSession, Page

from tests.support.chromium import chromium

EVERY_SECONDS = 60.0
HOURS = 2.0
COLUMNS = (
    "minute",
    "heap_bytes",
    "nodes",
    "listeners",
    "browser_rss_bytes",
    "browser_cpu_seconds",
    "pictures",
    "people",
    "status",
)
PICTURES = """() => document.querySelector("video[data-composite]")?.getVideoPlaybackQuality().totalVideoFrames ?? 0"""
PEOPLE = """() => document.querySelectorAll(".tiles li").length"""


async def run(link: str, out: Path, hours: float) -> None:
    """Join, and sample until the time is over."""
    async with chromium() as page:
        await page.goto(link)
        await page.get_by_label("이름", exact=True).fill("오래 있는 사람")
        await page.get_by_role("button", name="참가하기").click()
        await page.locator(".toolbar").wait_for(timeout=60_000)
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        begin = time.monotonic()
        with out.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            while (minute := (time.monotonic() - begin) / 60) <= hours * 60:
                table.writerow((f"{minute:.1f}", *await sample(page, session)))
                file.flush()
                await asyncio.sleep(EVERY_SECONDS)


async def sample(page: Page, session: CDPSession) -> tuple[object, ...]:
    """One row, without its time."""
    for _ in range(2):  # the first frees what the second finds
        await session.send("HeapProfiler.collectGarbage")
    answer = await session.send("Performance.getMetrics")
    found = {one["name"]: int(one["value"]) for one in answer["metrics"]}
    rss, cpu = of_processes(descendants(os.getpid()))
    return (
        found["JSHeapUsedSize"],
        found["Nodes"],
        found["JSEventListeners"],
        rss,
        round(cpu, 1),
        await page.evaluate(PICTURES),
        await page.evaluate(PEOPLE),
        await page.locator(".status").inner_text(),
    )


def descendants(pid: int) -> list[int]:
    """Processes below `pid`."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def of_processes(pids: list[int]) -> tuple[int, float]:
    """Resident bytes and CPU seconds of all together; one that ended meanwhile counts nothing."""
    rss, ticks = 0, 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += int(fields[11]) + int(fields[12])
        rss += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return rss, ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else HOURS))
