"""Movement: loops meet, mouths follow voices, nobody grimaces."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mcu.synthetic.motion import Motion, Pose

FPS, SECONDS = 15, 6.0
COUNT = round(FPS * SECONDS)


def poses(motion: Motion) -> np.ndarray:
    return np.array([dataclasses.astuple(motion.pose(frame)) for frame in range(COUNT + 1)])


@pytest.mark.parametrize("seed", [str(number) for number in range(20)])
def test_loops_are_seamless(seed: str) -> None:
    """The step from the last picture to the first is no larger than the others."""
    path = poses(Motion(seed, seconds=SECONDS))
    assert path[COUNT] == pytest.approx(path[0], abs=1e-9)
    steps = np.abs(np.diff(path, axis=0))
    assert np.all(steps[-1] <= steps.max(axis=0) + 1e-9)


def test_loops_of_one_person_share_their_posture_at_the_seam() -> None:
    quiet = Motion("a", seconds=SECONDS).pose(0)
    lively = Motion("b", seconds=4, mouth=np.zeros(60)).pose(0)
    assert (quiet.yaw, quiet.pitch, quiet.roll, quiet.gaze) == pytest.approx((0, 0, 0, 0))
    assert (lively.yaw, lively.pitch, lively.roll, lively.gaze) == pytest.approx((0, 0, 0, 0))


def test_mouth_follows_the_voice() -> None:
    envelope = np.clip(np.sin(np.arange(COUNT)), 0, 1)
    motion = Motion("a", seconds=SECONDS, mouth=envelope)
    opened = np.array([motion.pose(frame).mouth for frame in range(COUNT)])
    assert np.corrcoef(opened, envelope)[0, 1] > 0.99


def test_listeners_keep_their_mouths_shut_and_blink() -> None:
    for seed in range(10):
        path = [Motion(str(seed), seconds=SECONDS).pose(frame) for frame in range(COUNT)]
        assert all(pose.mouth == 0 for pose in path)
        assert any(pose.lids > 0.7 for pose in path)
        assert sum(pose.lids > 0.3 for pose in path) < COUNT / 4


def test_everything_stays_in_bounds() -> None:
    for seed in range(20):
        motion = Motion(str(seed), seconds=SECONDS, mouth=np.ones(COUNT))
        for frame in range(COUNT):
            pose = motion.pose(frame)
            assert isinstance(pose, Pose)
            assert abs(pose.yaw) < 0.4
            assert abs(pose.pitch) < 0.3
            assert abs(pose.roll) < 0.1
            assert abs(pose.gaze) <= 1
            assert 0 <= pose.lids <= 1
            assert 0 <= pose.smile <= 1
