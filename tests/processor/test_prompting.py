"""Prompts come one after the other, are replaced, and end."""

from __future__ import annotations

import numpy as np
import pytest

from mcu.errors import RefusedError
from mcu.media import prompts
from mcu.processor.prompting import MAX_PROMPTS, Prompting


def test_two_prompts_follow_one_another_and_then_there_is_silence() -> None:
    prompting = Prompting()
    prompting.play(["ko-wrong", "en-number"])
    expected = [*prompts.load("ko-wrong"), *prompts.load("en-number")]
    for block in expected:
        taken = prompting.take()
        assert taken is not None
        np.testing.assert_array_equal(taken, block)
    assert prompting.take() is None


def test_a_new_prompt_replaces_what_is_said() -> None:
    prompting = Prompting()
    prompting.play(["ko-number"])
    prompting.take()
    prompting.play(["en-pin"])
    taken = prompting.take()
    assert taken is not None
    np.testing.assert_array_equal(taken, prompts.load("en-pin")[0])
    prompting.play([])
    assert prompting.take() is None


@pytest.mark.parametrize("names", [["nothing"], ["ko-pin"] * (MAX_PROMPTS + 1)])
def test_what_cannot_be_said_is_refused_and_changes_nothing(names: list[str]) -> None:
    prompting = Prompting()
    prompting.play(["ko-pin"])
    with pytest.raises(RefusedError):
        prompting.play(names)
    assert prompting.take() is not None
