"""What a call from the command line received, for somebody to hear and look at: sound as WAV, pictures as PNG."""

from __future__ import annotations

import contextlib
import tempfile
import time
import wave
from pathlib import Path

import numpy as np
from av import VideoFrame
from PIL import Image

from mcu.errors import ConfigurationError
from mcu.media.types import SAMPLE_RATE, AudioBlock, EncodedFrame, Picture, StreamKind
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic.room import SyntheticRoom

SOUND = "sound.wav"
PICTURES = {StreamKind.MAIN: "picture.png", StreamKind.CONTENT: "content.png"}
ASK_SECONDS = 1.0  # between two requests for a picture that needs no other
FULL_SCALE = 32_767


class Recording:
    """Made before the call, `write` after it: without a call, nothing is left in the folder, nor the folder.

    Raises ConfigurationError when nothing can be written to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._decoders: dict[StreamKind, tuple[str, VideoDecoder]] = {}
        self._last: dict[StreamKind, Picture] = {}
        self._asked = 0.0
        try:
            _try(folder)
        except OSError as error:
            raise ConfigurationError(
                f"--save {folder}: {error.strerror}. 다른 폴더를 고르십시오 · Choose a folder that can be written."
            ) from error

    def watch(self, room: SyntheticRoom) -> None:
        """Keep the last picture of each stream that comes."""
        room.watch(lambda kind, frame: self._take(room, kind, frame))

    def _take(self, room: SyntheticRoom, kind: StreamKind, frame: EncodedFrame) -> None:
        codec, decoder = self._decoders.get(kind, ("", None))
        if decoder is None or codec != frame.codec:
            decoder = VideoDecoder(frame.codec)
            self._decoders[kind] = frame.codec, decoder
        picture = decoder.decode(frame)
        if picture is not None:
            self._last[kind] = picture
        elif decoder.needs_keyframe and room.leg is not None and (now := time.monotonic()) - self._asked > ASK_SECONDS:
            self._asked = now
            room.keyframe_needed(room.leg, kind)

    def write(self, heard: AudioBlock) -> list[Path]:
        """The files that were written. Raises ConfigurationError."""
        written = [self._folder / SOUND]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with wave.open(str(written[0]), "wb") as sound:
                sound.setnchannels(1)
                sound.setsampwidth(2)
                sound.setframerate(SAMPLE_RATE)
                sound.writeframes((np.clip(heard, -1, 1) * FULL_SCALE).astype("<i2").tobytes())
            for kind, picture in self._last.items():
                Image.fromarray(_rgb(picture)).save(self._folder / PICTURES[kind])
                written.append(self._folder / PICTURES[kind])
        except OSError as error:
            raise ConfigurationError(f"--save {self._folder}: {error.strerror or error}.") from error
        return written


def _try(folder: Path) -> None:
    """Raises OSError when no sound could be written to the folder, and leaves everything as it was."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        if (folder / SOUND).exists():
            (folder / SOUND).open("r+b").close()
    finally:
        for each in missing:
            with contextlib.suppress(OSError):  # it was not made, or somebody has put something into it
                each.rmdir()


def _rgb(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A last odd row or column is left out."""
    height, width = (side // 2 * 2 for side in picture.y.shape)
    planes = picture.y[:height, :width], *(p[: height // 2, : width // 2] for p in (picture.u, picture.v))
    stacked = np.concatenate([np.ascontiguousarray(plane).reshape(-1) for plane in planes])
    frame = VideoFrame.from_ndarray(stacked.reshape(height * 3 // 2, width), format="yuv420p")
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
