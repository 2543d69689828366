"""The prompts can be loaded and heard, in both languages."""

from __future__ import annotations

import numpy as np
import pytest

from mcu.media import prompts
from mcu.media.types import BLOCK_SAMPLES


def test_each_sentence_is_there_in_korean_and_english() -> None:
    korean, english = ({n[3:] for n in prompts.NAMES if n.startswith(f"{tongue}-")} for tongue in ("ko", "en"))
    assert korean == english
    assert {"number", "pin", "wrong", "entering", "closed", "goodbye"} <= korean


@pytest.mark.parametrize("name", prompts.NAMES)
def test_a_prompt_is_speech_of_a_comfortable_level(name: str) -> None:
    blocks = prompts.load(name)
    assert all(block.shape == (BLOCK_SAMPLES,) and block.dtype == np.float32 for block in blocks)
    samples = np.concatenate(blocks)
    assert 0.8 < len(samples) / 48_000 < 9
    assert 0.2 < np.abs(samples).max() < 1.0
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / 48_000)
    assert spectrum[(frequencies > 100) & (frequencies < 4_000)].sum() > 0.8 * spectrum.sum()


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        prompts.load("../../secret")
