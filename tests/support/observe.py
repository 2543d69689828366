"""What a page shows and plays, judged by content: codes in tiles, tones in the sound."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mcu.synthetic import picture_code
from tests.support.media import TONES

# Evaluates to the newest decoded picture of the page's composite as a PNG data URL, or null before the first.
PICTURE = """(() => {
  const video = [...document.querySelectorAll("video")].find(
    (v) => v.videoWidth >= 640 && v.srcObject && v.srcObject.getVideoTracks().some((t) => t.muted === false && t.remote !== false)
      && v.dataset.composite !== undefined);
  if (!video) return null;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return canvas.toDataURL("image/png");
})()"""
FRAMES = """(() => {
  const video = document.querySelector("video[data-composite]");
  return video ? video.getVideoPlaybackQuality().totalVideoFrames : 0;
})()"""


def tones(decibels: Mapping[str, float]) -> dict[int, float]:
    """Level of each person's tone, from the answer of `spectrum_script`."""
    return {int(person): level for person, level in decibels.items()}


def spectrum_script() -> str:
    """JavaScript: level in dB of each person's tone over the noise beside it, in what the page plays now."""
    return f"""(async () => {{
      const frequencies = {TONES!r};
      const media = document.querySelector("audio[data-composite], video[data-composite]");
      if (!media || !media.srcObject || media.srcObject.getAudioTracks().length === 0) return null;
      const context = window.testAudio ??= new AudioContext();
      await context.resume();
      const source = context.createMediaStreamSource(new MediaStream(media.srcObject.getAudioTracks()));
      const analyser = new AnalyserNode(context, {{ fftSize: 8192, smoothingTimeConstant: 0 }});
      source.connect(analyser);
      await new Promise((resolve) => setTimeout(resolve, 400));
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      source.disconnect();
      const width = context.sampleRate / analyser.fftSize;
      const result = {{}};
      for (const [person, frequency] of Object.entries(frequencies)) {{
        const middle = Math.round(frequency / width);
        const peak = Math.max(...bins.slice(middle - 2, middle + 3));
        const beside = [...bins.slice(middle - 20, middle - 8), ...bins.slice(middle + 9, middle + 21)];
        result[person] = peak - beside.sort((a, b) => a - b)[beside.length >> 1];
      }}
      return result;
    }})()"""


def luma_of(data_url: str) -> NDArray[np.uint8]:
    """Luma plane of a PNG data URL, shape (height, width)."""
    png = base64.b64decode(data_url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def people_in_tiles(luma: NDArray[np.uint8], tiles: list[dict[str, Any]]) -> list[int | None]:
    """The person code found in each tile, None where there is none."""
    found: list[int | None] = []
    for tile in tiles:
        window = picture_code.covering(tile["x"], tile["y"], tile["width"], tile["height"])
        code = picture_code.read(luma, window)
        found.append(code.person if code else None)
    return found
