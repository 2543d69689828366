"""What went over the loopback interface while calls ran, for tshark to read."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from mcu.h323 import q931, tpkt
from tests.h323 import captures, shark

STOP_SECONDS = 10
BUFFER_MB = "16"


class Capture:
    """One dumpcap and its file."""

    def __init__(self, path: Path, filtered: str) -> None:
        line = ["dumpcap", "-q", "-P", "-B", BUFFER_MB, "-i", "lo", "-f", filtered, "-w", str(path)]
        self._path = path
        self._process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        # it names the file once it captures, and nothing before that has failed
        self.runs = any(said.startswith("File:") for said in self._process.stderr)

    def stop(self) -> None:
        """The file is whole after this."""
        if self._process.returncode is None:
            self._process.terminate()
            self._process.communicate(timeout=STOP_SECONDS)

    def sent_by(self, hosts: Collection[str]) -> list[tuple[int, bytes]]:
        """Messages of call signaling and H.245 as tests.h323.shark takes them; the first byte tells which it is."""
        return [
            (shark.CALL_SIGNALING if message[0] == q931.PROTOCOL else shark.CONTROL, tpkt.frame(message))
            for source, _, message in captures.messages(self._path)
            if source.ip in hosts and message
        ]


@contextmanager
def running(path: Path, filtered: str) -> Iterator[Capture | None]:
    """A capture from now on, of what a capture filter lets through; None where nothing here can make one."""
    if shutil.which("dumpcap") is None:
        yield None
        return
    capture = Capture(path, filtered)
    try:
        yield capture if capture.runs else None
    finally:
        capture.stop()
