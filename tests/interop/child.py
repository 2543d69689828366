"""A stack under test as a child process: it makes the offer, takes the answer, and hands over what it received.

What the child writes to stdout are frames: one byte of kind, four bytes of length (big-endian), the data.
What it reads from stdin are lines of JSON: {"answer": SDP} and {"restart": true}; the end of stdin ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiortc.codecs import get_decoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket
from numpy.typing import NDArray

from tests.interop.payloads import DEPAYLOADERS

OFFER, STATE, VIDEO_PACKET, AUDIO_PACKET, LUMA, SAMPLES = b"OSVAYP"  # kinds of frames
RATE = 48_000
KEPT_BLOCKS = 200  # of 20 ms
OFFER_SECONDS = 15.0  # for the stack to load on a busy machine
EXIT_SECONDS = 5.0
STDERR_LINES = 30


class Child:
    """`picture` (luma), `pictures` and `sound` are what the stack received; `states` what its connection said."""

    def __init__(self, process: asyncio.subprocess.Process, codec: str) -> None:
        self.picture: NDArray[np.uint8] | None = None
        self.pictures = 0
        self.disorder = 0  # packets whose sequence number was not the next
        self.undecodable = 0  # frames before the first keyframe: a stack may drop what comes while it still sets up
        self.states: list[str] = []
        self.first_picture = self.last_picture = 0.0  # monotonic seconds
        self.longest_pause = 0.0  # seconds between two pictures
        self._process = process
        self._offers: asyncio.Queue[str] = asyncio.Queue(4)
        self._sound: list[NDArray[np.float32]] = []
        self._errors: list[str] = []
        self._video = _Stream(codec, 90_000)
        self._audio = _Stream("opus", RATE)

    @property
    def sound(self) -> NDArray[np.float32]:
        """The last seconds, mono, 48 kHz."""
        return np.concatenate(self._sound) if self._sound else np.zeros(0, np.float32)

    async def offer(self) -> str:
        try:
            return await asyncio.wait_for(self._offers.get(), OFFER_SECONDS)
        except TimeoutError:
            raise AssertionError("no offer:\n" + "\n".join(self._errors)) from None

    async def accept(self, answer: str) -> None:
        await self._tell({"answer": answer})

    async def restart(self) -> str:
        """A new offer that restarts ICE."""
        await self._tell({"restart": True})
        return await self.offer()

    async def end(self) -> None:
        """Close stdin, and wait until the child is gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), EXIT_SECONDS)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _tell(self, message: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        await self._process.stdin.drain()

    async def read_frames(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = await self._process.stdout.readexactly(5)
                self._take(head[0], await self._process.stdout.readexactly(int.from_bytes(head[1:])))

    async def read_errors(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._errors.append(line.decode(errors="replace").rstrip())
            del self._errors[:-STDERR_LINES]

    def _take(self, kind: int, data: bytes) -> None:
        match kind:
            case _ if kind == OFFER:
                self._offers.put_nowait(data.decode())
            case _ if kind == STATE:
                self.states.append(data.decode())
            case _ if kind == VIDEO_PACKET:
                for frame in self._pictures(data):
                    plane = frame.planes[0]
                    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
                    self._show(rows[: frame.height, : frame.width].copy())
                self.disorder = self._video.disorder + self._audio.disorder
            case _ if kind == AUDIO_PACKET:
                for frame in self._audio.decode(data):
                    samples = frame.to_ndarray().reshape(-1)
                    self._hear(samples[::2] if frame.layout.name == "stereo" else samples)
            case _ if kind == LUMA:
                width, height = int.from_bytes(data[:2]), int.from_bytes(data[2:4])
                self._show(np.frombuffer(data, np.uint8, offset=4).reshape(height, width))
            case _ if kind == SAMPLES:
                self._hear(np.frombuffer(data, "<i2"))
            case _:
                raise AssertionError(f"frame of kind {kind}")

    def _pictures(self, data: bytes) -> list[Any]:
        try:
            return self._video.decode(data)
        except av.error.InvalidDataError:
            if self.pictures:
                raise
            self.undecodable += 1
            return []

    def _show(self, luma: NDArray[np.uint8]) -> None:
        now = time.monotonic()
        self.longest_pause = max(self.longest_pause, now - (self.last_picture or now))
        self.first_picture = self.first_picture or now
        self.last_picture = now
        self.picture = luma
        self.pictures += 1

    def _hear(self, samples: NDArray[np.int16]) -> None:
        self._sound.append(samples.astype(np.float32) / 32768)
        del self._sound[:-KEPT_BLOCKS]


class _Stream:
    """RTP packets as the stack decrypted them, decoded by aiortc's codecs. Loopback neither loses nor reorders."""

    def __init__(self, codec: str, clock_rate: int) -> None:
        kind = "audio" if codec == "opus" else "video"
        parameters = RTCRtpCodecParameters(f"{kind}/{codec}", clock_rate, channels=2 if codec == "opus" else None)
        self.disorder = 0
        self._depayload = DEPAYLOADERS[codec]
        self._decoder = get_decoder(parameters)
        self._next: int | None = None
        self._timestamp = 0
        self._parts: list[bytes] = []

    def decode(self, data: bytes) -> list[Any]:
        packet = RtpPacket.parse(data)
        if not packet.payload:
            return []
        if self._next not in (None, packet.sequence_number):
            self.disorder += 1
        self._next = packet.sequence_number + 1 & 0xFFFF
        if packet.timestamp != self._timestamp:
            self._parts.clear()
        self._timestamp = packet.timestamp
        self._parts.append(self._depayload(packet.payload))
        if self._depayload is not bytes and not packet.marker:
            return []
        whole = b"".join(self._parts)
        self._parts.clear()
        return self._decoder.decode(JitterFrame(whole, packet.timestamp))


@asynccontextmanager
async def child(command: Sequence[str], *, codec: str, settings: object) -> AsyncIterator[Child]:
    """The process, its pipes read until the end. `settings` is its last argument, as JSON."""
    process = await asyncio.create_subprocess_exec(
        *command,
        json.dumps(settings),
        cwd=Path(__file__).parent,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    running = Child(process, codec)
    readers = [asyncio.ensure_future(running.read_frames()), asyncio.ensure_future(running.read_errors())]
    try:
        yield running
    except BaseException as error:
        error.add_note("the child said:\n" + "\n".join(running._errors[-STDERR_LINES:]) + f"\nstates {running.states}")
        raise
    finally:
        await running.end()
        for reader in readers:
            await reader
