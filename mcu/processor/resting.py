"""Whose picture stands still while an MP sheds load: who has not spoken for a while. Reads no clock.

A still picture costs no decoding but for one keyframe now and then, and the encoder of the composite nearly nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mcu.processor.overload import Moving

HEARD_SECONDS = 5.0  # after the last word, before a picture stands still: people pause, and each change is a keyframe
RENEW_SECONDS = 5.0  # between two pictures of who rests
MOST_AT_ONCE = 2  # renewals at a time: keyframes of all at once would be a burst for decoder and line


class Resting:
    """Of one conference."""

    def __init__(self) -> None:
        self._spoke: dict[str, float] = {}  # when last, in the order in which they began
        self._alone = ""  # who moves when only one does
        self._renewed: dict[str, float] = {}  # who rests, and since when the picture is the same

    def choose(
        self, moving: Moving, people: Collection[str], dominant: str | None, speaking: Iterable[str], now: float
    ) -> Collection[str]:
        """Who rests now, of `people`."""
        for who in speaking:
            self._spoke[who] = now
        if dominant is not None:
            self._spoke[dominant] = now
        self._spoke = {who: at for who, at in self._spoke.items() if who in people and now - at < HEARD_SECONDS}
        match moving:
            case Moving.ALL:
                moved: Collection[str] = people
            case Moving.SPEAKING:
                moved = self._spoke
            case Moving.SPEAKER:
                if dominant is not None or self._alone not in self._spoke:
                    self._alone = dominant or next(iter(self._spoke), "")
                moved = (self._alone,)
        self._renewed = {who: self._renewed.get(who, now) for who in people if who not in moved}
        return self._renewed.keys()

    def renewals(self, now: float) -> list[str]:
        """Who should have a new picture now: those who have waited longest first."""
        due = sorted((at, who) for who, at in self._renewed.items() if now - at >= RENEW_SECONDS)[:MOST_AT_ONCE]
        for _, who in due:
            self._renewed[who] = now
        return [who for _, who in due]
