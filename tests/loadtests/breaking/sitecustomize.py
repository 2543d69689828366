"""Read by every Python that has this folder in PYTHONPATH, before anything else: breaks media processors alone."""

from __future__ import annotations

import sys

if sys.orig_argv[1:4] == ["-m", "mcu", "processor"]:
    from tests.loadtests.broken_server import break_this_process

    break_this_process()
