"""Who takes which slot, so that the fewest people move.

The path, top to bottom: content, seats and the large tile by rule; whoever stood in a rolling slot stays; the one who
leaves the large tile takes the place of the one who enters it; empty slots go to those who wait, by rank; and a
speaker who is still out of view takes the slot of the lowest in rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mcu.control import ParticipantState
from mcu.mixer.geometry import Holds, Slot


def seat(
    slots: Sequence[Slot],
    *,
    members: Sequence[ParticipantState],
    speaker: str | None,
    content: str | None,
    previous: Sequence[str | None],
    priority: Sequence[str],
) -> list[str | None]:
    """One participant or None for each slot.

    `previous` is the last answer, content left out. `priority` ranks people for the rolling slots, first is best; whom
    it does not name comes after, in the order of `members`.
    """
    roster = [member.participant for member in members]
    rank = {person: position for position, person in enumerate(dict.fromkeys((*priority, *roster)))}
    large_slot = _large_slot(slots)
    before = _previous_places(slots, previous)
    places: dict[int, str | None] = {}
    for index, slot in enumerate(slots):
        if slot.holds is Holds.CONTENT:
            places[index] = content
        elif slot.holds is Holds.SEAT:
            places[index] = next((member.participant for member in members if member.seat == slot.seat), None)
        elif index == large_slot:
            places[index] = _large(slot, members, speaker, before.get(index))
    fixed = {person for index, person in places.items() if slots[index].holds is not Holds.CONTENT}
    free = [person for person in roster if person not in fixed]
    rolling = [index for index in range(len(slots)) if index not in places]
    if len(free) == len(rolling) and large_slot is None:
        row: list[str | None] = [*free]
    else:
        left = before.get(large_slot) if large_slot is not None else None
        entered = places[large_slot] if large_slot is not None else None
        row = [left if person == entered else person for person in _row(rolling, before, previous)]
        row = _settled(row, len(rolling), free=free, rank=rank, wanted=(left, speaker))
    places.update(zip(rolling, row, strict=True))
    return [places[index] for index in range(len(slots))]


def _large_slot(slots: Sequence[Slot]) -> int | None:
    """Index of the slot that follows the speaker or the lecturer; further speaker slots are rolling."""
    return next((index for index, slot in enumerate(slots) if slot.holds in (Holds.SPEAKER, Holds.LECTURER)), None)


def _large(slot: Slot, members: Sequence[ParticipantState], speaker: str | None, before: str | None) -> str | None:
    """The lecturer holds the lowest seat, or came first. The speaker slot keeps the last speaker through silence."""
    roster = [member.participant for member in members]
    if slot.holds is Holds.LECTURER:
        seated = [member for member in members if member.seat > 0]
        return min(seated, key=lambda member: member.seat).participant if seated else next(iter(roster), None)
    return next((person for person in (speaker, before, *roster) if person in roster), None)


def _previous_places(slots: Sequence[Slot], previous: Sequence[str | None]) -> dict[int, str | None]:
    """`previous` under the indices of today's slots, content skipped."""
    people = [index for index, slot in enumerate(slots) if slot.holds is not Holds.CONTENT]
    return dict(zip(people, previous, strict=False))


def _row(rolling: Iterable[int], before: Mapping[int, str | None], previous: Sequence[str | None]) -> list[str | None]:
    """Who stood in the rolling slots, and after them who stood in slots that there are no longer."""
    return [before.get(index) for index in rolling] + list(previous[len(before) :])


def _settled(
    row: Sequence[str | None], size: int, *, free: Sequence[str], rank: Mapping[str, int], wanted: Sequence[str | None]
) -> list[str | None]:
    """`row` made `size` long: strangers and repetitions out, holes filled by rank, the `wanted` brought into view."""
    standing: list[str | None] = []
    for person in row:
        standing.append(person if person in free and person not in standing else None)
    if len(standing) > size:  # there are fewer slots than before: close up
        standing = [person for person in standing if person is not None]
    standing = (standing + [None] * size)[:size]
    waiting = sorted(
        (person for person in free if person not in standing), key=lambda person: (person not in wanted, rank[person])
    )
    for index, person in enumerate(standing):
        if person is None and waiting:
            standing[index] = waiting.pop(0)
    for person in dict.fromkeys(wanted):  # who left the large tile may be the speaker
        replaceable = [other for other in standing if other is not None and other not in wanted]
        if person in waiting and replaceable:
            standing[standing.index(max(replaceable, key=lambda other: rank[other]))] = person
    return standing
