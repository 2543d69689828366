"""The logical channels that there are in one call, by their numbers, and which of them count.

Rules:
1. Each direction has numbers of its own: those of our channels we choose, those of the peer's it does.
2. Of each kind the last channel counts; when it is closed, an earlier one that is still open does.
3. A channel of ours is here from when it is asked for until its close was answered, or waited for long enough; one of
   the peer only while it is open.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mcu.h323 import open_channel
from mcu.h323.channels import Channel, Direction, MediaFormat
from mcu.h323.events import BitrateLimited, ChannelClosed, ChannelOpened
from mcu.h323.h245_procedure import Procedure
from mcu.h323.media_keys import KeySync, SessionKeys, told_key
from mcu.h323.open_channel import OpenLogicalChannel
from mcu.media.types import StreamKind

FIRST_NUMBER, LAST_NUMBER = 101, 65_535


class State(enum.Enum):
    AWAITING_ESTABLISHMENT = "awaiting establishment"
    ESTABLISHED = "established"
    AWAITING_RELEASE = "awaiting release"


@dataclass(frozen=True, slots=True)
class OpeningRefused:
    """The peer did not take a channel of ours; `cause` as in OpenLogicalChannelReject, "T103" for no answer."""

    kind: StreamKind
    media: MediaFormat
    cause: str


@dataclass(frozen=True, slots=True)
class CloseRequested:
    """A channel of ours was closed because the peer asked for it."""

    kind: StreamKind
    wants_another: bool


@dataclass(slots=True)
class Entry:
    """One channel. `channel` is set while it is established."""

    asked: OpenLogicalChannel
    kind: StreamKind
    media: MediaFormat
    state: State
    channel: Channel | None = None
    deadline: float | None = None
    key: bytes = b""  # of ours, when we are the master


ChannelEvent = ChannelOpened | ChannelClosed | BitrateLimited | OpeningRefused | CloseRequested


class ChannelTable(Procedure[ChannelEvent]):
    """The base of `LogicalChannels`, which opens and closes what is here."""

    def __init__(self) -> None:
        super().__init__()
        self.is_master = True  # until it is determined: sessions that nobody assigned must come from somebody
        self.keys: SessionKeys | None = None  # once media can be enciphered
        self._sent: dict[int, Entry] = {}
        self._received: dict[int, Entry] = {}
        self._outdated: set[int] = set()  # channels of the peer to ports that are not ours any more
        self._next_number = FIRST_NUMBER

    # --- what there is --------------------------------------------------------------------------------------

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that count now."""
        ways = [(table, kind) for table in (self._received, self._sent) for kind in StreamKind]
        found = (self._current(table, kind) for table, kind in ways)
        return tuple(entry.channel for entry in found if entry is not None and entry.channel is not None)

    @property
    def is_any_asked_for(self) -> bool:
        """Whether a channel is open, or asked for, in either direction."""
        return bool(self._received or self._sent)

    def sent_format(self, kind: StreamKind) -> MediaFormat | None:
        """What our channel of this kind carries, be it open or only asked for; None where there is none."""
        found = [entry for entry in self._sent.values() if entry.kind is kind]
        return next((entry.media for entry in reversed(found) if entry.state is not State.AWAITING_RELEASE), None)

    def sent_kind(self, number: int) -> StreamKind | None:
        """The kind of the channel that a command of the peer means; some number our channels like their own."""
        entry = self._sent.get(number) or self._received.get(number)
        return None if entry is None or entry.state is State.AWAITING_RELEASE else entry.kind

    def received_number(self, kind: StreamKind) -> int:
        """The number of the peer's channel of this kind, 0 where there is none."""
        entry = self._current(self._received, kind)
        return 0 if entry is None else entry.asked.number

    def received_codec(self, kind: StreamKind) -> str:
        """The codec of the peer's channel of this kind, "" where there is none."""
        entry = self._current(self._received, kind)
        return "" if entry is None else entry.media.codec

    # --- what changes beside the procedures -----------------------------------------------------------------

    def next_number(self) -> int:
        """A number that no channel of ours has."""
        while self._next_number in self._sent:
            self._next_number = self._next_number % LAST_NUMBER + 1
        number = self._next_number
        self._next_number = number % LAST_NUMBER + 1
        return number

    def adopt(self, channel: Channel, *, number: int, session: int) -> None:
        """Take over a channel that fastStart opened."""
        asked = OpenLogicalChannel(number=number, session=session, kind=channel.kind, media=channel.media)
        entry = Entry(asked, channel.kind, channel.media, State.ESTABLISHED, channel)
        self._table(channel.direction)[number] = entry
        self._events.append(ChannelOpened(channel))

    def renew_key(self, number: int, sync: KeySync, direction: str) -> bool:
        """The master tells another key for a channel, under another payload type. Whether it is in use now."""
        key, payload_type = told_key(self.keys, sync), open_channel.agreed_type(sync)
        is_sent = bool(direction) and (direction == "masterToSlave") == self.is_master
        table = self._sent if is_sent or (not direction and number not in self._received) else self._received
        entry = table.get(number)
        if entry is None or entry.channel is None or not (entry.media.ciphered and key and payload_type):
            return False
        media = replace(entry.channel.media, payload_type=payload_type)
        entry.channel = replace(entry.channel, key=key, media=media)
        entry.media = entry.media if table is self._sent else media
        if self._current(table, entry.kind) is entry:
            self._events.append(ChannelOpened(entry.channel))
        return True

    def outdate(self) -> None:
        """What the peer opened until now went to former ports."""
        self._outdated = set(self._received)

    @property
    def has_outdated(self) -> bool:
        return bool(self._outdated)

    def forget_outdated(self) -> None:
        """What goes to former ports counts as closed."""
        for number in sorted(self._outdated):
            self._drop(self._received, number)

    # --- for the procedures ---------------------------------------------------------------------------------

    def _free_session(self) -> int:
        """A session that no channel has; the last one when all have been taken."""
        taken = {entry.asked.session for table in (self._sent, self._received) for entry in table.values()}
        sessions = range(open_channel.FIRST_DYNAMIC_SESSION, open_channel.LAST_SESSION)
        return next((number for number in sessions if number not in taken), open_channel.LAST_SESSION)

    def _table(self, direction: Direction) -> dict[int, Entry]:
        return self._sent if direction is Direction.SENT else self._received

    def _current(self, table: Mapping[int, Entry], kind: StreamKind) -> Entry | None:
        found = (entry for entry in reversed(list(table.values())) if entry.kind is kind)
        return next((entry for entry in found if entry.channel is not None), None)

    def _drop(self, table: dict[int, Entry], number: int) -> None:
        entry = table.get(number)
        if entry is None:
            return
        if table is self._received:
            self._outdated.discard(number)
        counted = self._current(table, entry.kind) is entry
        del table[number]
        if counted:
            self._tell_closed(table, entry.kind)

    def _tell_closed(self, table: Mapping[int, Entry], kind: StreamKind) -> None:
        """A channel that was open is not: whether another takes its place."""
        earlier = self._current(table, kind)
        direction = Direction.SENT if table is self._sent else Direction.RECEIVED
        if earlier is not None and earlier.channel is not None:
            self._events.append(ChannelOpened(earlier.channel))
        else:
            self._events.append(ChannelClosed(direction, kind))
