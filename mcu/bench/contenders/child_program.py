"""Runs a program that mixes, counts what comes out of it, and how much CPU it takes meanwhile.

Rules:
1. The program writes a container to a pipe; packets are counted when they arrive, so that late ones are missed ticks.
2. Only the program's CPU counts, not the counting.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import av
from av.error import FFmpegError

from mcu.bench import cpu
from mcu.bench.contender import WARM_UP_SECONDS, Result, sleep_until
from mcu.bench.workload import Workload
from mcu.errors import McuError
from mcu.media.types import BLOCK_SECONDS

START_SECONDS = 60.0  # until the first packet: opening a hundred files on a busy machine
END_SECONDS = 5.0  # between asking a program to end and ending it
POLL_SECONDS = 0.02
SPARE_SECONDS = 8.0  # of media behind the measured stretch
PIPE_BYTES = 1 << 20  # a program never waits for the counting
TOLD_BYTES = 600  # of its last words


class ProgramFailed(McuError):
    """The program ended, or gave nothing; the text has its last words."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be run."""

    name: str
    command: Callable[[int], Sequence[str]]  # given the file descriptor that it writes to
    container: str  # libav's name of the format that comes out
    note: str


def media_seconds(seconds: float) -> float:
    """How much media a stretch of `seconds` needs."""
    return WARM_UP_SECONDS + seconds + SPARE_SECONDS


def measure(program: Program, workload: Workload, seconds: float, *, record: Path | None = None) -> Result:
    """Run it for a warm-up and `seconds`. `record` gets all that it wrote. Raises ProgramFailed."""
    with _Running(program, sound=workload.audio_only, record=record) as running:
        running.wait_for_output()
        sleep_until(time.monotonic() + WARM_UP_SECONDS)
        begin, used, count = time.monotonic(), running.cpu(), running.arrived
        sleep_until(begin + seconds)
        used, count, took = running.cpu() - used, running.arrived - count, time.monotonic() - begin
    rate = 1 / BLOCK_SECONDS if workload.audio_only else workload.composite.fps
    return Result(
        name=program.name,
        cpu_seconds=used,
        seconds=took,
        ticks=count,
        ticks_missed=max(0, int(took * rate) - count),
        participants=workload.participants,
        note=program.note,
    )


class _Running:
    """The program, from beginning to end."""

    def __init__(self, program: Program, *, sound: bool, record: Path | None) -> None:
        self.arrived = 0  # packets of the stream that is counted
        self._program = program
        self._kind = "audio" if sound else "video"
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (closed at the end of the context)
        read, write = os.pipe()
        self._pipe = _Copied(os.fdopen(read, "rb", buffering=0), record)
        command = [sys.executable, "-m", "mcu.bench.leash", *program.command(write)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=(write,),
            )
        finally:
            os.close(write)
        self._thread = threading.Thread(target=self._count, name="counting", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(END_SECONDS)
        self._pipe.close()
        self._complaints.close()

    def wait_for_output(self) -> None:
        """Until the first packet has come."""
        deadline = time.monotonic() + START_SECONDS
        while self.arrived == 0:
            self.cpu()
            if time.monotonic() > deadline:
                raise ProgramFailed(f"{self._program.name} gave nothing: {self._last_words()}")
            time.sleep(POLL_SECONDS)

    def cpu(self) -> float:
        """CPU seconds so far. Raises ProgramFailed when it does not run any more."""
        usage = cpu.of_process(self._process.pid)
        if self._process.poll() is not None or usage is None:
            raise ProgramFailed(f"{self._program.name} ended: {self._last_words()}")
        return usage.cpu

    def _count(self) -> None:
        try:
            with av.open(self._pipe, "r", format=self._program.container, options={"fpsprobesize": "0"}) as container:
                for packet in container.demux():
                    if packet.size and packet.stream.type == self._kind:
                        self.arrived += 1
        except FFmpegError as error:  # the program was ended in the middle of a packet, or never began
            self._complaints.write(f"\n(what came: {error})".encode())

    def _last_words(self) -> str:
        self._complaints.seek(0)
        return self._complaints.read()[-TOLD_BYTES:].decode(errors="replace").strip()


class _Copied:
    """A pipe's reading end; what is read goes to a file as well, when one is named."""

    def __init__(self, pipe: BinaryIO, record: Path | None) -> None:
        self._pipe = pipe
        self._record = None if record is None else record.open("wb")

    def read(self, size: int) -> bytes:
        data = self._pipe.read(min(size, PIPE_BYTES))
        if self._record is not None:
            self._record.write(data)
        return data

    def close(self) -> None:
        self._pipe.close()
        if self._record is not None:
            self._record.close()
