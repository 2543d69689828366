from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mcu.bench import cpu
from mcu.bench.cpu import PAGE_BYTES, TICKS_PER_SECOND, Usage
from mcu.errors import ProtocolError


def line(name: str, *, user: int = 0, system: int = 0, pages: int = 0) -> str:
    fields = ["S", *(["1"] * 10), str(user), str(system), *(["0"] * 8), str(pages), *(["0"] * 28)]
    return f"42 ({name}) {' '.join(fields)}\n"


def process(proc: Path, pid: int, threads: dict[int, str], children: str = "") -> None:
    for thread, text in threads.items():
        folder = proc / str(pid) / "task" / str(thread)
        folder.mkdir(parents=True)
        (folder / "stat").write_text(text)
        (folder / "children").write_text(children)
    (proc / str(pid) / "stat").write_text(next(iter(threads.values())))


@pytest.mark.parametrize("name", ["python", "a b", "a) R 1", "((", ""])
def test_a_name_may_hold_anything(name: str) -> None:
    usage = cpu.parse_stat(line(name, user=3 * TICKS_PER_SECOND, system=TICKS_PER_SECOND // 2, pages=10))
    assert usage == Usage(name, 3.0, 0.5, 10 * PAGE_BYTES)
    assert usage.cpu == 3.5


@pytest.mark.parametrize("text", ["", "42", "42 (x)", ")(", "1 (x) " + "y " * 50])
def test_what_is_no_stat_line_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        cpu.parse_stat(text)


def test_a_family_is_the_process_and_all_below_it(tmp_path: Path) -> None:
    process(tmp_path, 1, {1: line("mc"), 5: line("mc")}, children="7 8 ")
    process(tmp_path, 7, {7: line("mp", user=200)}, children="9 ")
    process(tmp_path, 8, {8: line("mp", user=100)})
    process(tmp_path, 9, {9: line("below")})
    assert cpu.family(1, proc=tmp_path) == [1, 7, 8, 9]
    together = cpu.of_all([1, 7, 8, 1234], proc=tmp_path)
    assert together.user == 300 / TICKS_PER_SECOND


def test_threads_of_one_name_count_together_and_a_new_one_from_its_beginning(tmp_path: Path) -> None:
    process(tmp_path, 3, {3: line("main", user=100), 4: line("decode", user=50)})
    before = cpu.of_threads(3, proc=tmp_path)
    process(
        tmp_path / "later", 3, {3: line("main", user=110), 4: line("decode", user=80), 5: line("decode", system=20)}
    )
    after = cpu.of_threads(3, proc=tmp_path / "later")
    used = cpu.by_name(before, after)
    assert list(used) == ["decode", "main"]
    assert used == pytest.approx({"decode": 50 / TICKS_PER_SECOND, "main": 10 / TICKS_PER_SECOND})


def test_who_is_gone_has_used_nothing(tmp_path: Path) -> None:
    assert cpu.of_process(7, proc=tmp_path) is None
    assert cpu.of_threads(7, proc=tmp_path) == {}
    assert cpu.family(7, proc=tmp_path) == [7]


def test_this_process_is_found_with_its_threads_and_children() -> None:
    usage = cpu.of_process(os.getpid())
    assert usage is not None
    assert usage.rss_bytes > 1 << 20
    assert threading.get_native_id() in cpu.of_threads(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in cpu.family(os.getpid())
        child.kill()
