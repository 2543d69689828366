"""Composites look as they were approved to look."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mcu.mixer.lettering import Weight, font_path
from tests.golden.composites import CASES, FOLDER, Case, paint

MEAN_DIFFERENCE = 0.6  # of 255: a conversion to RGB that rounds differently stays below
VISIBLE = 40  # a difference of one pixel that can be seen
VISIBLE_SHARE = 0.002  # of the pixels: another version of the font moves some edges of letters


@pytest.mark.skipif(font_path(Weight.BOLD) is None, reason="fonts-noto-cjk is not installed")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_as_approved(case: Case) -> None:
    approved = np.asarray(Image.open(FOLDER / f"{case.name}.png").convert("RGB"), np.int16)
    painted = np.asarray(paint(case), np.int16)
    assert painted.shape == approved.shape
    difference = np.abs(painted - approved)
    assert difference.mean() < MEAN_DIFFERENCE
    assert (difference.max(axis=2) > VISIBLE).mean() < VISIBLE_SHARE
