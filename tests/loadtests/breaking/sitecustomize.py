"""Read by every Python that has this folder in PYTHONPATH, before anything else: breaks the server's alone."""

from __future__ import annotations

import sys

if sys.orig_argv[1:3] == ["-m", "mcu"] and sys.orig_argv[3:4] in (["serve"], ["processor"]):
    from tests.loadtests.broken_server import break_this_process

    break_this_process(sys.orig_argv[3])
