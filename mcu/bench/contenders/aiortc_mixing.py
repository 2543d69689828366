"""A mixing server as one writes it with aiortc: the server side of `aiortc_server`, in a process of its own.

    python -m mcu.bench.contenders.aiortc_mixing WORKLOAD_JSON

Every line of its input is an `Offer`, answered by a line with an `Answer`; the end of its input ends it.

It is written in good faith, with what aiortc offers: a connection for each participant, `recv` of each track, PyAV to
scale a picture when it comes, numpy to put it into the composite and to add voices, a relay that hands one composite to
all. Pictures stay in the encoder's own format, so that nothing is converted. What cannot be had from stock aiortc is
not done: each connection encodes for itself, and packets are made and encrypted in Python.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from fractions import Fraction

import msgspec
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs import h264, vpx
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame
from numpy.typing import NDArray

from mcu.bench.contenders.aiortc_messages import Answer, Offer
from mcu.bench.contenders.panes import Pane, panes
from mcu.bench.workload import Composite, Workload, from_json
from mcu.lifetime import die_with_parent

RATE, BLOCK = 48_000, 960  # Hz; samples: aiortc's Opus decoder gives 20 ms of both channels, interleaved
CHANNELS = 2
MAX_WAITING = 5  # blocks of a voice that wait for the mixer: a tenth of a second
BLACK = (16, 128, 128)

Samples = NDArray[np.int16]
Planes = list[NDArray[np.uint8]]


class PictureMixer(MediaStreamTrack):
    """The composite, as a track that is relayed to everybody."""

    kind = "video"

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        composite = workload.composite
        self._panes = {pane.participant: pane for pane in panes(workload) if not pane.content}
        self._composite = composite
        self._frame = np.empty((composite.height * 3 // 2, composite.width), np.uint8)
        self._canvas = _planes(self._frame, composite)
        for plane, level in zip(self._canvas, BLACK, strict=True):
            plane[:] = level
        self._begin = 0.0
        self._tick = 0

    async def take(self, participant: int, track: MediaStreamTrack) -> None:
        """Put every picture of `track` where it belongs, until the track ends."""
        pane = self._panes.get(participant)
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if pane is not None and isinstance(frame, VideoFrame):
                self._put(pane, frame)

    async def recv(self) -> VideoFrame:
        """The composite as it is at the next tick; ticks that are over are left out."""
        now = time.monotonic()
        self._begin = self._begin or now
        fps = self._composite.fps
        self._tick = max(self._tick + 1, int((now - self._begin) * fps))
        await asyncio.sleep(self._begin + self._tick / fps - now)
        frame = VideoFrame.from_ndarray(self._frame, format="yuv420p")
        frame.pts, frame.time_base = self._tick, Fraction(1, fps)
        return frame

    def _put(self, pane: Pane, frame: VideoFrame) -> None:
        """Scale so that the pane is covered, and cut what is too much."""
        scale = max(pane.width / frame.width, pane.height / frame.height)
        width, height = (round(side * scale / 2) * 2 for side in (frame.width, frame.height))
        scaled = frame.reformat(width=max(width, pane.width), height=max(height, pane.height), format="yuv420p")
        left, top = (
            (have - want) // 4 * 2 for have, want in ((scaled.width, pane.width), (scaled.height, pane.height))
        )
        for index, plane in enumerate(scaled.planes):
            half = 1 if index == 0 else 2
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            x, y, across, down = (side // half for side in (pane.x, pane.y, pane.width, pane.height))
            cut = rows[top // half : top // half + down, left // half : left // half + across]
            self._canvas[index][y : y + down, x : x + across] = cut


class Ear(MediaStreamTrack):
    """What one participant hears: everybody else."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._blocks: asyncio.Queue[tuple[int, Samples]] = asyncio.Queue(MAX_WAITING)

    def hear(self, tick: int, block: Samples) -> None:
        if not self._blocks.full():
            self._blocks.put_nowait((tick, block))

    async def recv(self) -> AudioFrame:
        tick, block = await self._blocks.get()
        frame = AudioFrame.from_ndarray(block[np.newaxis], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, tick * BLOCK, Fraction(1, RATE)
        return frame


class SoundMixer:
    """All voices added up every 20 ms, and each one taken out again for its owner."""

    def __init__(self) -> None:
        self._voices: dict[int, deque[Samples]] = {}
        self._ears: dict[int, Ear] = {}

    def listen(self, participant: int) -> Ear:
        ear = self._ears[participant] = Ear()
        self._voices[participant] = deque(maxlen=MAX_WAITING)
        return ear

    async def take(self, participant: int, track: MediaStreamTrack) -> None:
        """Keep every block of `track` for the mixing, until the track ends."""
        voice = self._voices[participant]
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, AudioFrame) and frame.samples == BLOCK:
                voice.append(frame.to_ndarray()[0])

    async def run(self) -> None:
        """Mix for ever."""
        begin, tick = time.monotonic(), 0
        while True:
            tick = max(tick + 1, int((time.monotonic() - begin) * RATE / BLOCK))
            await asyncio.sleep(begin + tick * BLOCK / RATE - time.monotonic())
            blocks = {who: voice.popleft() for who, voice in self._voices.items() if voice}
            total = sum((block.astype(np.int32) for block in blocks.values()), np.zeros(BLOCK * CHANNELS, np.int32))
            for who, ear in self._ears.items():
                ear.hear(tick, without(total, blocks.get(who)))


