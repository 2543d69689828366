"""Who is who: numbers of people, each of them one face, one voice and one code in the whole run.

Rules:
1. Worker `index` of n has the numbers index, index + n, index + 2 × n and so on.
2. The lowest number that is free is taken, since faces and voices are made once for each.
3. A number may rest before it is given again: who vanished is still in the conference for the server.
"""

from __future__ import annotations

from mcu.errors import ConfigurationError
from mcu.synthetic.picture_code import MAX_PERSON


class Numbers:
    """Those of one worker. Pure: time is an argument."""

    def __init__(self, *, index: int, workers: int) -> None:
        self._all = range(index, MAX_PERSON + 1, workers)
        self._taken: set[int] = set()
        self._resting: dict[int, float] = {}  # until when

    def take(self, *, now: float) -> int:
        """A number for somebody who enters. Raises ConfigurationError when all are taken."""
        self._resting = {number: until for number, until in self._resting.items() if until > now}
        number = next((each for each in self._all if each not in self._taken and each not in self._resting), None)
        if number is None:
            raise ConfigurationError(
                f"{len(self._all)} participants are the most of one locust worker among so many: "
                f"there are codes for {MAX_PERSON + 1} people in one run."
            )
        self._taken.add(number)
        return number

    def give_back(self, number: int, *, now: float, rest: float = 0.0) -> None:
        """Free again, after `rest` seconds."""
        self._taken.remove(number)
        if rest:
            self._resting[number] = now + rest
