"""Where the stacks are installed; a test that needs one and finds none is skipped, and says why."""

from __future__ import annotations

import functools
import os
import subprocess
from enum import StrEnum
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "h323-peers"
CHECK_SECONDS = 20


class Edition(StrEnum):
    """What tools/h323-peers can install."""

    CURRENT = "current"  # Asterisk 22
    OLDER = "older"  # Asterisk 16


@functools.cache
def looked_for(edition: Edition) -> tuple[int, str, str]:
    done = subprocess.run([TOOL, "--check", edition], capture_output=True, text=True, timeout=CHECK_SECONDS)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def installed(edition: Edition = Edition.CURRENT) -> Path:
    """The root of an installed stack. Skips the test without one; with MCU_TEST_PEERS=required, fails it."""
    code, path, reason = looked_for(edition)
    if code == 0:
        return Path(path)
    if os.environ.get("MCU_TEST_PEERS") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
