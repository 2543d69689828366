"""One packet in ten lost each way at 100 ms round trip: speech has no gaps over 60 ms, and the picture moves."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mcu.media.types import BLOCK_SAMPLES
from mcu.synthetic import picture_code
from tests.support.attendees import Attendee, heard_blocks, meeting, until
from tests.support.chromium import chromium
from tests.support.media import camera_file
from tests.support.network import BROWSER_THROUGH, Weather, relay
from tests.support.observe import RECORDER, MeetingPage
from tests.support.server import Server, running_server
from tests.support.speech import levels_of, longest_gap, protected_reels, speech_file

ONE_IN_TEN = Weather(delay=0.05, loss=0.10)
LISTENED = 500  # blocks of 20 ms: ten seconds
WARM_UP = 150  # blocks until reports have told the sender of the loss, and delays have settled
WINDOWS = 3  # tries: a machine so busy that this process itself sends with gaps proves nothing
MAX_LATE = 0.03  # seconds by which a packet may be sent too late here
MAX_GAP = 0.060  # seconds
# Of the 15 pictures a second that are sent, one in five loses a packet. That is noticed with the next and repaired
# a round trip later, and of the pictures that then come at once only the last is shown: two are not, for each loss.
MIN_FPS = 8.0
CARRIED = 2 / 3  # of what a browser sends, where it codes fewer than usual: it lives on the same busy machine
MAX_STALL = 2.0  # seconds: when a repair of a keyframe is lost as well, the next keyframe is a second later


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


def movement(attendee: Attendee, person: int, first: int) -> tuple[float, float]:
    """(pictures per second, longest stall in seconds) of a person as shown in frames[first:]."""
    shown: list[tuple[int, int]] = []  # (timestamp, painted number)
    (tile,) = (tile for tile in attendee.tiles.tiles if attendee.roster[tile.participant].name == f"사람 {person}")
    window = picture_code.covering(tile.x, tile.y, tile.width, tile.height)
    for number in range(first, len(attendee.frames)):
        luma = attendee.look(upto=number)
        if luma is None:
            continue
        code = picture_code.read(luma, window.scaled(luma.shape[1] / attendee.tiles.width))
        if code is not None and (not shown or shown[-1][1] != code.frame):
            shown.append((attendee.frames[number].timestamp, code.frame))
    steps = [(after[0] - before[0]) % (1 << 32) / 90_000 for before, after in itertools.pairwise(shown)]
    return len(steps) / sum(steps), max(steps)


@pytest.mark.long
async def test_speech_and_picture_survive_on_both_sides_of_a_bad_line(server: Server) -> None:
    async with (
        relay(server.media_port, ONE_IN_TEN, seed=7) as bad,
        meeting(server.url, server.ready_conference["id"]) as crowd,
    ):
        ways = {"server_port": server.media_port, "relay_port": bad.port}
        lossy = await crowd.join(1, protected_reels(1), **ways)
        clean = await crowd.join(2, protected_reels(2))
        await until(lambda: clean.people() == [1, 2] and lossy.people() == [1, 2], what="both in the picture")
        await heard_blocks(clean, WARM_UP)
        for _ in range(WINDOWS):
            crowd.stage.late = 0.0
            begins = {a: (len(a.frames), len(a.hearing.blocks)) for a in (lossy, clean)}
            before = {a: a.client.session.audio.counters for a in (lossy, clean)}
            await asyncio.gather(heard_blocks(lossy, LISTENED), heard_blocks(clean, LISTENED))
            if crowd.stage.late < MAX_LATE:
                break
        metrics = server.metrics()
        print(f"sent up to {1000 * crowd.stage.late:.0f} ms late")
        print({key: value for key, value in metrics.items() if "audio_received" in key and value})
        for name, attendee, other in (("receiver", lossy, 2), ("sender", clean, 1)):
            frames, blocks = begins[attendee]
            samples = attendee.hearing.samples[blocks * BLOCK_SAMPLES :]
            gap = longest_gap(levels_of(samples))
            fps, stall = movement(attendee, other, frames)
            now, then = attendee.client.session.audio.counters, before[attendee]
            print(
                f"lossy {name}: longest gap {1000 * gap:.0f} ms, {fps:.1f} pictures/s, longest stall {stall:.2f} s,"
                f" lost {now.lost - then.lost} of {LISTENED} (late {now.late - then.late}),"
                f" by FEC {now.fec - then.fec},"
                f" made up {(now.concealed_samples - then.concealed_samples) / 48:.0f} ms"
            )
            assert gap <= MAX_GAP
            assert fps >= MIN_FPS
            assert stall <= MAX_STALL
        assert bad.lost > 0.05 * bad.passed


# The rms of each 10 ms that the browser's own jitter buffer and concealment give out.
HEARD = """(async () => {
  const stream = document.querySelector("video[data-composite]").srcObject;
  const context = new AudioContext({ sampleRate: 48000 });
  await context.resume();
  const source = context.createMediaStreamSource(new MediaStream(stream.getAudioTracks()));
  const listener = context.createScriptProcessor(4096, 1, 1);
  window.heard = [];
  let rest = [];
  listener.onaudioprocess = ({ inputBuffer }) => {
    rest.push(...inputBuffer.getChannelData(0));
    while (rest.length >= 480) {
      const piece = rest.splice(0, 480);
      window.heard.push(Math.sqrt(piece.reduce((sum, sample) => sum + sample * sample, 0) / 480));
    }
  };
  source.connect(listener).connect(context.destination);
  window.keepListening = [context, source, listener];
})()"""
STATISTICS = """(async () => {
  const found = {};
  for (const report of (await window.connections.at(-1).getStats()).values()) {
    if (report.type === "outbound-rtp" && report.kind === "video") found.sent = (found.sent ?? 0) + report.framesSent;
    if (report.type !== "inbound-rtp") continue;
    if (report.kind === "audio") {
      found.lost = report.packetsLost;
      found.received = report.packetsReceived;
      found.concealed = report.concealedSamples / report.totalSamplesReceived;
      found.silent = report.silentConcealedSamples;
      found.fec = report.fecPacketsReceived;
    } else {
      found.decoded = Math.max(found.decoded ?? 0, report.framesDecoded);
      found.freezes = Math.max(found.freezes ?? 0, report.totalFreezesDuration ?? 0);
    }
  }
  return found;
})()"""


@pytest.mark.browser
async def test_chromium_speaks_and_listens_over_a_bad_line(server: Server, tmp_path: Path) -> None:
    async with (
        relay(server.media_port, ONE_IN_TEN, seed=11) as bad,
        meeting(server.url, server.ready_conference["id"]) as crowd,
        chromium(
            camera=camera_file(tmp_path / "camera.y4m", 1),
            microphone=speech_file(tmp_path / "speech.wav", 1),
            preload=f"() => {{ ({RECORDER})(); ({BROWSER_THROUGH % bad.port})(); }}",
        ) as page,
    ):
        clean = await crowd.join(2, protected_reels(2))
        browser = MeetingPage(page)
        await browser.open(server.link)
        await browser.join("사람 1", "종로구청장")
        await until(lambda: 1 in clean.people(), what="the browser in the picture")
        await page.evaluate(HEARD)
        await heard_blocks(clean, WARM_UP)
        for _ in range(WINDOWS):
            crowd.stage.late = 0.0
            begin, frames = len(clean.hearing.blocks), len(clean.frames)
            first, before = await page.evaluate("window.heard.length"), await page.evaluate(STATISTICS)
            await heard_blocks(clean, LISTENED)
            if crowd.stage.late < MAX_LATE:
                break
        levels = np.array((await page.evaluate("window.heard"))[first:], np.float32)
        after = await page.evaluate(STATISTICS)
        heard_there = longest_gap(levels)
        heard_here = longest_gap(levels_of(clean.hearing.samples[begin * BLOCK_SAMPLES :]))
        fps_there = (after["decoded"] - before["decoded"]) / (len(levels) / 100)
        fps_sent = (after["sent"] - before["sent"]) / (len(levels) / 100)
        fps, stall = movement(clean, 1, frames)
        print(
            f"Chromium hears: longest gap {1000 * heard_there:.0f} ms, {fps_there:.1f} pictures/s, {after};"
            f" sends {fps_sent:.1f} pictures/s,"
            f" is heard: longest gap {1000 * heard_here:.0f} ms, {fps:.1f} pictures/s, longest stall {stall:.2f} s"
        )
        assert heard_there <= MAX_GAP
        assert heard_here <= MAX_GAP
        assert fps_there >= MIN_FPS
        assert fps >= min(MIN_FPS, CARRIED * fps_sent)
        assert stall <= MAX_STALL
