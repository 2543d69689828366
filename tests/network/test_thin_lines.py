"""Lines without room for sound and pictures both: what a real browser hears, and what is heard of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.network.test_breaks import Behind, behind, hears
from tests.support.namespaces import refusal

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(240),
    pytest.mark.network,
    pytest.mark.browser,
    pytest.mark.skipif(bool(refusal()), reason=refusal()),
]

SETTLE = 25.0  # seconds: estimates fall, cameras give way
WATCHED = 15.0  # seconds
LOOKS = 5  # a second
MOST_GAPS = 0.08  # more of the sound missing than on the wide line

# Sound that had to be made up, and pictures, since the connection began.
COUNTED = """(async () => {
  const found = { samples: 0, concealed: 0, frames: 0, sent: 0 };
  for (const connection of window.connections) {
    if (connection.connectionState === "closed") continue;
    for (const stat of (await connection.getStats()).values()) {
      if (stat.type === "inbound-rtp" && stat.kind === "audio") {
        found.samples += stat.totalSamplesReceived ?? 0;
        found.concealed += (stat.concealedSamples ?? 0) - (stat.silentConcealedSamples ?? 0);
      }
      if (stat.type === "inbound-rtp" && stat.kind === "video") found.frames += stat.framesDecoded ?? 0;
      if (stat.type === "outbound-rtp" && stat.kind === "video") found.sent += stat.framesSent ?? 0;
    }
  }
  return found;
})()"""


async def watched(there: Behind) -> dict[str, float]:
    """Shares of missing sound both ways, and pictures a second both ways, over WATCHED seconds."""
    before = await there.browser.page.evaluate(COUNTED)
    unheard = 0
    for _ in range(int(WATCHED * LOOKS)):
        unheard += not hears(there.other, 1)
        await asyncio.sleep(1 / LOOKS)
    after = await there.browser.page.evaluate(COUNTED)
    more = {name: after[name] - before[name] for name in after}
    return {
        "missing down": more["concealed"] / max(1, more["samples"]),
        "missing up": unheard / (WATCHED * LOOKS),
        "fps down": more["frames"] / WATCHED,
        "fps up": more["sent"] / WATCHED,
    }


@pytest.mark.parametrize("kbits", [1_000, 500, 250, 120])
async def test_sound_is_the_last_thing_to_go(tmp_path: Path, kbits: int) -> None:
    async with behind(tmp_path) as there:
        wide = await watched(there)
        there.lines.narrow(kbits)
        await asyncio.sleep(SETTLE)
        found = await watched(there)
        for line, seen in (("wide", wide), (f"{kbits} kbit/s", found)):
            print(f"{line}: " + ", ".join(f"{name} {value:.3f}" for name, value in seen.items()))
        for at, words in await there.browser.page.evaluate("window.witness.said"):
            print(f"    {at:6.1f} {words}")
        assert found["missing down"] - wide["missing down"] <= MOST_GAPS
        assert found["missing up"] - wide["missing up"] <= MOST_GAPS
