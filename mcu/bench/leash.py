"""Runs a command that ends with whoever started it: `python -m mcu.bench.leash COMMAND ARGUMENT...`.

The wish to be killed with the parent survives execve(2), so nothing stands between the two processes.
"""

from __future__ import annotations

import os
import sys

from mcu.lifetime import die_with_parent


def leashed(*arguments: str) -> list[str]:
    """The command line of a Python process on a leash."""
    return [sys.executable, "-m", "mcu.bench.leash", sys.executable, *arguments]


if __name__ == "__main__":
    die_with_parent()
    os.execv(sys.argv[1], sys.argv[1:])
