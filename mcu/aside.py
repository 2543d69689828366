"""Blocking work in threads that nobody waits for at the end.

What runs a loop joins the threads of its executor when it ends: a name whose DNS is silent, or a server that sends a
byte now and then, would hold up the end of the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import threading
from collections.abc import Callable
from typing import TypeVar

MAX_THREADS = 64  # at a time, abandoned ones included: more than there are calls to rooms by name

T = TypeVar("T")

_free = threading.BoundedSemaphore(MAX_THREADS)


async def aside(work: Callable[[], T], *, name: str) -> T:
    """What `work` gives, from a thread called `name` (15 bytes). Raises what `work` raises, and OSError (EAGAIN) while
    MAX_THREADS are at work.
    """
    if not _free.acquire(blocking=False):
        raise OSError(errno.EAGAIN, "too many requests are waiting")
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, failure: Exception | None) -> None:
        if done.done():  # cancelled
            return
        if failure is None:
            done.set_result(result)  # type: ignore[arg-type]
        else:
            done.set_exception(failure)

    def run() -> None:
        result: T | None = None
        failure = None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who asked
            failure = error
        finally:
            _free.release()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(tell, result, failure)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done
