"""`python -m loadtests`: the command `locust` with our locustfile, which shows our flags too when asked for `--help`.

Locust by itself prints its help before it looks at a locustfile.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
HELP = {"-h", "--help"}


def main() -> None:
    """As the command `locust`."""
    os.environ.setdefault("LOCUST_LOCUSTFILE", str(LOCUSTFILE))
    from locust import events
    from locust.main import main as locust_main

    if HELP & set(sys.argv[1:]):
        from loadtests import report_flags, run_flags

        events.init_command_line_parser.add_listener(run_flags.add)
        events.init_command_line_parser.add_listener(report_flags.add)
        ours = {run_flags.GROUP, report_flags.GROUP}
        events.init_command_line_parser.add_listener(lambda parser: _put_first(parser, ours))
    locust_main()


def _put_first(parser: Any, titles: set[str]) -> None:
    """Locust has a hundred lines of its own, which are true but not what somebody new looks for."""
    parser.description = "Usage: make load ARGS='[options]', or python -m loadtests [options] [UserClass ...]"
    parser._action_groups.sort(key=lambda group: group.title not in titles)


if __name__ == "__main__":
    main()
