"""Who presents, a room or somebody else, and what has to be done so that call and conference agree on it. No I/O.

| in the conference            | the room presents                     | it does not                     |
|------------------------------|---------------------------------------|---------------------------------|
| its content is shown         | -                                     | STOP                            |
| somebody else's is shown     | just began: SHOW; else it was overtaken: ASK, and END when ASK came to nothing | ASK |
| nobody's is shown            | just began: SHOW; else END            | RELEASE, if the token is ours   |

Rules:
1. A room presents while it holds the token of H.239 and its channel of content is open: a token alone shows nothing.
2. One command at a time is on its way to the conference; what happens meanwhile is looked at when it is `answered`.
3. Who did not give us the token is asked again when somebody else begins to present, or when it has presented itself.
"""

from __future__ import annotations

import enum

from mcu.h323.channels import Channel, Direction
from mcu.h323.events import ChannelClosed, ChannelOpened, ContentHeld, ContentRefused, ControlReady, Event
from mcu.media.types import StreamKind


class Wish(enum.Enum):
    """What has to be done."""

    SHOW = "show"  # by the conference: show the room's content
    STOP = "stop"  # by the conference: show it no longer
    ASK = "ask"  # by the call: ask for the token, to send content
    RELEASE = "release"  # by the call: send none any more
    END = "end"  # by the call: the room shall close its channel


class ContentState:
    """Of one room. Drain `wishes` after every call of another method."""

    def __init__(self) -> None:
        self._wishes: list[Wish] = []
        self._me: str | None = None  # in the conference
        self._content: str | None = None  # whose is shown there
        self._busy: Wish | None = None  # on its way to the conference
        self._ready = False  # H.245 can be asked for things
        self._theirs = self._ours = False  # the token
        self._open = False  # the room's channel
        self._is_new = False  # it took the token, and the conference was not told yet
        self._asking = self._refused = False
        self._ending = False  # it was asked to close its channel

    def wishes(self) -> list[Wish]:
        wishes, self._wishes = self._wishes, []
        return wishes

    # --- the conference -----------------------------------------------------------------------------------

    def entered(self, me: str) -> None:
        """The room is participant `me`; who presents there was said by `shown`."""
        self._me = me
        self._look()

    def shown(self, content: str | None) -> None:
        """Who presents now, None for nobody."""
        if content != self._content:
            self._refused = False
            if self._busy is None and content is not None:
                self._is_new = False  # it was overtaken before it was shown
        self._content = content
        self._look()

    def left(self) -> None:
        """It is in no conference any more."""
        self._me = None

    def answered(self) -> None:
        """SHOW or STOP was carried out or refused."""
        if self._busy is Wish.SHOW:
            self._is_new = False
        self._busy = None
        self._look()

    # --- the call -----------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        match event:
            case ControlReady():
                self._ready = True
            case ContentHeld(by_peer, by_us):
                if self._theirs and not by_peer:
                    self._refused = False
                if by_peer and not self._theirs:
                    self._is_new, self._ending = True, False
                self._theirs, self._ours = by_peer, by_us
                self._asking = self._asking and not by_us
            case ContentRefused():
                self._asking, self._refused = False, True
            case ChannelOpened(Channel(direction=Direction.RECEIVED, kind=StreamKind.CONTENT)):
                self._open = True
            case ChannelClosed(Direction.RECEIVED, StreamKind.CONTENT):
                self._open = self._ending = False
            case _:
                return
        self._look()

    # --- both ---------------------------------------------------------------------------------------------

    def _look(self) -> None:
        presents = self._theirs and self._open
        self._is_new = self._is_new and self._theirs
        if self._me is None or self._busy is not None:
            return
        if self._content == self._me:
            self._is_new = False
            if not presents:
                self._tell(Wish.STOP)
        elif self._is_new:
            if presents:
                self._tell(Wish.SHOW)
        else:
            self._show_others()

    def _tell(self, wish: Wish) -> None:
        self._busy = wish
        self._wishes.append(wish)

    def _show_others(self) -> None:
        """What the room is to be sent, if anything; its own content is not what is shown."""
        if self._content is None:
            if self._ours or self._asking:
                self._ours = self._asking = False
                self._wishes.append(Wish.RELEASE)
        elif self._ready and not (self._ours or self._asking or self._refused):
            self._asking = True
            self._wishes.append(Wish.ASK)
        if self._open and not (self._asking or self._ending):
            self._ending = True
            self._wishes.append(Wish.END)
