"""Cameras and microphones for real browsers: a machine-readable person code and a pure tone, made on the fly."""

from __future__ import annotations

import base64
import wave
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mcu.synthetic import picture_code

WIDTH, HEIGHT, FPS = 640, 360, 15
SECONDS = 2  # Chromium loops both files; whole periods of every tone below fit
RATE = 48_000
TONES = {1: 500.0, 2: 900.0, 3: 1_700.0, 4: 2_600.0}  # Hz by person; no one is near a harmonic of another
BACKGROUNDS = {1: (170, 70, 60), 2: (60, 120, 170), 3: (70, 150, 80), 4: (150, 110, 40)}


def camera_picture(person: int, frame: int) -> NDArray[np.uint8]:
    """RGB of shape (HEIGHT, WIDTH, 3): a coloured room, the code, and a bar that moves."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = BACKGROUNDS[person]
    left = frame * 16 % (WIDTH - 40)
    picture[HEIGHT // 2 : HEIGHT // 2 + 40, left : left + 40] = 255
    picture_code.paint(picture, picture_code.Code(person, frame))
    return picture


def camera_file(path: Path, person: int) -> Path:
    """A YUV4MPEG2 file for --use-file-for-fake-video-capture."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420mpeg2\n".encode())
        for frame in range(FPS * SECONDS):
            ycbcr = np.asarray(Image.fromarray(camera_picture(person, frame)).convert("YCbCr"))
            file.write(b"FRAME\n" + ycbcr[:, :, 0].tobytes())
            for plane in (1, 2):
                file.write(ycbcr[::2, ::2, plane].tobytes())
    return path


def microphone_file(path: Path, person: int) -> Path:
    """A WAV file for --use-file-for-fake-audio-capture."""
    seconds = np.arange(RATE * SECONDS) / RATE
    samples = (0.3 * 32767 * np.sin(2 * np.pi * TONES[person] * seconds)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def fake_camera_script(person: int) -> str:
    """A JavaScript function that gives a page the same camera, for browsers that take no files.

    The microphone stays the browser's own fake one, unprocessed (Firefox: media.navigator.audio.fake_frequency).
    """
    opaque = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    pictures = [
        base64.b64encode(zlib.compress(np.dstack((camera_picture(person, frame), opaque)).tobytes(), 9)).decode()
        for frame in range(0, FPS, 4)
    ]
    return f"""() => {{
      const packed = {pictures!r};
      const unpack = async (text) => {{
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
        const pixels = new Uint8ClampedArray(await new Response(stream).arrayBuffer());
        return new ImageData(pixels, {WIDTH}, {HEIGHT});
      }};
      const UNPROCESSED = {{ echoCancellation: false, noiseSuppression: false, autoGainControl: false }};
      const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async ({{ audio, video }}) => {{
        const tracks = [];
        if (video) {{
          const canvas = document.createElement("canvas");
          canvas.width = {WIDTH};
          canvas.height = {HEIGHT};
          const context = canvas.getContext("2d");
          const pictures = await Promise.all(packed.map(unpack));
          let count = 0;
          setInterval(() => context.putImageData(pictures[count++ % pictures.length], 0, 0), 66);
          tracks.push(...canvas.captureStream({FPS}).getVideoTracks());
        }}
        if (audio) tracks.push(...(await original({{ audio: UNPROCESSED }})).getAudioTracks());
        return new MediaStream(tracks);
      }};
    }}"""
