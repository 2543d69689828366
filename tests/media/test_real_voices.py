"""Recorded voices over bad lines, where recordings are at hand (MCU_MEDIA, or ../shared/media)."""

from __future__ import annotations

import os
import random
from pathlib import Path

import av
import numpy as np
import pytest

from tests.fakes.audio_line import listen, opus_packets

FOLDER = Path(os.environ.get("MCU_MEDIA", Path(__file__).resolve().parents[3] / "shared" / "media"))
VOICES = sorted(FOLDER.glob("voice-*.flac")) if FOLDER.is_dir() else []

pytestmark = pytest.mark.skipif(not VOICES, reason="no recordings here")


def recording(path):
    resampler, pieces = av.AudioResampler("flt", "mono", 48_000), []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            pieces += [out.to_ndarray().reshape(-1) for out in resampler.resample(frame)]
    return np.concatenate(pieces).astype(np.float32)[: 12 * 48_000]


@pytest.mark.parametrize("path", VOICES, ids=lambda path: path.stem)
def test_ten_percent_loss_is_mostly_repaired(path):
    rng = random.Random(4)
    packets = opus_packets(recording(path), loss=10)
    heard = listen(packets, lambda index, sent: None if rng.random() < 0.1 else sent + 0.05)
    assert heard.concealed < 0.06
    assert heard.receiver.counters.fec > 0.4 * heard.receiver.counters.lost


@pytest.mark.parametrize("path", VOICES[:2], ids=lambda path: path.stem)
def test_jitter_of_80_ms_is_hardly_heard(path):
    rng = random.Random(4)
    heard = listen(opus_packets(recording(path)), lambda index, sent: sent + rng.random() * 0.08)
    assert heard.concealed <= 0.02
