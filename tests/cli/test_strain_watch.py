"""Whoever watches a demo is told once for each time that the machine becomes too busy."""

from __future__ import annotations

import pytest

from mcu.cli.strain_watch import CALM_REPORTS, NEAR, StrainWatch
from mcu.controller.pool import MOST_STRAIN


@pytest.mark.parametrize(
    ("strains", "told"),
    [
        ([0.5, 0.5, 0.5], []),
        ([0.5, MOST_STRAIN, 0.5], []),  # everybody enters
        ([MOST_STRAIN, MOST_STRAIN, MOST_STRAIN], [1]),
        ([NEAR + 0.01, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0], [1]),
        ([NEAR + 0.01, 1.0, *[0.5] * CALM_REPORTS, 1.0, 1.0, 1.0], [1, CALM_REPORTS + 3]),
    ],
)
def test_two_reports_in_a_row_are_told_once(strains: list[float], told: list[int]) -> None:
    watch = StrainWatch()
    assert [index for index, strain in enumerate(strains) if watch.update(strain)] == told
