"""The shelf of performances: made once by worker processes, kept on disk, the oldest thrown out when it is full."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mcu.errors import McuError, ProtocolError
from mcu.lifetime import begin_work, sigint_blocked
from mcu.synthetic import clips
from mcu.synthetic.clips import MediaSettings, Performance
from mcu.synthetic.staging import MAKER_VERSION, Order, make

MAX_SHELF = 512 << 20  # bytes on disk: some thousand performances at the usual settings
NICENESS = 5  # of the workers: a server on the same machine goes first
LOOK_SECONDS = 0.2  # between two looks whether the making was given up
SUFFIX = ".clip"


class GivenUp(McuError):
    """Nobody waits for the performances any more."""


class Library:
    """Performances under `folder` (created when needed)."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_SHELF) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self.made = 0  # encoded by this object
        self.found = 0  # taken from disk

    def performances(
        self,
        numbers: Sequence[int],
        *,
        settings: MediaSettings | None = None,
        media_folder: Path | None = None,
        console: Console | None = None,
        given_up: threading.Event | None = None,
    ) -> dict[int, Performance]:
        """One performance for each person's number; makes what is missing, on all cores, with a progress bar.

        Raises GivenUp soon after `given_up` is set.
        """
        chosen = settings or MediaSettings()
        source = str(media_folder.resolve()) if media_folder else ""
        orders = {number: Order(person=number, settings=chosen, folder=source) for number in numbers}
        ready = {number: kept for number, order in orders.items() if (kept := self._take(order)) is not None}
        missing = [order for number, order in orders.items() if number not in ready]
        self.found += len(ready)
        if missing:
            ready |= self._make(missing, console or Console(stderr=True), given_up or threading.Event())
            self._tidy()
        return {number: ready[number] for number in numbers}

    def missing(
        self, numbers: Sequence[int], *, settings: MediaSettings, media_folder: Path | None = None
    ) -> set[Path]:
        """The files of those that `performances` would have to make."""
        source = str(media_folder.resolve()) if media_folder else ""
        paths = {self._path(Order(person=number, settings=settings, folder=source)) for number in numbers}
        return {path for path in paths if not path.exists()}

    def _make(self, orders: Sequence[Order], console: Console, given_up: threading.Event) -> dict[int, Performance]:
        made: dict[int, Performance] = {}
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        workers = min(os.cpu_count() or 1, len(orders))
        others = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")  # the caller may have threads or a running loop
        with (
            Progress(*columns, console=console) as progress,
            ProcessPoolExecutor(
                workers, mp_context=context, initializer=begin_work, initargs=(os.getpid(), NICENESS)
            ) as pool,
        ):
            task = progress.add_task("얼굴과 목소리를 만듭니다 · Making faces and voices", total=len(orders))
            try:
                with sigint_blocked():  # workers inherit it: until `begin_work`, Ctrl-C would be a traceback of theirs
                    futures = {pool.submit(_make_dumped, order): order for order in orders}
                waiting = set(futures)
                while waiting:
                    done, waiting = wait(waiting, LOOK_SECONDS, FIRST_COMPLETED)
                    if given_up.is_set():
                        raise GivenUp
                    for future in done:
                        order, data = futures[future], future.result()
                        self._keep(order, data)
                        made[order.person] = clips.load(data)
                        self.made += 1
                        progress.advance(task)
            except BaseException:  # Ctrl-C, too: leaving the pool would wait for work that nobody wants any more
                for worker in set(multiprocessing.active_children()) - others:
                    worker.terminate()
                pool.shutdown(cancel_futures=True)
                raise
        return made

    def _path(self, order: Order) -> Path:
        return self._folder / (_key(order) + SUFFIX)

    def _take(self, order: Order) -> Performance | None:
        path = self._path(order)
        try:
            performance = clips.load(path.read_bytes())
        except FileNotFoundError:
            return None
        except ProtocolError:
            path.unlink(missing_ok=True)  # cut short by a full disk or an older version: made again
            return None
        os.utime(path)  # most recently used
        return performance

    def _keep(self, order: Order, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(order)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(data)
        partial.replace(path)  # another process never sees half a file

    def _tidy(self) -> None:
        files = sorted(self._folder.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True)
        total = 0
        for file in files:
            total += file.stat().st_size
            if total > self._max_bytes:
                file.unlink(missing_ok=True)


def _make_dumped(order: Order) -> bytes:
    return clips.dump(make(order))


def _key(order: Order) -> str:
    """A file name that changes whenever the clips would."""
    parts = [msgspec.json.encode(order), str(MAKER_VERSION).encode()]
    if order.folder:
        files = sorted(file for file in Path(order.folder).iterdir() if file.is_file())
        parts.extend(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}".encode() for file in files)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]
