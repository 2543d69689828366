from __future__ import annotations

import numpy as np

from mcu.media.macroblocks import MAX_PARTS, REFINED, REFRESH, SETTLED, Macroblocks

SIZE = (320, 184)  # 20 columns, 12 rows, the last one cut in half


def blocks() -> Macroblocks:
    """Everything was coded once and nothing is due."""
    made = Macroblocks(*SIZE)
    made.all_changed(reference=True)
    return made


def test_what_changed_is_active_as_far_as_it_touches() -> None:
    active = blocks().active([(30, 16, 20, 17), (304, 176, 16, 8)], SIZE, reference=True)
    expected = np.zeros((12, 20), np.uint8)
    expected[1:3, 1:4] = 1
    expected[11, 19] = 1
    assert active.dtype == np.uint8
    assert np.array_equal(active, expected)


def test_pictures_of_another_size_are_scaled_and_bleed() -> None:
    active = blocks().active([(640, 320, 64, 64)], (1280, 736), reference=True)
    assert {tuple(place) for place in np.argwhere(active)} == {(r, c) for r in (4, 5, 6) for c in (9, 10, 11)}


def test_rectangles_beyond_the_picture_are_cut() -> None:
    made = blocks()
    assert made.active([(-20, -20, 5_000, 5_000)], SIZE, reference=True).all()
    assert not made.active([(-40, -40, 20, 20), (900, 900, 20, 20)], SIZE, reference=True).any()


def test_a_change_stays_active_until_a_frame_that_others_refer_to() -> None:
    made = blocks()
    seen = [
        int(made.active([(0, 0, 16, 16)] if index == 0 else [], SIZE, reference=reference)[0, 0])
        for index, reference in enumerate((False, False, True, False, False))
    ]
    assert seen == [1, 1, 1, 0, 0]


def test_after_an_upper_layer_frame_was_coded_whole_all_of_it_differs() -> None:
    made = Macroblocks(*SIZE)
    made.all_changed(reference=False)
    assert made.active([], SIZE, reference=True).all()
    assert not made.active([], SIZE, reference=True).any()


def test_what_became_still_is_refined_and_then_refreshed_now_and_then() -> None:
    made = blocks()
    history = np.array([made.active([], SIZE, reference=True) for _ in range(SETTLED + REFINED + 100 * REFRESH)])
    assert not history[: SETTLED - 1].any()
    assert history[SETTLED - 1 : SETTLED - 1 + REFINED].all()
    later = history[SETTLED - 1 + REFINED :]
    assert (later[: 100 * REFRESH].sum(axis=0) == 100).all()
    assert later.mean(axis=(1, 2)).max() <= 2 / 12  # two rows at a time


def test_cameras_of_ten_frames_are_coded_when_they_change_and_no_more() -> None:
    made = blocks()
    active = [
        made.active([(0, 0, *SIZE)] if index % 5 in (0, 2) else [], SIZE, reference=True).any() for index in range(50)
    ]
    assert sum(active) == 20


def test_rectangles_and_sizes_may_change_without_end() -> None:
    made = blocks()
    for index in range(2 * MAX_PARTS):
        x, y = index % 20 * 16, index // 20 % 11 * 16
        active = made.active([(x, y, 16, 16 - index % 3)], SIZE, reference=True)
        assert active[y // 16, x // 16] == 1
    assert made.active([(0, 0, 2, 2)], (2, 2), reference=True).all()


def test_what_is_sharp_is_not_coded_again_until_it_changes() -> None:
    blocks = Macroblocks(64, 64, settled=1)
    everything = [(0, 0, 64, 64)]
    blocks.active(everything, (64, 64), reference=True)
    refined = blocks.active([], (64, 64), reference=True)
    assert refined.all()
    blocks.sharp(refined)
    assert not any(blocks.active([], (64, 64), reference=True).any() for _ in range(50))
    changed = blocks.active([(0, 0, 16, 16)], (64, 64), reference=True)
    assert changed.sum() == 1
    assert blocks.active([], (64, 64), reference=True).sum() == 1  # made sharp again, and that alone
