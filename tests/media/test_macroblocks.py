from __future__ import annotations

import numpy as np

from mcu.media.macroblocks import MAX_PARTS, REFINED, REFRESH, SETTLED, Macroblocks

SIZE = (320, 184)  # 20 columns, 12 rows, the last one cut in half


def blocks() -> Macroblocks:
    """Everything was coded once and nothing is due."""
    return Macroblocks(*SIZE)


def test_what_changed_is_active_as_far_as_it_touches() -> None:
    active = blocks().active([(30, 16, 20, 17), (304, 176, 16, 8)], SIZE)
    expected = np.zeros((12, 20), np.uint8)
    expected[1:3, 1:4] = 1
    expected[11, 19] = 1
    assert active.dtype == np.uint8
    assert np.array_equal(active, expected)


def test_pictures_of_another_size_are_scaled_and_bleed() -> None:
    active = blocks().active([(640, 320, 64, 64)], (1280, 736))
    assert {tuple(place) for place in np.argwhere(active)} == {(r, c) for r in (4, 5, 6) for c in (9, 10, 11)}


def test_rectangles_beyond_the_picture_are_cut() -> None:
    made = blocks()
    assert made.active([(-20, -20, 5_000, 5_000)], SIZE).all()
    assert not made.active([(-40, -40, 20, 20), (900, 900, 20, 20)], SIZE).any()


def test_what_changed_once_is_active_once() -> None:
    made = blocks()
    seen = [int(made.active([(0, 0, 16, 16)] if index == 0 else [], SIZE)[0, 0]) for index in range(3)]
    assert seen == [1, 0, 0]


def test_a_frame_coded_as_a_whole_is_a_change_of_everything() -> None:
    made = blocks()
    assert [made.active([], SIZE).any() for _ in range(SETTLED)][-1]
    made.all_changed()
    assert not any(made.active([], SIZE).any() for _ in range(SETTLED - 1))
    assert made.active([], SIZE).all()


def test_what_became_still_is_refined_and_then_refreshed_now_and_then() -> None:
    made = blocks()
    history = np.array([made.active([], SIZE) for _ in range(SETTLED + REFINED + 100 * REFRESH)])
    assert not history[: SETTLED - 1].any()
    assert history[SETTLED - 1 : SETTLED - 1 + REFINED].all()
    later = history[SETTLED - 1 + REFINED :]
    assert (later[: 100 * REFRESH].sum(axis=0) == 100).all()
    assert later.mean(axis=(1, 2)).max() <= 2 / 12  # two rows at a time


def test_cameras_of_ten_frames_are_coded_when_they_change_and_no_more() -> None:
    made = blocks()
    active = [made.active([(0, 0, *SIZE)] if index % 5 in (0, 2) else [], SIZE).any() for index in range(50)]
    assert sum(active) == 20


def test_rectangles_and_sizes_may_change_without_end() -> None:
    made = blocks()
    for index in range(2 * MAX_PARTS):
        x, y = index % 20 * 16, index // 20 % 11 * 16
        active = made.active([(x, y, 16, 16 - index % 3)], SIZE)
        assert active[y // 16, x // 16] == 1
    assert made.active([(0, 0, 2, 2)], (2, 2)).all()


def test_what_is_sharp_is_not_coded_again_until_it_changes() -> None:
    blocks = Macroblocks(64, 64, settled=1)
    everything = [(0, 0, 64, 64)]
    blocks.active(everything, (64, 64))
    refined = blocks.active([], (64, 64))
    assert refined.all()
    blocks.sharp(refined)
    assert not any(blocks.active([], (64, 64)).any() for _ in range(50))
    changed = blocks.active([(0, 0, 16, 16)], (64, 64))
    assert changed.sum() == 1
    assert blocks.active([], (64, 64)).sum() == 1  # made sharp again, and that alone
