"""The bar of a bench covers the making of what is not there yet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcu.bench.faces import PERFORMANCE_CPU_SECONDS, seconds_to_make
from mcu.bench.media import DISTINCT
from mcu.bench.workload import Workload


def test_each_face_is_counted_once(tmp_path: Path) -> None:
    cores = os.cpu_count() or 1
    loads = [Workload(participants=60), Workload(participants=100), Workload(participants=40)]
    assert seconds_to_make(loads, cache=tmp_path) == pytest.approx(DISTINCT * PERFORMANCE_CPU_SECONDS / cores)
    loads.append(Workload(participants=30))  # whose tiles are larger: cameras are asked for another size
    assert seconds_to_make(loads, cache=tmp_path) == pytest.approx((DISTINCT + 30) * PERFORMANCE_CPU_SECONDS / cores)
    assert seconds_to_make([], cache=tmp_path) == 0
