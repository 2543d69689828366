"""Speed and joins, judged by how many samples and how smooth."""

from __future__ import annotations

import numpy as np

from mcu.media.playout import STRETCH_INTERVAL, Playout
from mcu.media.types import BLOCK_SAMPLES
from tests.fakes.voices import tone, voice


def play(sound, excess):
    """All of the sound in blocks of 20 ms, two ahead; `excess` is a function of the samples removed so far."""
    playout, blocks = Playout(), []
    for index in range(0, len(sound) - 2 * BLOCK_SAMPLES, BLOCK_SAMPLES):
        playout.append(sound[index : index + BLOCK_SAMPLES])
        playout.end = index + BLOCK_SAMPLES
        if playout.available < 2 * BLOCK_SAMPLES:
            continue
        playout.adapt(excess(playout), 960, index / 48_000)
        blocks.append(playout.take())
    return playout, np.concatenate(blocks)


def test_too_much_delay_is_worked_off_and_no_more():
    playout, sound = play(voice(4, pauses=False), lambda p: 4800 - p.removed_samples)
    assert 3800 <= playout.removed_samples <= 5200
    assert playout.inserted_samples == 0
    source = voice(4, pauses=False)
    assert np.abs(np.diff(sound)).max() < 1.3 * np.abs(np.diff(source)).max()


def test_too_little_delay_is_made_up():
    playout, _ = play(voice(4, pauses=False), lambda p: p.inserted_samples - 3840)
    assert 3000 <= playout.inserted_samples <= 4800
    assert playout.removed_samples == 0


def test_cuts_keep_their_distance():
    playout, _ = play(voice(2, pauses=False), lambda p: 48_000)
    assert playout.removed_samples <= 720 * (2 / STRETCH_INTERVAL + 1)


def test_on_target_nothing_is_touched():
    source = voice(2)
    playout, sound = play(source, lambda p: 0)
    assert (playout.removed_samples, playout.inserted_samples) == (0, 0)
    assert np.array_equal(sound, source[: len(sound)])


def test_two_pieces_that_do_not_belong_together_are_blended():
    playout = Playout()
    first, second = tone(0.1, 300), -tone(0.1, 300)
    for start in range(0, 4800, 960):
        playout.append(first[start : start + 960])
    before = [playout.take() for _ in range(3)]
    playout.tear()
    playout.append(second[500 : 500 + 960])
    sound = np.concatenate([*before, playout.take()])
    assert np.abs(np.diff(sound)).max() < 1.6 * np.abs(np.diff(first)).max()


def test_a_rest_is_faded_out():
    playout = Playout()
    playout.append(tone(0.03, 300))
    playout.take()
    block = playout.take()
    assert len(block) == BLOCK_SAMPLES
    assert abs(block[-1]) < 0.01
    assert playout.available == 0
