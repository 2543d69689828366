"""Which channels of ours should be open, and which of the peer's may be.

Rules:
1. What we send is what `choose` says for the peer's last set; it is looked at again after each change.
2. A format that the peer refused is not asked for again until its next set; a master that wants the same codec both
   ways (masterSlaveConflict) gets its own.
3. A channel that fastStart opened stays while the peer's set has its codec: its numbers were agreed on without a set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mcu.h323.capabilities import CapabilitySet, Offer
from mcu.h323.capability_choice import Choice, choose, reachable
from mcu.h323.channel_table import OpeningRefused
from mcu.h323.channels import LocalMedia, MediaFormat
from mcu.h323.h239 import PresentationToken
from mcu.h323.logical_channels import LogicalChannels
from mcu.h323.media_keys import Encryption
from mcu.media.types import StreamKind

MAX_REFUSED = 16  # formats that a peer refuses, before nothing of that kind is asked for
MAX_CHANGES = 200  # of formats of ours in one call: a peer that never rests keeps what it has


class ChannelPlan:
    """The plan of one call. `theirs` is None while the peer wants nothing sent."""

    def __init__(self, *, offer: Offer, media: Mapping[StreamKind, LocalMedia], token: PresentationToken) -> None:
        self.offer = offer if StreamKind.CONTENT in media else replace(offer, content=())
        self.channels = LogicalChannels(media=media, refuse=self._refuse)
        self.theirs: CapabilitySet | None = None
        self.encryption = Encryption.OFF  # what there are keys for, or must be
        self._media = media
        self._token = token
        self._like: dict[StreamKind, str] = {}  # codecs that are to be sent before better ones
        self._refused: list[MediaFormat] = []
        self._unwanted: set[StreamKind] = set()  # kinds that the peer wants nothing of, until its next set
        self._adopted: set[StreamKind] = set()  # kinds whose channel of ours fastStart opened
        self._changes = 0
        self.content_number = 0  # of the channel that was named when the token was asked for; 0 for any

    def choice(self) -> Choice:
        """What we send, by kind, content also without the token."""
        if self.theirs is None:
            return {}
        theirs = reachable(self.theirs, self.encryption)
        chosen = choose(self.offer, theirs, like=self._like, refused=self._refused)
        return {kind: media for kind, media in chosen.items() if kind in self._media and kind not in self._unwanted}

    def move(self, media: Mapping[StreamKind, LocalMedia]) -> None:
        """What is opened from now on is at other ports."""
        self._media = media
        self.channels.move(media)

    def learn(self, theirs: CapabilitySet | None) -> None:
        """The peer's set, None for the empty one."""
        self.theirs = theirs
        self._refused.clear()
        self._unwanted.clear()
        if theirs is None:
            self._adopted.clear()

    def adopted(self, kind: StreamKind) -> None:
        """fastStart opened our channel of this kind."""
        self._adopted.add(kind)

    def want(self, codecs: Mapping[StreamKind, str]) -> None:
        """The peer asked for these codecs."""
        self._like |= codecs
        self._adopted -= codecs.keys()

    def drop(self, kind: StreamKind) -> None:
        """The peer wants nothing of this kind."""
        self._unwanted.add(kind)

    def refused(self, event: OpeningRefused) -> None:
        """The peer did not take a channel of ours."""
        received = self.channels.received_codec(event.kind)
        if event.cause == "masterSlaveConflict" and received and self._like.get(event.kind) != received:
            self._like[event.kind] = received
        elif len(self._refused) < MAX_REFUSED:
            self._refused.append(event.media)
        else:
            self._unwanted.add(event.kind)

    def apply(self, now: float) -> None:
        """Open, close and change our channels so that they are what they should be."""
        choice = self.choice()
        for kind in StreamKind:
            wanted, current = choice.get(kind), self.channels.sent_format(kind)
            if kind is StreamKind.CONTENT and not self._token.is_ours:
                continue  # not ours to send; what was open is closed by who lost the token
            if wanted == current or (current is not None and self._may_stay(kind, current)):
                continue
            if current is not None:
                if wanted is not None and self._changes >= MAX_CHANGES:
                    continue
                self.channels.close(kind, now)
                self._changes += 1
            if wanted is not None:
                number = 0
                if kind is StreamKind.CONTENT:
                    number, self.content_number = self.content_number, 0
                self.channels.open(kind, wanted, now, number=number)

    def close_all(self, now: float) -> None:
        """Close what we send. What is opened after it is opened anew: nothing of fastStart stays."""
        self._adopted.clear()
        for kind in StreamKind:
            self.channels.close(kind, now)

    def _may_stay(self, kind: StreamKind, current: MediaFormat) -> bool:
        if kind not in self._adopted or self.theirs is None or self.encryption is not Encryption.OFF:
            return False
        return any(each.kind is kind and each.codec == current.codec for each in self.theirs.abilities.values())

    def _refuse(self, kind: StreamKind, media: MediaFormat) -> str:
        """Why a channel of the peer is not wanted (OpenLogicalChannelReject), "" when it is."""
        if self.encryption is Encryption.REQUIRED and not media.ciphered:
            return "securityDenied"
        codecs = {
            StreamKind.AUDIO: (*self.offer.audio, *self.offer.audio_received),
            StreamKind.MAIN: self.offer.video,
            StreamKind.CONTENT: (*self.offer.content, *self.offer.video),
        }[kind]
        if media.codec not in {name.rstrip("+") for name in codecs}:
            return "dataTypeNotSupported"
        if kind is not StreamKind.CONTENT:
            return ""
        if self._token.is_ours and self.channels.is_master:
            return "masterSlaveConflict"
        return "" if self._token.is_open or self._token.is_theirs else "dataTypeNotAvailable"
