"""A page in a meeting, in whichever browser: what it shows and plays, judged by content."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import Error as PageError

from mcu.synthetic import picture_code
from tests.support.media import TONES

HEARD = 25.0  # dB of a tone over the noise beside it
LOADS = 4  # of a page, at most
MEASURES = ("x", "y", "width", "height")  # of a tile
REMOVED = 30.0  # dB by which a tone that must not be heard lies below those that are

# Runs before the page's own scripts: remembers what the server said, and how the composite went on.
RECORDER = """() => {
  window.told = { tiles: null, entered: null, types: [], answers: 0 };
  const Original = window.WebSocket;
  window.WebSocket = class extends Original {
    constructor(...parameters) {
      super(...parameters);
      window.sockets = (window.sockets ?? 0) + 1;
      this.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        window.told.types.push(message.type);
        if (message.type === "tiles") window.told.tiles = message;
        if (message.type === "entered") window.told.entered = message;
        if (message.type === "answer") window.told.answers += 1;
      });
    }
  };
}"""
_PICTURE = """(() => {
  const video = document.querySelector("video[data-composite]");
  if (!video || video.readyState < 2 || !video.videoWidth) return null;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return [canvas.toDataURL("image/png"), window.told.tiles];
})()"""
_SPECTRUM = """(async () => {
  const frequencies = %s;
  const media = document.querySelector("video[data-composite]");
  const tracks = media?.srcObject?.getAudioTracks() ?? [];
  if (tracks.length === 0) return null;
  const context = (window.testAudio ??= new AudioContext());
  await context.resume();
  const source = context.createMediaStreamSource(new MediaStream(tracks));
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  source.connect(analyser);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  source.disconnect();
  const width = context.sampleRate / analyser.fftSize;
  const result = {};
  for (const [person, frequency] of Object.entries(frequencies)) {
    const middle = Math.round(frequency / width);
    const peak = Math.max(...bins.slice(middle - 2, middle + 3));
    const beside = [...bins.slice(middle - 20, middle - 8), ...bins.slice(middle + 9, middle + 21)];
    const noise = Math.max(beside.sort((a, b) => a - b)[beside.length >> 1], -110);
    result[person] = Math.max(-200, peak - noise);
  }
  return result;
})()"""

_LOUDNESS = """(async () => {
  const media = document.querySelector("video[data-composite]");
  const tracks = media?.srcObject?.getAudioTracks() ?? [];
  if (tracks.length === 0) return 0;
  const context = (window.testAudio ??= new AudioContext());
  await context.resume();
  const source = context.createMediaStreamSource(new MediaStream(tracks));
  const analyser = new AnalyserNode(context, { fftSize: 16384 });
  source.connect(analyser);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  source.disconnect();
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
})()"""


class Page(Protocol):
    """What Playwright's page and our Firefox page have in common."""

    async def evaluate(self, expression: str, /) -> Any: ...
    async def goto(self, url: str, /) -> Any: ...


