from __future__ import annotations

import threading
from pathlib import Path

from mcu.thread_name import name_this_thread


def test_the_kernel_knows_a_thread_by_its_name() -> None:
    found: list[str] = []

    def work() -> None:
        name_this_thread("decode-0-and-a-great-deal-more")
        found.append(Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text().strip())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["decode-0-and-a-"]
