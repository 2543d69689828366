"""What a bridge says itself: a few prompts one after the other, mixed in as one more voice."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from mcu.errors import RefusedError
from mcu.media import prompts
from mcu.media.types import AudioBlock

MAX_PROMPTS = 8  # in one row; a sentence in two languages, and what came before it
PROMPT = "\0prompt"  # the mixer's name for it: no participant has it


class Prompting:
    """`take` is called once a tick."""

    def __init__(self) -> None:
        self._blocks: deque[AudioBlock] = deque()

    def play(self, names: Sequence[str]) -> None:
        """Say these in place of whatever is being said; () is silence. Raises RefusedError."""
        if len(names) > MAX_PROMPTS:
            raise RefusedError("invalid-body", f"{len(names)} prompts")
        blocks: deque[AudioBlock] = deque()
        for name in names:
            try:
                blocks.extend(prompts.load(name))
            except KeyError:
                raise RefusedError("invalid-body", f"no prompt {name!r}") from None
        self._blocks = blocks

    def take(self) -> AudioBlock | None:
        """The next 20 ms; None when nothing is said."""
        return self._blocks.popleft() if self._blocks else None
