"""What is known of a conference at a server that forwards: one person's picture fills the whole, and one watches it."""

from __future__ import annotations

from collections.abc import Callable

from loadtests.agent.media import settings_of
from loadtests.agent.proceedings import Follower, Proceedings
from loadtests.recording import Layout, Place, Present

LAYOUT = "grid"  # as a mixing server would call it: everybody who sends has a tile


class OneSender(Proceedings):
    """Nobody tells anything: it follows from who watches whom."""

    def __init__(self, sender: int, viewer: int, *, is_here: Callable[[], bool]) -> None:
        """`is_here`: whether the sender's media flows."""
        super().__init__()
        settings = settings_of(sender)
        self.fps = settings.fps
        self._width, self._height = settings.width, settings.height
        self._sender, self._viewer, self._is_here = sender, viewer, is_here

    def lists(self, who: int) -> bool:
        return who in (self._sender, self._viewer)

    def follow(self, follower: Follower, now: float) -> None:
        """Tell it once: neither tile nor people change in a check."""
        place = Place(self._sender, False, 0, 0, self._width, self._height)
        follower.layout(Layout(now, self._width, self._height, (place,), LAYOUT))
        follower.present(Present(now, self._sender, muted=False, camera_off=False, here=self._is_here()))
        follower.present(Present(now, self._viewer, muted=True, camera_off=True, hidden=True))

    def unfollow(self, follower: Follower) -> None:
        """Nothing more would have been told."""
