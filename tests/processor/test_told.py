"""When a sender is told another size. Time is an argument."""

from __future__ import annotations

from mcu.control import NeededPicture
from mcu.processor.needs import Need, sized
from mcu.processor.told import LOWER_SECONDS, Told


def need(exact: tuple[int, int], ample: tuple[int, int], fps: int = 25) -> Need:
    return Need(sized(*exact, fps), sized(*ample, fps))


SMALL = need((238, 134), (320, 180))
MIDDLE = need((618, 348), (960, 540))
LARGE = need((1280, 720), (1280, 720))


def test_the_first_word_is_told_whatever_it_is() -> None:
    assert Told().take(SMALL, 0.0)
    begun = Told()
    begun.take(MIDDLE, 0.0)
    assert begun.picture == MIDDLE.exact
    nobody = Told()
    assert nobody.take(None, 0.0)
    assert nobody.picture is None
    assert not nobody.take(None, 100.0)


def test_more_is_told_at_once_and_amply() -> None:
    told = Told()
    told.take(SMALL, 0.0)
    for now, more in enumerate((MIDDLE, LARGE), 1):
        assert told.take(more, float(now))
        assert told.picture == more.ample


def test_less_is_told_when_it_has_been_enough_for_a_while() -> None:
    told = Told()
    told.take(LARGE, 0.0)
    assert not told.take(SMALL, 10.0)
    assert not told.take(SMALL, 10.0 + LOWER_SECONDS - 0.1)
    assert told.picture == LARGE.exact
    assert told.take(SMALL, 10.0 + LOWER_SECONDS)
    assert told.picture == SMALL.exact


def test_two_who_take_turns_are_told_nothing() -> None:
    told = Told()
    told.take(LARGE, 0.0)
    words = [told.take(LARGE if turn % 2 else SMALL, 3.0 * turn) for turn in range(100)]
    assert not any(words)


def test_what_was_needed_meanwhile_is_kept() -> None:
    """A tile that went from large to nothing, with a middle size in between, has not done without that for long."""
    told = Told()
    told.take(LARGE, 0.0)
    told.take(None, 1.0)
    told.take(MIDDLE, 2.0)
    assert told.take(None, 1.0 + LOWER_SECONDS)
    assert told.picture == MIDDLE.ample
    assert not told.take(None, 1.0 + 2 * LOWER_SECONDS - 0.1)
    assert told.take(None, 1.0 + 2 * LOWER_SECONDS)
    assert told.picture is None


def test_a_camera_that_is_turned_is_told_anew_at_once() -> None:
    told = Told()
    told.take(SMALL, 0.0)
    turned = need((102, 180), (144, 256))
    assert told.take(turned, 1.0)
    assert told.picture == turned.ample


def test_who_comes_back_is_told_exactly_and_at_once() -> None:
    told = Told()
    told.take(None, 0.0)
    assert told.take(MIDDLE, 1.0)
    assert told.picture == MIDDLE.exact


def test_the_exact_size_follows_when_the_need_has_stayed_the_same() -> None:
    told = Told()
    told.take(SMALL, 0.0)
    assert told.take(MIDDLE, 10.0)
    assert not any(told.take(MIDDLE, 10.0 + second / 10) for second in range(50))
    assert told.take(MIDDLE, 10.2 + LOWER_SECONDS)
    assert told.picture == MIDDLE.exact
    assert not any(told.take(MIDDLE, 20.0 + second) for second in range(100))


def tiles_while_people_come(people: int) -> Need:
    """Each a little smaller than the one before."""
    height = 720 - 20 * people
    return need((height * 16 // 9 // 2 * 2, height), (960, 540) if height < 480 else (1280, 720))


def test_while_people_come_sizes_change_in_steps_and_once_more_when_all_are_in() -> None:
    told, changes = Told(), []
    for tick in range(400):
        now = tick / 10
        people = min(20, int(now / 1.5))
        if told.take(tiles_while_people_come(people), now):
            changes.append((now, told.picture))
    last = tiles_while_people_come(20)
    assert [picture for _, picture in changes] == [
        tiles_while_people_come(0).exact,
        sized(960, 540, 25),
        last.exact,
    ]
    assert 30.0 + LOWER_SECONDS <= changes[-1][0] < 30.2 + LOWER_SECONDS


def test_an_ample_size_never_makes_a_sender_send_more_than_before() -> None:
    told = Told()
    told.take(need((640, 360), (640, 360)), 0.0)
    needs = [need((618, 348), (960, 540)), need((602, 340), (960, 540))]
    assert not any(told.take(needs[second // 3 % 2], 1.0 + second) for second in range(60))


def test_another_rate_changes_no_size() -> None:
    told = Told()
    told.take(SMALL, 0.0)
    slow = need((238, 134), (320, 180), fps=10)
    assert not told.take(slow, 1.0)
    assert told.take(slow, 1.0 + LOWER_SECONDS)
    assert told.picture == slow.exact
    assert told.take(SMALL, 7.0)
    assert told.picture == SMALL.exact


def test_who_has_to_wait_is_told_the_most_of_all_that_time() -> None:
    told = Told()
    told.take(LARGE, 0.0)
    assert not any(told.take(SMALL, 1.0 + second, may_shrink=False) for second in range(10))
    assert not told.take(MIDDLE, 11.0, may_shrink=False)
    assert told.take(SMALL, 11.5)
    assert told.picture == MIDDLE.ample
    assert told.take(SMALL, 11.5 + LOWER_SECONDS)
    assert told.picture == SMALL.exact
    assert told.picture == NeededPicture(238, 134, 25, 161_000)
