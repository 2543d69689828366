"""A sound card that is not there: without one, Firefox runs no AudioContext and nothing can be listened to."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

START_SECONDS = 10.0


@asynccontextmanager
async def silent_sound_server() -> AsyncIterator[str]:
    """The address (PULSE_SERVER) of a PulseAudio whose only sink throws everything away."""
    with tempfile.TemporaryDirectory(prefix="pulse") as folder:
        socket = Path(folder) / "native"
        process = await asyncio.create_subprocess_exec(
            "pulseaudio",
            *("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=error"),
            *("-L", "module-null-sink", "-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"),
            env={"HOME": folder, "XDG_RUNTIME_DIR": folder, "PULSE_RUNTIME_PATH": folder, "PATH": "/usr/bin:/bin"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                while not socket.exists():
                    await asyncio.sleep(0.02)
            yield f"unix:{socket}"
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
