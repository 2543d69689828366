"""Debian's Firefox over WebDriver BiDi (W3C), without a driver program: pages, scripts, screenshots."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.sound import silent_sound_server

EXECUTABLE = shutil.which("firefox-esr") or shutil.which("firefox") or ""
COMMAND_SECONDS = 30.0
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.gmp-manager.updateEnabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.active-protocols": 1,
}
# Names as in UI Events, values as WebDriver wants them.
KEYS = {
    "Shift": "\ue008",
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Space": " ",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}


class BidiError(Exception):
    """Firefox refused a command, or a script in the page threw."""


class FirefoxPage:
    """One tab."""

    def __init__(self, session: _Session, context: str) -> None:
        self._session = session
        self._context = context

    async def goto(self, url: str) -> None:
        await self._session.command(
            "browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"}
        )

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression (awaited), which must be JSON. Raises BidiError when it throws."""
        result = await self._session.command(
            "script.evaluate",
            {
                "expression": f"(async () => JSON.stringify(await ({expression})))()",
                "target": {"context": self._context},
                "awaitPromise": True,
                "userActivation": True,
            },
        )
        if result["type"] == "exception":
            raise BidiError(result["exceptionDetails"]["text"])
        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    async def press(self, *keys: str) -> None:
        """Hold the keys down in this order and let them go in the other, as a person does."""
        values = [KEYS.get(key, key) for key in keys]
        actions = [{"type": "keyDown", "value": value} for value in values]
        actions += [{"type": "keyUp", "value": value} for value in reversed(values)]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        await self._session.command("input.performActions", {"context": self._context, "actions": [source]})

    async def screenshot(self, path: Path) -> None:
        result = await self._session.command("browsingContext.captureScreenshot", {"context": self._context})
        path.write_bytes(base64.b64decode(result["data"]))


class _Session:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def read(self) -> None:
        async for text in self._connection:
            message = json.loads(text)
            future = self._waiting.pop(message.get("id") or 0, None)
            if future is not None and not future.done():
                future.set_result(message)

    async def command(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        message = await asyncio.wait_for(future, COMMAND_SECONDS)
        if message["type"] != "success":
            raise BidiError(f"{method}: {message.get('error')} {message.get('message')}")
        result: dict[str, Any] = message["result"]
        return result


@asynccontextmanager
async def firefox(
    profile: Path,
    *,
    preload: str = "",
    tone: float = 440.0,
    size: tuple[int, int] = (1280, 800),
    languages: str = "en-US, en",
) -> AsyncIterator[FirefoxPage]:
    """A Firefox of its own with one tab; `preload` is a JavaScript function that runs before any script of a page.

    `tone` is the fake microphone's frequency in Hz; `languages` are what its user reads.
    """
    profile.mkdir(parents=True, exist_ok=True)
    preferences = PREFERENCES | {"media.navigator.audio.fake_frequency": round(tone)}
    preferences["intl.accept_languages"] = languages
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines))
    async with silent_sound_server() as sound:
        process = await asyncio.create_subprocess_exec(
            EXECUTABLE,
            *("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
            *("--width", str(size[0]), "--height", str(size[1])),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={"HOME": str(profile), "MOZ_HEADLESS": "1", "PATH": "/usr/bin:/bin", "PULSE_SERVER": sound},
        )
        try:
            address = await asyncio.wait_for(_bidi_address(process), COMMAND_SECONDS)
            async with connect(f"{address}/session", max_size=1 << 26, ping_interval=None) as connection:
                session = _Session(connection)
                reader = asyncio.ensure_future(session.read())
                drain = asyncio.ensure_future(_drain(process))
                try:
                    await session.command(
                        "session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}}
                    )
                    if preload:
                        await session.command("script.addPreloadScript", {"functionDeclaration": preload})
                    tab = await session.command("browsingContext.create", {"type": "tab"})
                    yield FirefoxPage(session, tab["context"])
                finally:
                    reader.cancel()
                    drain.cancel()
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 10)
                except TimeoutError:
                    process.kill()
                    await process.wait()


async def _bidi_address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    while line := await process.stderr.readline():
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", line.decode(errors="replace"))
        if found:
            return found[1]
    raise BidiError("Firefox ended before it listened")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while await process.stderr.readline():
        pass
