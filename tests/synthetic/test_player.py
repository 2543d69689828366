"""What is sent when: exact times, loops, keyframes on request, cameras off, pauses of the process."""

from __future__ import annotations

import pytest

from mcu.synthetic.clips import Clip, Performance, SmallerPictures
from mcu.synthetic.player import BURST, BURST_SECONDS, MAX_LAG_SECONDS, PictureDue, Player, Size, load_reels

FPS = 15


def clip(name: bytes, *, frames: int, first_frame: int, level: int) -> Clip:
    return Clip(
        codec="VP8",
        width=320,
        height=180,
        fps=FPS,
        frames=tuple(name + bytes([index]) * 20 for index in range(frames)),
        keyframes=tuple(range(0, frames, 15)),
        first_frame=first_frame,
        packets=tuple(name + bytes([index]) for index in range(frames * 50 // FPS)),
        levels=(level,) * (frames * 50 // FPS),
        smaller=tuple(
            SmallerPictures(width, height, tuple(name + bytes([height, index]) for index in range(frames)))
            for width, height in ((256, 144), (160, 90))
        ),
    )


@pytest.fixture
def player() -> Player:
    listening = clip(b"L", frames=30, first_frame=0, level=65)
    speaking = clip(b"S", frames=45, first_frame=30, level=20)
    return Player(load_reels(Performance(person=0, listening=listening, speaking=speaking)), start=10.0)


def run(player: Player, pictures: int) -> list[list[PictureDue]]:
    return [whole(player) for _ in range(pictures)]


def whole(player: Player) -> list[PictureDue]:
    """The next picture, with all that has to come before it."""
    begin = player.picture_due
    found = player.next_pictures(begin)
    while player.picture_due < begin + 0.9 / FPS:
        found += player.next_pictures(player.picture_due)
    return found


def test_times_follow_the_clock_exactly(player: Player) -> None:
    run(player, 450)
    for _ in range(1500):
        player.next_sound(player.sound_due)
    assert player.picture_due == pytest.approx(10.0 + 30)
    assert player.sound_due == pytest.approx(10.0 + 30)


def test_timestamps_count_media_time(player: Player) -> None:
    assert [due[-1].timestamp for due in run(player, 4)] == [0, 6000, 12000, 18000]
    assert [player.next_sound(10.0).timestamp for _ in range(3)] == [0, 960, 1920]


def test_loops_go_round(player: Player) -> None:
    numbers = [due[-1].number for due in run(player, 62)]
    assert numbers[:3] + numbers[29:33] + numbers[60:] == [0, 1, 2, 29, 0, 1, 2, 0, 1]


def test_speaking_begins_at_its_own_beginning_in_picture_and_sound(player: Player) -> None:
    run(player, 7)
    for _ in range(20):
        player.next_sound(player.sound_due)
    player.set_speaking(True)
    assert player.next_pictures(player.picture_due)[-1].number == 30
    sound = player.next_sound(player.sound_due)
    assert (sound.payload, sound.level, sound.voice) == (b"S\0", 20, True)


def test_a_change_of_mind_before_the_next_picture_changes_nothing(player: Player) -> None:
    run(player, 3)
    player.set_speaking(True)
    player.set_speaking(False)
    assert not player.speaking
    assert player.next_pictures(player.picture_due)[-1].number == 3


def test_a_keyframe_request_is_answered_at_once_and_in_step(player: Player) -> None:
    before = run(player, 20)[-1][-1]
    player.request_keyframe()
    burst = player.next_pictures(player.picture_due)
    assert [due.number for due in burst] == [15, 16, 17, 18, 19, 20]
    timestamps = [before.timestamp, *(due.timestamp for due in burst)]
    assert timestamps == sorted(set(timestamps))
    assert burst[-1].timestamp == 20 * 6000
    assert len(player.next_pictures(player.picture_due)) == 1


def test_many_pictures_come_a_few_at_a_time_and_before_the_next_is_due(player: Player) -> None:
    run(player, 14)
    player.request_keyframe()
    begin = player.picture_due
    given, times = [], []
    while not given or given[-1].number < 14:
        times.append(player.picture_due - begin)
        burst = player.next_pictures(player.picture_due)
        assert 0 < len(burst) <= BURST
        given += burst
    assert [due.number for due in given] == list(range(15))
    assert times == pytest.approx([0, BURST_SECONDS, 2 * BURST_SECONDS])
    assert player.picture_due == pytest.approx(begin + 1 / FPS)


def test_what_is_left_of_many_is_not_sent_with_the_camera_off(player: Player) -> None:
    run(player, 14)
    player.request_keyframe()
    player.next_pictures(player.picture_due)
    player.camera_off = True
    assert player.next_pictures(player.picture_due) == []
    player.camera_off = False
    assert [due.number for due in whole(player)] == [15]


def test_nothing_is_sent_with_the_camera_off_and_a_keyframe_after_it(player: Player) -> None:
    run(player, 4)
    player.camera_off = True
    assert run(player, 3) == [[], [], []]
    player.camera_off = False
    assert [due.number for due in whole(player)] == list(range(8))


def heights(due: list[PictureDue]) -> list[int]:
    """Of the pictures, as `clip` writes it into the smaller ones; 180 for the others."""
    payloads = [b"".join(each.payloads) for each in due]
    return [180 if len(payload) > 20 else payload[-2] for payload in payloads]


def test_another_size_begins_at_once_with_its_keyframe_and_keeps_the_numbers(player: Player) -> None:
    run(player, 17)
    player.least = Size(250, 140)
    burst = player.next_pictures(player.picture_due)
    assert ([due.number for due in burst], heights(burst)) == ([15, 16, 17], [144] * 3)
    assert heights(player.next_pictures(player.picture_due)) == [144]
    player.least = Size(257, 144)
    assert heights(player.next_pictures(player.picture_due)) == [180] * 5
    player.least = Size(1280, 720)  # more than there is: as it is
    assert heights(player.next_pictures(player.picture_due)) == [180]
    player.least = Size(2, 2)
    player.set_speaking(True)
    assert heights(player.next_pictures(player.picture_due)) == [90]
    player.least = None
    assert heights(player.next_pictures(player.picture_due)) == [180] * 2


def test_no_picture_is_sent_that_is_larger_than_asked_for_by_a_hair(player: Player) -> None:
    """The clip is there with 180, 144 and 90 lines."""
    wanted = {144: 144, 141: 144, 140: 144, 139: 180, 134: 180, 130: 180, 129: 144, 100: 144, 90: 90, 82: 144, 80: 90}
    for lines, sent in wanted.items():
        player.least = Size(round(lines * 16 / 9 / 2) * 2, lines)
        player.request_keyframe()
        assert heights(player.next_pictures(player.picture_due))[0] == sent, lines
        whole(player)


def test_who_is_not_shown_sends_sound_alone_and_comes_back_with_a_keyframe(player: Player) -> None:
    run(player, 4)
    player.paused = True
    assert run(player, 3) == [[], [], []]
    assert player.next_sound(player.sound_due).payload
    player.paused = False
    assert [due.number for due in whole(player)] == list(range(8))


def test_the_muted_send_the_quiet_of_their_room(player: Player) -> None:
    player.set_speaking(True)
    run(player, 1)
    player.muted = True
    sound = player.next_sound(player.sound_due)
    assert (sound.payload[:1], sound.voice) == (b"L", False)


def test_after_a_long_pause_it_goes_on_instead_of_catching_up(player: Player) -> None:
    run(player, 5)
    late = player.picture_due + MAX_LAG_SECONDS + 3
    assert player.next_pictures(late)
    assert player.picture_due > late - 0.1
    player.next_sound(late)
    assert player.sound_due > late - 0.1
    assert player.skipped > 0


def test_it_remembers_when_each_picture_left(player: Player) -> None:
    run(player, 3)
    assert [number for number, _ in player.sent] == [0, 1, 2]
    assert [when for _, when in player.sent] == pytest.approx([10, 10 + 1 / 15, 10 + 2 / 15])


def test_remembers_when_speech_and_pictures_left(player: Player) -> None:
    player.sound_left(player.next_sound(10.0), 10.001)
    player.next_pictures(10.0)
    player.picture_left(10.002)
    player.set_speaking(True)
    player.next_pictures(player.picture_due)
    player.picture_left(10.07)
    for when in (10.02, 10.04):
        player.sound_left(player.next_sound(when), when)
    player.muted = True
    player.sound_left(player.next_sound(10.06), 10.06)
    assert list(player.sent) == [(0, 10.002), (30, 10.07)]
    assert list(player.spoken) == [(0, 10.02), (1, 10.04)]