class MeetingPage:
    """A browser's page of our client."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def open(self, link: str) -> None:
        """Load the page; again when Chromium gave it up because an interface of a fresh namespace had just come up
        (ERR_NETWORK_CHANGED). It also loads again by itself then, which interrupts what is loading."""
        for attempt in range(LOADS):
            try:
                with contextlib.suppress(PageError):  # the form is what counts, whichever loading brought it
                    await self.page.goto(link)
                await self.until("document.querySelector('.join-form') !== null", 5.0)
            except (TimeoutError, PageError):
                if attempt == LOADS - 1:
                    raise
            else:
                return

    async def preview_shown(self) -> None:
        """Wait until the form has shown a second of one's own camera, as a person sees before pressing the button;
        a browser started this moment is busy with itself until then."""
        await self.until("document.querySelector('.preview video')?.currentTime > 1")

    async def join(self, name: str, office: str, *, watch_only: bool = False, chair_key: str = "") -> float:
        """Fill in the form and press the button; the monotonic time at which it was pressed."""
        await self.until("document.querySelector('.join-form') !== null")
        fields = {"name": name, "office": office} | ({"chairKey": chair_key} if chair_key else {})
        for field, text in fields.items():
            await self.page.evaluate(
                f"(() => {{ const input = document.querySelector('#join-{field}'); input.value = {text!r};"
                " input.dispatchEvent(new Event('input', { bubbles: true })); return true; })()"
            )
        if watch_only:
            await self.page.evaluate("(() => { document.querySelector('#watch-only').click(); return true; })()")
        begin = time.monotonic()
        await self.page.evaluate("(() => { document.querySelector('.join-form [type=submit]').click(); return 1; })()")
        return begin

    async def picture(self) -> tuple[NDArray[np.uint8], list[dict[str, Any]]] | None:
        """(luma plane, tiles) of the composite shown now."""
        found = await self.page.evaluate(_PICTURE)
        if found is None or found[1] is None:
            return None
        luma = luma_of(found[0])
        return luma, _as_shown(found[1], luma.shape[1])

    async def colours(self) -> tuple[NDArray[np.uint8], list[dict[str, Any]]] | None:
        """(RGB of shape (height, width, 3), tiles) of the composite shown now."""
        found = await self.page.evaluate(_PICTURE)
        if found is None or found[1] is None:
            return None
        colours = np.asarray(image_of(found[0]).convert("RGB"))
        return colours, _as_shown(found[1], colours.shape[1])

    async def loudness(self) -> float:
        """Root mean square of what is heard, over a moment; full scale is 1."""
        return float(await self.page.evaluate(_LOUDNESS))

    async def people(self) -> list[int | None]:
        """The person code in each tile, in tile order; [] before the first picture."""
        return [code.person if code else None for code in await self.codes()]

    async def codes(self) -> list[picture_code.Code | None]:
        """Person and frame in each tile; a frame number that changes is a picture that moves."""
        found = await self.picture()
        return codes_in_tiles(*found, found[0].shape[1]) if found else []

    async def tones(self) -> dict[int, float]:
        """dB of each person's tone over the noise beside it."""
        found = await self.page.evaluate(_SPECTRUM % repr(TONES))
        return {int(person): level for person, level in (found or {}).items()}

    async def hears(self, others: set[int], *, not_: set[int]) -> bool:
        """Whether the tones of `others` are there and those of `not_` are not."""
        levels = await self.tones()
        if not levels:
            return False
        weakest = min(levels[other] for other in others)
        return weakest > HEARD and all(levels[absent] < weakest - REMOVED for absent in not_)

    async def until(self, expression: str, seconds: float = 15.0) -> None:
        """Wait until a JavaScript expression is true."""
        await until(lambda: self.page.evaluate(f"Boolean({expression})"), seconds, what=expression)


async def until(condition: Callable[[], Any], seconds: float = 15.0, *, what: str = "") -> float:
    """Poll an awaitable condition until it holds; monotonic time when it did. Raises TimeoutError, saying what."""
    try:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.03)
    except TimeoutError:
        raise TimeoutError(f"not within {seconds} s: {what}") from None
    return time.monotonic()


def luma_of(data_url: str) -> NDArray[np.uint8]:
    """Luma plane of a PNG data URL, shape (height, width)."""
    return np.asarray(image_of(data_url).convert("L"))


def image_of(data_url: str) -> Image.Image:
    """The picture in a PNG data URL."""
    return Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2])))


def people_in_tiles(luma: NDArray[np.uint8], tiles: Sequence[dict[str, Any]], width: int) -> list[int | None]:
    """The person code found in each tile of a composite `width` pixels wide, None where there is none.

    The luma plane may be that of a smaller rung.
    """
    return [code.person if code else None for code in codes_in_tiles(luma, tiles, width)]


def codes_in_tiles(
    luma: NDArray[np.uint8], tiles: Sequence[dict[str, Any]], width: int
) -> list[picture_code.Code | None]:
    """The code found in each tile, None where there is none."""
    windows = (picture_code.covering(tile["x"], tile["y"], tile["width"], tile["height"]) for tile in tiles)
    return [picture_code.read(luma, window.scaled(luma.shape[1] / width)) for window in windows]


def _as_shown(layout: dict[str, Any], width: int) -> list[dict[str, Any]]:
    """The tiles of a layout in pixels of a picture that may be of a smaller rung."""
    scale = width / layout["width"]
    return [tile | {name: round(tile[name] * scale) for name in MEASURES} for tile in layout["tiles"]]
