"""What is encoded by contenders that neither compose nor mix: real composites and mixes, made before measuring.

Also the reference to which a decoded composite or mix is compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np
from av.video.frame import VideoFrame

from mcu._native.opus import OpusDecoder
from mcu.bench.media import Source, content_source, sources
from mcu.bench.tiling import Tiling, lines_asked
from mcu.bench.workload import Workload, speakers_at
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, VIDEO_CLOCK_RATE, AudioBlock, EncodedFrame, Picture
from mcu.media.video_codecs import VideoDecoder
from mcu.mixer.compositor import Compositor

COMPOSITE_SECONDS = 4.0  # as long as the loops of those who listen, so that hardly anybody jumps when it begins anew

Shown = dict[tuple[str, bool], Picture]


class Camera:
    """The pictures of one source, decoded as time goes on. `lines` as `Source.picture` has it."""

    def __init__(self, source: Source, *, shared: bool = False, lines: int = 0) -> None:
        self.key = (f"p{source.participant}", shared)
        self._lines = lines
        self._source = source
        self._decoder = VideoDecoder(source.performance.listening.codec)
        self._decoded = 0

    def look(self, seconds: float, shown: Shown) -> None:
        """Put the picture that is the newest at `seconds` into `shown`."""
        while self._decoded / self._source.fps <= seconds:
            coded = self._source.picture(self._decoded, lines=self._lines)
            timestamp = self._decoded * VIDEO_CLOCK_RATE // self._source.fps & 0xFFFFFFFF
            frame = EncodedFrame(self._source.performance.listening.codec, coded.data, timestamp, coded.keyframe)
            picture = self._decoder.decode(frame)
            if picture is not None:
                shown[self.key] = picture
            self._decoded += 1


def cameras(workload: Workload, *, told: bool = False) -> list[Camera]:
    """One for each tile, the shared screen included. `told`: what they send is what the server asks for."""
    wanted = {(tile.participant, tile.content) for tile in Tiling(workload).tiles()}
    lines = lines_asked(workload) if told else {}
    found = [Camera(source, lines=lines.get(f"p{source.participant}", 0)) for source in sources(workload)]
    shared = content_source(workload)
    if shared is not None:
        found.append(Camera(shared, shared=True))
    return [camera for camera in found if camera.key in wanted]


def composites(workload: Workload, *, seconds: float = COMPOSITE_SECONDS) -> list[VideoFrame]:
    """What the server's own compositor makes of the streams, frame by frame, each in memory of its own."""
    tiling, shown = Tiling(workload), Shown()
    tiles, seen = tiling.tiles(), cameras(workload)
    compositor = Compositor(workload.composite.width, workload.composite.height)
    made: list[VideoFrame] = []
    for index in range(round(seconds * workload.composite.fps)):
        now = index / workload.composite.fps
        for camera in seen:
            camera.look(now, shown)
        compositor.compose(tiles, tiling.styles(now), shown)
        made.append(av.VideoFrame.from_ndarray(compositor.frame.to_ndarray(), format="yuv420p"))
    return made


class Mixes:
    """The sum of all that is said in `seconds`, and the same without one voice."""

    def __init__(self, people: Sequence[Source], *, seconds: float = COMPOSITE_SECONDS) -> None:
        self._count = round(seconds / BLOCK_SECONDS)
        workload = people[0].workload
        heard = {who for index in range(self._count) for who in speakers_at(workload, index * BLOCK_SECONDS)}
        self._voices = [self._voice(source) for source in people if source.participant in heard]
        self._total = np.sum(self._voices, axis=0, dtype=np.float32) if self._voices else self._silence()

    def without(self, voice: int) -> list[AudioBlock]:
        """Blocks of the sum without the `voice`-th of those who speak; of the whole sum where there is none."""
        mix = self._total - self._voices[voice] if voice < len(self._voices) else self._total
        return list(np.clip(mix, -1.0, 1.0))

    def _voice(self, source: Source) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        decoder, workload = OpusDecoder(), source.workload
        voice = self._silence()
        for index in range(self._count):
            block = decoder.decode(source.packet(index))
            if source.participant in speakers_at(workload, index * BLOCK_SECONDS):
                voice[index] = block
        return voice

    def _silence(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.zeros((self._count, BLOCK_SAMPLES), np.float32)
