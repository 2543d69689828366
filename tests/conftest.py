"""What runs in real time is tried up to three times, since other programs on the machine can make it late.

What fails three times in a row fails. A fault that shows itself rarely passes, and its further try is listed as RERUN
at the end of the run: read that list. Tests of folders that are not named here wait for no process and no socket, and
have one try.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # where tools/setup may have put Node.js

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
        "h323/peers",
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
        if item.path.is_relative_to(TESTS) and any(item.path.is_relative_to(TESTS / name) for name in REAL_TIME):
            item.add_marker(pytest.mark.flaky(reruns=FURTHER_TRIES))
