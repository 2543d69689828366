"""The bar that says how far a bench is and how long it will take: steps with the seconds that each should last."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text


class Steps:
    """How far work is that consists of steps of known length. Reads the clock that it is given."""

    def __init__(self, total: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total  # seconds
        self.label = ""
        self._clock = clock
        self._done = 0.0
        self._expected = 0.0
        self._begun = 0.0

    @property
    def completed(self) -> float:
        """Seconds of `total`; a step that takes longer than it should waits for its end."""
        running = min(self._expected, self._clock() - self._begun) if self._expected else 0.0
        return min(self.total, self._done + running)

    @property
    def remaining(self) -> float:
        return self.total - self.completed

    @contextlib.contextmanager
    def step(self, label: str, seconds: float) -> Iterator[None]:
        """Work that should take `seconds`."""
        self.label, self._expected, self._begun = label, seconds, self._clock()
        try:
            yield
        finally:
            self._done += seconds
            self._expected = 0.0


@contextlib.contextmanager
def shown(steps: Steps, console: Console) -> Iterator[None]:
    """Show the bar on `console` while the context lasts; it goes away in the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), _Remaining())
    with _Bar(*columns, console=console, transient=True, refresh_per_second=4) as bar:
        bar.follow(steps)
        yield


class _Bar(Progress):
    """A progress bar that asks how far things are whenever it is drawn."""

    _steps: Steps | None = None

    def follow(self, steps: Steps) -> None:
        self._steps = steps
        self.add_task("", total=steps.total)

    def get_renderables(self) -> Iterable[RenderableType]:
        if self._steps is not None and self.tasks:
            task = self.tasks[0]
            task.completed, task.description = self._steps.completed, self._steps.label
        return super().get_renderables()


class _Remaining(ProgressColumn):
    """Minutes and seconds to go."""

    def render(self, task: Task) -> Text:
        left = round((task.total or 0.0) - task.completed)
        return Text(f"{left // 60}:{left % 60:02d}", style="progress.remaining")
