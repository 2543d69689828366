from __future__ import annotations

from mcu.media.fragments import Fragment
from mcu.media.reorder_buffer import CAPACITY, BufferedPacket, ReorderBuffer


def packet(number: int, timestamp: int, *, marker: bool = False, resumes: bool = False) -> BufferedPacket:
    return BufferedPacket(number, timestamp, marker, Fragment(b"x", resumes=resumes, begins_keyframe=resumes))


def insert(buffer: ReorderBuffer, *packets: BufferedPacket) -> list[tuple[list[int], bool]]:
    """Numbers of each frame that comes out, and whether it is contiguous."""
    frames = []
    for each in packets:
        buffer.insert(each)
        while (frame := buffer.take()) is not None:
            frames.append(([part.number for part in frame.packets], frame.contiguous))
    return frames


def test_a_frame_comes_out_with_its_marker() -> None:
    buffer = ReorderBuffer()
    assert insert(buffer, packet(10, 1)) == []
    assert insert(buffer, packet(11, 1, marker=True)) == [([10, 11], True)]
    assert insert(buffer, packet(12, 2, marker=True)) == [([12], True)]


def test_a_forgotten_marker_is_made_up_for_by_the_next_timestamp() -> None:
    buffer = ReorderBuffer()
    assert insert(buffer, packet(10, 1), packet(11, 1), packet(12, 2)) == [([10, 11], True)]
    assert insert(buffer, packet(13, 3)) == [([12], True)]


def test_frames_wait_for_a_hole_and_come_out_in_order() -> None:
    buffer = ReorderBuffer()
    assert insert(buffer, packet(1, 1, marker=True)) == [([1], True)]
    assert insert(buffer, packet(3, 3, marker=True), packet(5, 4, marker=True), packet(4, 4)) == []
    assert insert(buffer, packet(2, 2, marker=True)) == [([2], True), ([3], True), ([4, 5], True)]
    assert len(buffer) == 0


def test_a_complete_frame_that_may_resume_leaves_the_hole_behind() -> None:
    buffer = ReorderBuffer()
    insert(buffer, packet(1, 1, marker=True))
    assert insert(buffer, packet(3, 2, marker=True), packet(6, 3), packet(7, 3, marker=True)) == []
    assert insert(buffer, packet(5, 3, resumes=True)) == [([5, 6, 7], False)]
    assert buffer.next == 8
    assert insert(buffer, packet(8, 4, marker=True)) == [([8], True)]


def test_the_earliest_start_of_a_resuming_frame_counts() -> None:
    buffer = ReorderBuffer()
    insert(buffer, packet(1, 1, marker=True))
    assert insert(buffer, packet(6, 3, resumes=True)) == []
    assert insert(buffer, packet(5, 3, resumes=True), packet(7, 3, marker=True)) == [([5, 6, 7], False)]


def test_giving_up_goes_on_behind_the_hole() -> None:
    buffer = ReorderBuffer()
    insert(buffer, packet(1, 1, marker=True), packet(2, 2), packet(4, 3), packet(6, 4, marker=True))
    buffer.give_up(3)
    assert buffer.has_seen(2)
    assert buffer.next == 4
    assert insert(buffer, packet(5, 4)) == [([4], False), ([5, 6], True)]
    buffer.give_up(3)  # already behind
    assert buffer.next == 7


def test_giving_up_goes_on_with_a_frame_that_may_resume_when_there_is_one() -> None:
    buffer = ReorderBuffer()
    insert(buffer, packet(1, 1, marker=True), packet(4, 3, marker=True), packet(8, 5, resumes=True))
    buffer.give_up(3)
    assert buffer.next == 8
    assert insert(buffer, packet(9, 5, marker=True)) == [([8, 9], False)]


def test_it_never_holds_more_than_its_capacity() -> None:
    buffer = ReorderBuffer()
    insert(buffer, packet(0, 0, marker=True))
    for number in range(2, 3 * CAPACITY):  # 1 is missing, and no marker ever
        buffer.insert(packet(number, 7))
        assert len(buffer) <= CAPACITY + 1  # one hole
        while buffer.take():
            pass
    assert buffer.overflows >= 1
