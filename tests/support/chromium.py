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
    shares_tab: str = "",
) -> AsyncIterator[Page]:
    """A browser of its own with one page; `preload` is the source of a function that runs before any script.

    With `shares_tab`, sharing takes the tab of this title, with its sound, as if a person had chosen it.
    """
    arguments = [*FLAGS, *flags]
    if shares_tab:
        arguments = [flag for flag in arguments if not flag.startswith(("--use-fake-ui", "--auto-select-desktop"))]
        arguments.append(f"--auto-select-tab-capture-source-by-title={shares_tab}")
    if camera is not None:
        arguments.append(f"--use-file-for-fake-video-capture={camera}")
    if microphone is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=arguments, ignore_default_args=["--mute-audio"] if shares_tab else None
        )
        try:
            context = await browser.new_context(
                viewport={"width": 1280, "height": 800}, locale="ko-KR", ignore_https_errors=True
            )
            if shares_tab:
                await context.grant_permissions(["camera", "microphone"])
            page = await context.new_page()
            if preload:
                await page.add_init_script(f"({preload})()")
            yield page
        finally:
            await browser.close()