def without(total: NDArray[np.int32], own: Samples | None) -> Samples:
    """The sum of all voices less one's own, as loud as fits."""
    mix = total if own is None else total - own
    return np.clip(mix, -32768, 32767).astype(np.int16)


class Server:
    """One conference."""

    def __init__(self, workload: Workload, group: asyncio.TaskGroup) -> None:
        self._pictures = PictureMixer(workload)
        self._sounds = SoundMixer()
        self._relay = MediaRelay()
        self._sends_pictures = not workload.audio_only
        self._connections: list[RTCPeerConnection] = []
        self._group = group
        group.create_task(self._sounds.run())

    async def join(self, offer: Offer) -> Answer:
        """Take part in the conference from now on."""
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connections.append(connection)
        who, seen = offer.participant, False

        @connection.on("track")
        def taken(track: MediaStreamTrack) -> None:
            nonlocal seen
            if track.kind == "audio":
                self._group.create_task(self._sounds.take(who, track))
            elif not seen:  # the second one is for shared screens
                seen = True
                self._group.create_task(self._pictures.take(who, track))

        connection.addTrack(self._sounds.listen(who))
        if self._sends_pictures:
            connection.addTrack(self._relay.subscribe(self._pictures))
        await connection.setRemoteDescription(RTCSessionDescription(sdp=offer.sdp, type="offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return Answer(who, connection.localDescription.sdp)

    async def close(self) -> None:
        """Say goodbye to everybody."""
        await asyncio.gather(*(connection.close() for connection in self._connections))


def _planes(frame: NDArray[np.uint8], composite: Composite) -> Planes:
    """Views of the three planes of a yuv420p picture in one array, as PyAV wants it."""
    flat, luma = frame.reshape(-1), composite.width * composite.height
    half = (composite.height // 2, composite.width // 2)
    return [
        flat[:luma].reshape(composite.height, composite.width),
        flat[luma : luma * 5 // 4].reshape(half),
        flat[luma * 5 // 4 :].reshape(half),
    ]


async def _serve(workload: Workload) -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    try:
        async with asyncio.TaskGroup() as group:
            server = Server(workload, group)
            while line := await reader.readline():
                answer = await server.join(msgspec.json.decode(line, type=Offer))
                sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
                sys.stdout.flush()
            await server.close()
            raise _Over
    except* _Over:
        pass


class _Over(Exception):
    """Nobody asks any more."""


def main() -> None:
    """See the top."""
    die_with_parent()
    workload = from_json(sys.argv[1])
    vpx.DEFAULT_BITRATE = h264.DEFAULT_BITRATE = (
        workload.composite.bitrate
    )  # there is no other way to say it before REMB does
    asyncio.run(_serve(workload))


if __name__ == "__main__":
    main()
