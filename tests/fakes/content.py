"""The parts of ContentThread and ComposingThread that are told what to code."""

from __future__ import annotations

from collections.abc import Mapping

from mcu.media.types import SHARED_SCREEN, VideoProfile


class FakeContentThread:
    """Codes nothing."""

    def __init__(self) -> None:
        self.rates: Mapping[VideoProfile, int] = {}
        self.held = False
        self.asked = 0  # keyframes

    @property
    def rate(self) -> int:
        """Of browsers."""
        return self.rates.get(SHARED_SCREEN, 0)

    def use(self, rates: Mapping[VideoProfile, int]) -> None:
        self.rates = dict(rates)

    def admit(self, profile: VideoProfile) -> None:
        self.asked += 1

    def request_keyframe(self, profile: VideoProfile) -> None:
        self.asked += 1


class FakeComposingThread:
    """Codes nothing."""

    def __init__(self) -> None:
        self.rates: Mapping[VideoProfile, int] = {}
        self.asked: list[VideoProfile] = []  # keyframes

    def use(self, rates: Mapping[VideoProfile, int]) -> None:
        self.rates = dict(rates)

    def admit(self, profile: VideoProfile) -> None:
        self.asked.append(profile)

    def request_keyframe(self, profile: VideoProfile) -> None:
        self.asked.append(profile)
