"""A note outlives the demo that was killed, and no other."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from mcu.synthetic.earlier_demos import left_behind, note
from tests.support.server import ROOT

HERE, ELSEWHERE = "http://localhost:8080", "http://localhost:9090"
KILLED = """
import sys, time
from pathlib import Path
from mcu.synthetic.earlier_demos import note
with note(Path(sys.argv[1]), server=sys.argv[2], conference="c1"):
    print("noted", flush=True)
    time.sleep(60)
"""


def test_what_was_ended_leaves_nothing(tmp_path: Path) -> None:
    with note(tmp_path / "demos", server=HERE, conference="c1") as trace:
        trace.erase()
    assert left_behind(tmp_path / "demos", server=HERE) == []


def test_what_was_not_ended_is_found_once_and_on_its_own_server(tmp_path: Path) -> None:
    for conference, server in (("c1", HERE), ("c2", ELSEWHERE)):
        with note(tmp_path, server=server, conference=conference):
            pass
    assert [left_behind(tmp_path, server=HERE) for _ in range(2)] == [["c1"], []]
    assert left_behind(tmp_path, server=ELSEWHERE) == ["c2"]


def test_a_running_demo_is_left_alone_until_it_is_killed(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), HERE], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert demo.stdout is not None
    assert demo.stdout.readline() == "noted\n"
    assert left_behind(tmp_path, server=HERE) == []
    demo.send_signal(signal.SIGKILL)
    demo.wait()
    demo.stdout.close()
    assert left_behind(tmp_path, server=HERE) == ["c1"]


def test_half_a_note_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "c1.json").write_text('{"server":')
    assert left_behind(tmp_path, server=HERE) == []
    assert list(tmp_path.iterdir()) == []
