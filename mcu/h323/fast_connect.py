"""The state of fastStart in one call (H.323 clause 8.1.7): proposed, accepted, refused or not wanted."""

from __future__ import annotations

from collections.abc import Mapping

from mcu.h323 import fast_start
from mcu.h323.call_options import CallOptions
from mcu.h323.capabilities import Offer
from mcu.h323.channels import LocalMedia
from mcu.h323.fast_start import Accepted, Opened
from mcu.h323.h225_messages import Setup
from mcu.h323.open_channel import OpenLogicalChannel
from mcu.h323.q931 import MessageType
from mcu.h323.vendors import Quirks
from mcu.media.types import StreamKind

ANSWERS = {MessageType.CALL_PROCEEDING: 0, MessageType.ALERTING: 1, MessageType.CONNECT: 2}  # in their order


class FastConnect:
    """`media` and `offer` are set when they are known."""

    def __init__(self, options: CallOptions) -> None:
        self.media: Mapping[StreamKind, LocalMedia] = {}
        self.offer = Offer()
        self._options = options
        self._ours: tuple[OpenLogicalChannel, ...] = ()  # not answered yet
        self._theirs: tuple[bytes, ...] = ()  # not answered yet
        self._refuses = False
        self.has_moved = False  # what is opened by an answer is opened at ports that are gone

    # --- in calls out ---------------------------------------------------------------------------------------

    @property
    def is_pending(self) -> bool:
        """Whether proposals of ours wait for an answer: H.245 may wait for it too."""
        return bool(self._ours)

    def propose(self) -> None:
        self._ours = fast_start.propose(self.offer, self.media)

    def propose_sound_only(self) -> None:
        """For a SETUP that would be too large."""
        self._ours = tuple(each for each in self._ours if each.kind is StreamKind.AUDIO)

    def move(self, media: Mapping[StreamKind, LocalMedia]) -> None:
        """Other ports than those that were proposed, if any were."""
        self.media = media
        self.has_moved = self.has_moved or self.is_pending

    def elements(self) -> tuple[bytes, ...]:
        """Our proposals, for the SETUP."""
        return fast_start.serialize(self._ours)

    def answered(self, body: object, kind: int) -> tuple[Opened, ...]:
        """What a message of the peer opened. After CONNECT, or a refusal, nothing more is waited for."""
        if not self._ours:
            return ()
        opened = fast_start.read_answer(getattr(body, "fast_start", ()), self._ours)
        if opened or getattr(body, "fast_connect_refused", False) or kind == MessageType.CONNECT:
            self._ours = ()
        return opened

    # --- in calls in ----------------------------------------------------------------------------------------

    @property
    def is_refused(self) -> bool:
        """Whether our answers say so."""
        return bool(self._theirs) and self._refuses

    def offered(self, setup: Setup, quirks: Quirks) -> None:
        """What the caller proposes."""
        self._theirs = setup.fast_start
        self._refuses = not (self._options.accept_fast_start and quirks.fast_start)

    def refuse(self) -> None:
        """Take none of what was proposed."""
        self._refuses = True

    def accept(self, kind: MessageType) -> Accepted | None:
        """The answer to it, for a message of `kind`; None where there is none, or not yet."""
        if not self._theirs or self._refuses or not self.media:
            return None
        if ANSWERS[kind] < ANSWERS[self._options.fast_start_in]:
            return None
        accepted = fast_start.accept(self._theirs, self.offer, self.media)
        if accepted is None:
            self._refuses = True
        else:
            self._theirs = ()
        return accepted
