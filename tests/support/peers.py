"""Stock aiortc peer connections as participants: a coded camera, a tone, and what they received."""

from __future__ import annotations

import asyncio
import fractions
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from numpy.typing import NDArray

from tests.support.media import FPS, TONES, camera_picture

RATE = 48_000
BLOCK = 960
KEPT_SECONDS = 4.0


class CodedCamera(MediaStreamTrack):
    """Pictures with a person's code, at FPS."""

    kind = "video"

    def __init__(self, person: int) -> None:
        super().__init__()
        self._person = person
        self._frame = 0
        self._begin = time.monotonic()
        self._pictures = [av.VideoFrame.from_ndarray(camera_picture(person, n), format="rgb24") for n in range(FPS)]
        self._pictures = [picture.reformat(format="yuv420p") for picture in self._pictures]

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(max(0.0, self._begin + self._frame / FPS - time.monotonic()))
        picture = self._pictures[self._frame % len(self._pictures)]
        picture.pts = self._frame * 90_000 // FPS
        picture.time_base = fractions.Fraction(1, 90_000)
        self._frame += 1
        return picture


class Tone(MediaStreamTrack):
    """A person's tone in blocks of 20 ms."""

    kind = "audio"

    def __init__(self, person: int) -> None:
        super().__init__()
        self._frequency = TONES[person]
        self._block = 0
        self._begin = time.monotonic()

    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(max(0.0, self._begin + self._block * BLOCK / RATE - time.monotonic()))
        samples = (np.arange(BLOCK) + self._block * BLOCK) * (2 * np.pi * self._frequency / RATE)
        data = (0.3 * 32767 * np.sin(samples)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(data[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self._block * BLOCK
        frame.time_base = fractions.Fraction(1, RATE)
        self._block += 1
        return frame


class Peer:
    """One participant; `picture` and `sound` are what was decoded."""

    def __init__(self, person: int) -> None:
        self.person = person
        self.connection = RTCPeerConnection()
        self.picture: NDArray[np.uint8] | None = None  # newest luma plane
        self.pictures = 0
        self._sound: list[NDArray[np.float32]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.connection.on("track", self._on_track)

    @property
    def sound(self) -> NDArray[np.float32]:
        """The last seconds, mono, 48 kHz."""
        return np.concatenate(self._sound) if self._sound else np.zeros(0, np.float32)

    async def offer(self, codecs: tuple[str, ...] = ()) -> str:
        """An SDP offer with camera and microphone; `codecs` limits video, such as ("video/H264",)."""
        self.connection.addTransceiver(Tone(self.person), direction="sendrecv")
        video = self.connection.addTransceiver(CodedCamera(self.person), direction="sendrecv")
        if codecs:
            from aiortc import RTCRtpSender

            capabilities = RTCRtpSender.getCapabilities("video").codecs
            video.setCodecPreferences([codec for codec in capabilities if codec.mimeType in codecs])
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def tones(self) -> dict[int, float]:
        """Each person's tone in the last half second: dB over the median of the spectrum."""
        tail = self.sound[-RATE // 2 :]
        if len(tail) < RATE // 2:
            return {}
        spectrum = 20 * np.log10(np.abs(np.fft.rfft(tail * np.hanning(len(tail)))) + 1e-9)
        floor = float(np.median(spectrum))
        bins = {person: round(frequency * len(tail) / RATE) for person, frequency in TONES.items()}
        return {person: float(spectrum[b - 2 : b + 3].max()) - floor for person, b in bins.items()}

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.ensure_future(self._consume(track)))

    async def _consume(self, track: Any) -> None:
        from aiortc.mediastreams import MediaStreamError

        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if track.kind == "video":
                plane = frame.planes[0]
                rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
                self.picture = rows[: frame.height, : frame.width].copy()
                self.pictures += 1
            else:
                data = frame.to_ndarray().reshape(-1).astype(np.float32) / 32768
                self._sound.append(data[::2] if frame.layout.name == "stereo" else data)
                del self._sound[: -int(KEPT_SECONDS * RATE / BLOCK)]

    async def ask_for_keyframe(self) -> None:
        """As browsers do when their picture stands; aiortc itself asks 512 packets after a loss: half a minute here."""
        for receiver in self.connection.getReceivers():
            if receiver.track is not None and receiver.track.kind == "video":
                for source in receiver.getSynchronizationSources():
                    await receiver._send_rtcp_pli(source.source)

    async def close(self) -> None:
        await self.connection.close()
        for task in self._tasks:
            task.cancel()


@asynccontextmanager
async def peers(*people: int) -> AsyncIterator[list[Peer]]:
    """Peers that are closed at the end."""
    made = [Peer(person) for person in people]
    try:
        yield made
    finally:
        for peer in made:
            await peer.close()
