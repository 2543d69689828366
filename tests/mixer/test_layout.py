"""Who stands where, and that nobody moves without need."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mcu.control import LayoutChoice, ParticipantState, SlotRule
from mcu.errors import RefusedError
from mcu.mixer.layout import Tile, arrange, check
from tests.mixer.people import people

GRID = LayoutChoice()
SPEAKER = LayoutChoice(name="speaker", strip=5)
LECTURE = LayoutChoice(name="lecture", strip=5)
PRESENTATION = LayoutChoice(name="presentation", strip=5)
SINGLE = LayoutChoice(name="single")


def placed(
    choice: LayoutChoice,
    members: Sequence[ParticipantState],
    *,
    speaker: str | None = None,
    content: str | None = None,
    previous: Sequence[Tile] = (),
    priority: Sequence[str] = (),
) -> tuple[Tile, ...]:
    return arrange(
        choice,
        members=members,
        speaker=speaker,
        content=content,
        width=1280,
        height=720,
        previous=previous,
        priority=priority,
    )


def names(tiles: Sequence[Tile]) -> list[str | None]:
    return [tile.participant for tile in tiles]


class TestEveryLayout:
    @pytest.mark.parametrize("name", ["grid", "speaker", "single", "lecture", "presentation", "unheard-of"])
    @pytest.mark.parametrize("content", [None, "p0"])
    @pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 8, 36, 50])
    def test_nobody_twice_and_no_holes(self, name: str, content: str | None, count: int) -> None:
        for strip in (0, 1, 5, 7, 16, 99, -3):
            tiles = placed(LayoutChoice(name=name, strip=strip), people(count), content=content)
            shown = [tile.participant for tile in tiles if not tile.content]
            assert None not in shown
            assert len(set(shown)) == len(shown)
            assert len(tiles) <= 36

    def test_who_is_not_seen_has_no_tile(self) -> None:
        members = people(4)
        members[1] = replace_seen(members[1])
        assert names(placed(GRID, members)) == ["p0", "p2", "p3"]

    def test_fit_is_passed_on_and_content_is_always_whole(self) -> None:
        tiles = placed(LayoutChoice(fit="contain"), people(4))
        assert {tile.fit for tile in tiles} == {"contain"}
        assert all(abs(tile.width / tile.height - 16 / 9) < 0.02 for tile in tiles)
        tiles = placed(GRID, people(4), content="p2")
        assert [tile.fit for tile in tiles] == ["contain", "cover", "cover", "cover", "cover"]


def replace_seen(member: ParticipantState) -> ParticipantState:
    return ParticipantState(member.participant, member.name, seen=False)


class TestGrid:
    def test_roster_order_whoever_speaks(self) -> None:
        before = placed(GRID, people(24))
        assert names(before) == [f"p{number}" for number in range(24)]
        assert placed(GRID, people(24), speaker="p17", previous=before) == before

    def test_thirty_seventh_waits(self) -> None:
        assert names(placed(GRID, people(40))) == [f"p{number}" for number in range(36)]

    def test_a_speaker_out_of_view_takes_the_lowest_rank_and_nobody_else_moves(self) -> None:
        before = placed(GRID, people(40))
        priority = [f"p{number}" for number in range(40) if number != 9] + ["p9"]
        after = placed(GRID, people(40), speaker="p38", previous=before, priority=priority)
        changed = [(a.participant, b.participant) for a, b in zip(before, after, strict=True) if a != b]
        assert changed == [("p9", "p38")]

    def test_silence_brings_nobody_back(self) -> None:
        before = placed(GRID, people(40), speaker="p38", previous=placed(GRID, people(40)))
        assert placed(GRID, people(40), previous=before) == before

    def test_a_leaver_closes_the_grid(self) -> None:
        before = placed(GRID, people(5))
        after = placed(GRID, people(5)[1:], previous=before)
        assert names(after) == ["p1", "p2", "p3", "p4"]

    def test_one_who_waits_takes_a_leavers_place(self) -> None:
        before = placed(GRID, people(40))
        members = [member for member in people(40) if member.participant != "p5"]
        after = placed(GRID, members, previous=before)
        assert names(after) == ["p36" if number == 5 else f"p{number}" for number in range(36)]


class TestSpeaker:
    def test_first_in_roster_until_somebody_speaks(self) -> None:
        assert names(placed(SPEAKER, people(6))) == ["p0", "p1", "p2", "p3", "p4", "p5"]

    def test_the_two_change_places_and_nobody_else_moves(self) -> None:
        before = placed(SPEAKER, people(6), speaker="p0")
        after = placed(SPEAKER, people(6), speaker="p3", previous=before)
        assert names(after) == ["p3", "p1", "p2", "p0", "p4", "p5"]

    def test_silence_keeps_the_last_speaker(self) -> None:
        before = placed(SPEAKER, people(6), speaker="p3")
        assert placed(SPEAKER, people(6), previous=before) == before

    def test_a_speaker_from_outside_leaves_the_last_one_in_view(self) -> None:
        before = placed(SPEAKER, people(12), speaker="p0")
        after = placed(SPEAKER, people(12), speaker="p11", previous=before)
        assert names(after) == ["p11", "p1", "p2", "p3", "p4", "p0"]

    def test_a_speaker_who_leaves_is_replaced_and_the_strip_closes(self) -> None:
        before = placed(SPEAKER, people(6), speaker="p3")
        members = [member for member in people(6) if member.participant != "p3"]
        after = placed(SPEAKER, members, previous=before)
        assert set(names(after)) == {"p0", "p1", "p2", "p4", "p5"}
        assert len(after) == 5

    def test_two_people(self) -> None:
        tiles = placed(SPEAKER, people(2), speaker="p1")
        assert names(tiles) == ["p1", "p0"]
        assert tiles[0].width > 3 * tiles[1].width

    def test_alone(self) -> None:
        assert len(placed(SPEAKER, people(1))) == 1


class TestLecture:
    def test_the_lowest_seat_lectures_whoever_speaks(self) -> None:
        members = people(9, seats={4: 2, 6: 1})
        tiles = placed(LECTURE, members, speaker="p2")
        assert tiles[0].participant == "p6"
        assert "p2" in names(tiles)[1:]

    def test_without_seats_the_first_in_the_roster(self) -> None:
        assert placed(LECTURE, people(9), speaker="p2")[0].participant == "p0"

    def test_a_voice_from_the_audience_comes_into_view(self) -> None:
        before = placed(LECTURE, people(9))
        after = placed(LECTURE, people(9), speaker="p8", previous=before)
        assert names(before) == ["p0", "p1", "p2", "p3", "p4", "p5"]
        assert names(after) == ["p0", "p1", "p2", "p3", "p4", "p8"]


class TestContent:
    @pytest.mark.parametrize("choice", [GRID, SPEAKER, LECTURE, PRESENTATION])
    def test_takes_the_large_tile_whatever_the_layout(self, choice: LayoutChoice) -> None:
        tiles = placed(choice, people(8), content="p2")
        assert (tiles[0].participant, tiles[0].content) == ("p2", True)
        assert tiles[0].width > 1000
        assert not any(tile.content for tile in tiles[1:])
        assert len(tiles) == 6

    def test_fills_a_single(self) -> None:
        (tile,) = placed(SINGLE, people(8), content="p2")
        assert tile.content

    def test_who_speaks_stands_beside_it(self) -> None:
        before = placed(PRESENTATION, people(9), content="p2")
        after = placed(PRESENTATION, people(9), content="p2", speaker="p7", previous=before)
        assert names(after) == ["p2", "p0", "p1", "p2", "p3", "p7"]

    def test_presentation_without_content_shows_the_speaker(self) -> None:
        assert names(placed(PRESENTATION, people(3), speaker="p1")) == ["p1", "p0", "p2"]


class TestCustom:
    CHOICE = LayoutChoice(
        name="custom",
        canvas=(1920, 1080),
        slots=(
            SlotRule(0, 0, 960, 1080, holds="speaker"),
            SlotRule(960, 0, 480, 540, holds="seat", seat=1),
            SlotRule(1440, 0, 480, 540, holds="seat", seat=9),
            SlotRule(960, 540, 480, 540),
            SlotRule(1440, 540, 480, 540),
        ),
    )

    def test_each_slot_by_its_rule(self) -> None:
        tiles = placed(self.CHOICE, people(6, seats={2: 1}), speaker="p4")
        assert names(tiles) == ["p4", "p2", None, "p0", "p1"]
        assert [(tile.x, tile.y, tile.width, tile.height) for tile in tiles[:2]] == [
            (0, 0, 640, 720),
            (640, 0, 320, 360),
        ]

    def test_who_has_a_seat_may_also_stand_large(self) -> None:
        assert names(placed(self.CHOICE, people(3, seats={2: 1}), speaker="p2"))[:2] == ["p2", "p2"]

    def test_a_place_is_kept_when_somebody_leaves_and_nobody_waits(self) -> None:
        before = placed(self.CHOICE, people(4, seats={2: 1}), speaker="p3")
        assert names(before) == ["p3", "p2", None, "p0", "p1"]
        members = [member for member in people(4, seats={2: 1}) if member.participant != "p0"]
        assert names(placed(self.CHOICE, members, speaker="p3", previous=before)) == ["p3", "p2", None, None, "p1"]

    def test_content_only_where_the_layout_has_a_place_for_it(self) -> None:
        assert not any(tile.content for tile in placed(self.CHOICE, people(4), content="p1"))
        slots = (SlotRule(0, 0, 1920, 1080, holds="content"), SlotRule(1440, 810, 400, 225))
        tiles = placed(LayoutChoice(name="custom", slots=slots), people(4), content="p1")
        assert [(tile.participant, tile.content) for tile in tiles] == [("p1", True), ("p0", False)]

    def test_nonsense_does_no_harm(self) -> None:
        slots = tuple(SlotRule(x, x, 1 << 40, -5, holds="dragon", seat=-1) for x in range(-5, 50))
        placed(LayoutChoice(name="custom", slots=slots, canvas=(0, -1)), people(4))


class TestCheck:
    @pytest.mark.parametrize("choice", [GRID, SPEAKER, LECTURE, PRESENTATION, SINGLE, TestCustom.CHOICE])
    def test_good(self, choice: LayoutChoice) -> None:
        check(choice)

    @pytest.mark.parametrize(
        "choice",
        [
            LayoutChoice(name="circle"),
            LayoutChoice(fit="stretch"),
            LayoutChoice(strip=17),
            LayoutChoice(strip=-1),
            LayoutChoice(name="custom"),
            LayoutChoice(name="custom", canvas=(0, 10), slots=(SlotRule(0, 0, 1, 1),)),
            LayoutChoice(name="custom", slots=(SlotRule(0, 0, 1921, 10),)),
            LayoutChoice(name="custom", slots=(SlotRule(-1, 0, 10, 10),)),
            LayoutChoice(name="custom", slots=(SlotRule(0, 0, 10, 0),)),
            LayoutChoice(name="custom", slots=(SlotRule(0, 0, 10, 10, holds="lecturer"),)),
            LayoutChoice(name="custom", slots=(SlotRule(0, 0, 10, 10, holds="seat"),)),
            LayoutChoice(name="custom", slots=(SlotRule(0, 0, 10, 10),) * 37),
        ],
    )
    def test_bad(self, choice: LayoutChoice) -> None:
        with pytest.raises(RefusedError) as caught:
            check(choice)
        assert caught.value.code == "layout-invalid"


class TestAlone:
    @pytest.mark.parametrize("choice", [GRID, SPEAKER, LECTURE, SINGLE])
    def test_one_tile_fills_the_composite(self, choice: LayoutChoice) -> None:
        (tile,) = placed(choice, people(1))
        assert (tile.x, tile.y, tile.width, tile.height) == (0, 0, 1280, 720)

    def test_one_of_a_custom_layout_stays_where_it_was_put(self) -> None:
        choice = LayoutChoice(name="custom", slots=(SlotRule(960, 540, 960, 540),))
        (tile,) = placed(choice, people(1))
        assert (tile.x, tile.y, tile.width, tile.height) == (640, 360, 640, 360)
