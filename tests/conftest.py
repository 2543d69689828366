"""What runs in real time is tried up to three times, since other programs on the machine can make it late.

A second try does not hide a fault that is there: who fails three times fails, and every further try is listed as RERUN
at the end. What has a clock of its own, and needs no other process, gets one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FURTHER_TRIES = 2
# Folders of tests with processes, sockets or browsers.
REAL_TIME = frozenset(
    {
        "bench",
        "browser",
        "cli",
        "controller",
        "gateway",
        "interop",
        "loadtests",
        "network",
        "processor",
        "scenarios",
        "signaling",
        "synthetic",
        "webrtc",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(TESTS) and item.path.relative_to(TESTS).parts[0] in REAL_TIME:
            item.add_marker(pytest.mark.flaky(reruns=FURTHER_TRIES))
