"""Whether tiles are told so that they can be judged: at all, of a layout that there is, and no more often than needed.

Rules:
1. The server tells tiles anew when somebody comes, leaves or gets another seat, when the chair chooses another layout
   or a screen is shared, and else when another one speaks or it is the next one's turn (mcu.mixer.director). A reason
   may move tiles twice, and may not have been heard of yet.
2. What is told more often is a fault where it leaves people unjudged; fewer changes only leave them unjudged.
3. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

from loadtests.checks.accounts import changes
from loadtests.checks.seats import SWITCH_SECONDS, has_room, is_known, misplaced
from loadtests.checks.told import Told
from loadtests.checks.wording import people, tiles
from loadtests.findings import Fault, Finding
from loadtests.recording import Layout, Recording
from mcu.mixer.director import ROLL_SECONDS

SPARE = 2  # changes without a reason that is known: of strangers, of who was on the way
TWICE = 2  # changes for one reason: who leaves may have been the speaker
LASTS = 0.5  # seconds that tiles are in force: what was corrected at once is no fault of its own
MAX_CHECKED = 50  # layouts of which it is looked whether tiles can stand so


def judge_telling(recording: Recording, told: Told, unjudged: Collection[int]) -> Iterator[Finding]:
    """`unjudged` are people who should be seen, and whose tile was not told for long enough to judge it."""
    if not told.layouts:
        if recording.present and unjudged:
            text = f"the server tells of no tiles, though the cameras of {people(unjudged)} are on"
            yield Finding(Fault.TILES_WRONG, text, tuple(sorted(unjudged)))
        return
    lasting = list(_lasting(recording, told))[:MAX_CHECKED]
    strange = sorted({layout.name[:32] for layout in lasting if not is_known(layout)})
    if strange:
        text = f"the tiles are told as of a layout {', '.join(map(repr, strange))}, which there is not"
        yield Finding(Fault.TILES_WRONG, text)
    odd = set().union(*(misplaced(layout) for layout in lasting))
    if odd:
        own = tuple(sorted(person for person in odd if person >= 0))
        whose = tiles(own) if own else "tiles of strangers"
        yield Finding(Fault.TILES_WRONG, f"{whose}, as told, leave the picture, overlap, or can show nobody", own)
    count, most, seconds = retold(recording, told)
    if unjudged and count > most:
        text = f"the tiles are told anew {count} times in {seconds:.1f} s, where there are reasons for {most} at most: "
        yield Finding(Fault.TILES_WRONG, f"{text}{tiles(unjudged)} cannot be judged", tuple(sorted(unjudged)))


def retold(recording: Recording, told: Told) -> tuple[int, int, float]:
    """How often tiles were told anew, how often there may have been a reason, and in how many seconds."""
    layouts = told.layouts
    begin, end = layouts[0].since, recording.end
    moved = [(before, after) for before, after in pairwise(layouts) if before.places != after.places]
    begin = max(begin, recording.begin - 1.0)
    moved = [(before, after) for before, after in moved if begin <= after.since <= end]
    reasons = sum(begin - 1.0 <= when <= end for when in changes(recording))
    reasons += sum(_chosen(before) != _chosen(after) for before, after in pairwise(layouts))
    seconds = end - begin
    turns = 0.0
    if not all(has_room(layout) and (layout.choice or layout.name) == "grid" for layout in layouts):
        turns = seconds / SWITCH_SECONDS + seconds / ROLL_SECONDS
    return len(moved), TWICE * reasons + SPARE + int(turns), seconds


def _chosen(layout: Layout) -> tuple[str, int, frozenset[int]]:
    """What the chair and who shares have to do with it."""
    return layout.choice, layout.strip, frozenset(place.person for place in layout.places if place.content)


def _lasting(recording: Recording, told: Told) -> Iterator[Layout]:
    """Those that were in force for a while."""
    ends = [*(layout.since for layout in told.layouts[1:]), recording.end]
    return (layout for layout, end in zip(told.layouts, ends, strict=True) if end - layout.since >= LASTS)
