"""H.245 of one call, single PDUs in and out: what its owner may ask of it.

Rules:
1. Set and determination are sent at once; when both sides' sets are told and roles are known, our channels open.
2. Drain `messages_to_send` and `events_received` after every call of another method.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcu.h323 import events, user_input
from mcu.h323.capabilities import CapabilitySet
from mcu.h323.channels import Channel, Direction, LocalMedia
from mcu.h323.h245_core import H245Core
from mcu.h323.h245_messages import EndSessionCommand
from mcu.h323.media_keys import Encryption, SessionKeys
from mcu.h323.multipoint import Label
from mcu.media.types import StreamKind


class H245Control(H245Core):
    """`accepts_content` says whether the peer is given the token of H.239 when it asks."""

    # --- state ----------------------------------------------------------------------------------------------

    @property
    def is_master(self) -> bool | None:
        """None until it is determined."""
        return self._roles.is_master

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that are open now."""
        return self._channels.channels

    @property
    def peer_capabilities(self) -> CapabilitySet | None:
        """What the peer can receive, as it said last."""
        return self._sets.theirs

    @property
    def has_nothing_in_common(self) -> bool:
        """The peer has said what it takes, and none of it can be sent."""
        return self._plan.theirs is not None and not self._plan.choice() and not self.channels

    @property
    def accepts_content(self) -> bool:
        """Whether the peer is given the token of H.239 when it asks."""
        return self._token.is_open

    @accepts_content.setter
    def accepts_content(self, is_open: bool) -> None:
        self._token.is_open = is_open

    # --- what the owner wants -------------------------------------------------------------------------------

    def start(self, now: float) -> None:
        """Begin: capability set and determination, both at once."""
        self._send_set(now)
        self._roles.start(now)
        self._settle(now)

    def use_keys(self, keys: SessionKeys | None, encryption: Encryption, now: float) -> None:
        """What call signaling agreed on for media (H.235.6), None for nothing."""
        self._channels.keys = keys
        self._plan.encryption = encryption
        if self._sets.is_told and not self._is_held:
            self._send_set(now)
        self._must_adjust = True
        self._settle(now)

    def adopt(self, channel: Channel, *, number: int, session: int, now: float) -> None:
        """Take over a channel that fastStart opened; `number` is that of who opens it."""
        if channel.direction is Direction.SENT:
            self._plan.adopted(channel.kind)
        self._channels.adopt(channel, number=number, session=session)
        self._settle(now)

    def request_keyframe(self, kind: StreamKind, now: float) -> None:
        """Ask the peer for a whole picture."""
        self._commands.ask_keyframe(kind, now)
        self._settle(now)

    def limit_bitrate(self, kind: StreamKind, bps: int | None, now: float) -> None:
        """Ask the peer not to send more than this, also in later channels of this kind; None takes it back."""
        self._commands.limit(kind, bps)
        self._settle(now)

    def send_digits(self, digits: str, now: float) -> None:
        for message in user_input.messages_for(digits, self._sets.theirs):
            self._send(message)

    def hold(self, now: float) -> None:
        """Ask the peer to send nothing."""
        self._is_held = True
        self._sets.send({}, now)
        self._settle(now)

    def resume(self, now: float) -> None:
        """The end of `hold`."""
        if self._is_held:
            self._is_held = False
            self.start(now)

    def move_media(self, media: Mapping[StreamKind, LocalMedia], now: float, *, by_ack: bool = False) -> None:
        """Media goes through other ports of ours from now on; channels are opened anew, once H.245 is there.

        `by_ack`: they stay open, and are acknowledged again; see `Quirks.moves_by_ack`.
        """
        self._moves_by_ack = by_ack
        self._plan.move(media)
        self._must_move = not self.ready and not self._move.is_under_way
        if not self._must_move:
            self._begin_move(now)
        self._settle(now)

    def ask_content_token(self, now: float) -> None:
        """Ask for the right to send content; ContentHeld or ContentRefused is the answer."""
        if self._token.is_ours:
            return
        theirs = self._plan.theirs
        if not self.ready or theirs is None or not theirs.h239 or StreamKind.CONTENT not in self._plan.choice():
            self._events.append(events.ContentRefused())
            return
        self._plan.content_number = self._channels.next_number()
        self._token.ask(self._plan.content_number, now)
        self._settle(now)

    def release_content_token(self, now: float) -> None:
        """Give the right back; the channel is closed first."""
        self._channels.close(StreamKind.CONTENT, now)
        self._settle(now)
        self._token.release()
        self._settle(now)

    def end_peer_content(self, now: float) -> None:
        """The peer's content is not wanted any more: ask for its channel to be closed, and take its token back."""
        self._channels.request_close(StreamKind.CONTENT)
        self._token.content_closed()
        self._settle(now)

    def end_session(self, now: float) -> None:
        """Close our channels and say that it is over; nothing is sent after that."""
        if self._is_over:
            return
        self._plan.close_all(now)
        self._settle(now)
        self._send(EndSessionCommand())
        self._is_over = True

    # --- conference control ---------------------------------------------------------------------------------

    def announce_terminals(self, number: Label, terminals: Mapping[Label, str], now: float) -> None:
        """Tell the peer its number in our conference, and who else is there: (bridge, terminal) and name."""
        self._multipoint.announce(number, terminals)
        self._settle(now)

    def answer_chair(self, is_granted: bool, now: float) -> None:
        """The answer to ChairTokenAsked."""
        self._multipoint.answer_chair(is_granted)
        self._settle(now)
