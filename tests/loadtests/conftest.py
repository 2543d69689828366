"""Locust patches sockets, threads and processes when it is imported: not in a process in which others test asyncio."""

from __future__ import annotations

import os

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
import locust

del os.environ["LOCUST_SKIP_MONKEY_PATCH"]  # processes that tests start are as they are in earnest
assert locust.__version__
