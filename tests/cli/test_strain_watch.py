"""Whoever watches a demo is told once for each time that the machine becomes too busy."""

from __future__ import annotations

import pytest

from mcu.cli.strain_watch import CALM_REPORTS, NEAR, QUIET_REPORTS, StrainWatch
from mcu.controller.pool import MOST_STRAIN


@pytest.mark.parametrize(
    ("strains", "told"),
    [
        ([0.5, 0.5, 0.5], []),
        ([0.5, MOST_STRAIN, 0.5], []),  # everybody enters
        ([MOST_STRAIN, MOST_STRAIN, MOST_STRAIN], [1]),
        ([NEAR + 0.01, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0], [1]),
        ([NEAR + 0.01, 1.0, *[0.5] * CALM_REPORTS, 1.0, 1.0, 1.0], [1]),  # it was told a moment ago
        ([1.0, 1.0, *[0.5] * QUIET_REPORTS, 1.0, 1.0, 1.0], [1, QUIET_REPORTS + 3]),
        ([1.0, 1.0, *[1.0] * QUIET_REPORTS, 1.0, 1.0, 1.0], [1]),  # the same strain still
        ([1.0, 1.0, *[0.5] * CALM_REPORTS, *[1.0] * QUIET_REPORTS], [1, QUIET_REPORTS + 1]),
    ],
)
def test_two_reports_in_a_row_are_told_once(strains: list[float], told: list[int]) -> None:
    watch = StrainWatch()
    assert [index for index, strain in enumerate(strains) if watch.update(strain)] == told
