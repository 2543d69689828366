"""The keypad dialogue of a room that dialled no conference: number, then PIN. Sans-I/O.

Rules:
1. "#" ends a number, and so does its last digit; "*" begins it again. Other keys are nothing.
2. Whoever presses nothing hears the prompt again, a few times. Who is wrong too often, or silent too long, is let go.
3. A number or a PIN that "#" ends too early is wrong at once: it counts like one that was tried. So whoever presses the
   PIN again where the number is asked for gets no more tries than others.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mcu.gateway.dialing import NUMBER_DIGITS, PIN_DIGITS

PATIENCE_SECONDS = 20.0  # without a key, before the prompt is heard again
MAX_PROMPTED = 4  # times without a key
MAX_WRONG = 3  # in one call; the limits for addresses and numbers are others


class Step(enum.Enum):
    NUMBER = "number"
    PIN = "pin"
    TRYING = "trying"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Say:
    """Speak these sentences, and show the digits pressed so far; `sentences` are names of mcu.media.prompts, without
    the language. () leaves what is being said."""

    sentences: tuple[str, ...]
    step: Step
    digits: str


@dataclass(frozen=True, slots=True)
class Try:
    """Number and PIN are complete. Answer with `refused`, or go in."""

    number: str
    pin: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Say this one sentence, and hang up: "wrong", "closed", or "goodbye" after nothing was pressed."""

    sentence: str


Action = Say | Try | GiveUp


class Entrance:
    """`begin`, then `press` for each key; drain `actions` after every call."""

    def __init__(self) -> None:
        self.step = Step.NUMBER
        self._number = ""
        self._digits = ""
        self._due: float | None = None
        self._prompted = 0
        self._wrong = 0
        self._actions: list[Action] = []

    def begin(self, now: float, *, number: str = "") -> None:
        """Ask for the number, or for the PIN when the number was dialled."""
        self._number = number
        self._ask(Step.PIN if number else Step.NUMBER, now)

    def press(self, keys: str, now: float) -> None:
        """One key or several at once; what is no key is nothing."""
        for key in keys:
            if self.step not in (Step.NUMBER, Step.PIN):
                return
            self._prompted, self._due = 0, now + PATIENCE_SECONDS
            if key in "0123456789":
                self._digits += key
            elif key == "*":
                self._digits = ""
            elif key != "#" or not self._digits:
                continue
            if key == "#" or len(self._digits) == self._length:
                self._complete(now)
            else:
                self._actions.append(Say((), self.step, self._digits))

    def again(self, now: float) -> None:
        """What was said last was not seen and heard."""
        if self.step in (Step.NUMBER, Step.PIN):
            self._say((self.step.value,), now)

    def refused(self, now: float, *, wrong: bool) -> None:
        """What was tried did not open; `wrong`: because number or PIN are not right."""
        if not wrong:
            self._give_up("closed")
            return
        self._wrong += 1
        if self._wrong >= MAX_WRONG:
            self._give_up("wrong")
        else:
            self._number = ""
            self._ask(Step.NUMBER, now, before=("wrong",))

    def handle_timer(self, now: float) -> None:
        """Prompt again, or let go."""
        if self._due is None or now < self._due:
            return
        self._prompted += 1
        if self._prompted >= MAX_PROMPTED:
            self._give_up("goodbye")
        else:
            self._digits = ""
            self._say((self.step.value,), now)

    def next_timer(self) -> float | None:
        return self._due

    def actions(self) -> list[Action]:
        """What is to be done since the last call."""
        actions, self._actions = self._actions, []
        return actions

    @property
    def _length(self) -> int:
        return NUMBER_DIGITS if self.step is Step.NUMBER else PIN_DIGITS

    def _ask(self, step: Step, now: float, *, before: tuple[str, ...] = ()) -> None:
        self.step, self._digits, self._prompted = step, "", 0
        self._say((*before, step.value), now)

    def _say(self, sentences: tuple[str, ...], now: float) -> None:
        self._due = now + PATIENCE_SECONDS
        self._actions.append(Say(sentences, self.step, self._digits))

    def _complete(self, now: float) -> None:
        if len(self._digits) < self._length:
            self.refused(now, wrong=True)
            return
        if self.step is Step.NUMBER:
            self._number = self._digits
            self._ask(Step.PIN, now)
            return
        self.step, self._due = Step.TRYING, None
        self._actions.append(Try(self._number, self._digits))

    def _give_up(self, sentence: str) -> None:
        self.step, self._due = Step.OVER, None
        self._actions.append(GiveUp(sentence))
