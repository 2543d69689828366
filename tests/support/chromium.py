"""Debian's Chromium through Playwright, with files as camera and microphone."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright

EXECUTABLE = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = (
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
    "--no-sandbox",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    "--auto-select-desktop-capture-source=Entire screen",
)


@asynccontextmanager
async def chromium(
    *,
    camera: Path | None = None,
    microphone: Path | None = None,
    flags: Sequence[str] = (),
    preload: str = "",
    program: Path | str = EXECUTABLE,
) -> AsyncIterator[Page]:
    """A browser of its own with one page; `preload` is the source of a function that runs before any script."""
    arguments = [*FLAGS, *flags]
    if camera is not None:
        arguments.append(f"--use-file-for-fake-video-capture={camera}")
    if microphone is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            context = await browser.new_context(
                viewport={"width": 1280, "height": 800}, locale="ko-KR", ignore_https_errors=True
            )
            page = await context.new_page()
            if preload:
                await page.add_init_script(f"({preload})()")
            yield page
        finally:
            await browser.close()
