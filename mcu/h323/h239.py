"""The presentation token (H.239 clause 11.2): who of the two sides may send content.

| held by    | we ask                 | peer asks                            | peer grants     | peer releases |
|------------|------------------------|--------------------------------------|-----------------|---------------|
| nobody     | Request, asking        | granted → peer                       | asking → us     | nothing       |
| us         | nothing                | granted → peer, ours is over         | nothing         | nothing       |
| the peer   | Request, asking        | granted again                        | asking → us     | → nobody      |

Rules:
1. The peer is granted the token unless the owner of the call closed that door (`is_open`): the last to present wins.
2. When both ask at once the higher number wins; with equal numbers both are refused, and we ask again with another
   once the peer's refusal is there.
3. A peer that opens a channel of content without asking holds the token, and one that closes it lets go of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from mcu.h323.events import ContentHeld, ContentRefused
from mcu.h323.h245_codec import ACKNOWLEDGE, REJECT
from mcu.h323.h245_messages import Presentation
from mcu.h323.h245_procedure import Procedure

# subMessageIdentifiers, clause 11.1
FLOW_CONTROL_RELEASE_REQUEST, FLOW_CONTROL_RELEASE_RESPONSE = 1, 2
TOKEN_REQUEST, TOKEN_RESPONSE, TOKEN_RELEASE, TOKEN_INDICATE_OWNER = 3, 4, 5, 6
BIT_RATE, CHANNEL, SYMMETRY_BREAKING, TERMINAL_LABEL = 41, 42, 43, 44  # parameters

ANSWER = 5.0  # seconds that a peer has for its response
MAX_TRIES = 3  # of ours when numbers are equal
MOST_SYMMETRY = 127  # numbers are from 1 to this


@dataclass(frozen=True, slots=True)
class _Asking:
    channel: int
    symmetry: int
    tries: int
    is_tied: bool = False  # the peer asked with the same number


class PresentationToken(Procedure[ContentHeld | ContentRefused]):
    """The token of one call."""

    def __init__(self, *, rng: random.Random) -> None:
        super().__init__()
        self.is_open = True  # whether the peer gets the token when it asks
        self.is_ours = False
        self.is_theirs = False
        self.own_label = (0, 0)  # ours, where a bridge gave us one
        self._rng = rng
        self._asking: _Asking | None = None

    @property
    def _label(self) -> int:
        """Ours as a parameter: the bridge's number before the terminal's."""
        return self.own_label[0] << 8 | self.own_label[1]

    def ask(self, channel: int, now: float) -> None:
        """Ask for the token; `channel` is the number of the channel that will carry the content."""
        if self.is_ours or self._asking is not None:
            return
        self._ask(channel, 1, now)

    def release(self) -> None:
        """Give the token back, or ask no more."""
        if self.is_ours or self._asking is not None:
            self._messages.append(Presentation(TOKEN_RELEASE, ((TERMINAL_LABEL, self._label),)))
        self._asking = self._deadline = None
        self._hold(ours=False, theirs=self.is_theirs)

    def receive(self, message: Presentation, now: float) -> None:
        """A message of H.239, whenever it comes."""
        said = dict(message.parameters)
        if message.kind == TOKEN_REQUEST:
            self._asked(said, now)
        elif message.kind == TOKEN_RESPONSE and self._asking is not None:
            self._answered(said, now)
        elif message.kind == TOKEN_RELEASE:
            self._hold(ours=self.is_ours, theirs=False)
        elif message.kind == FLOW_CONTROL_RELEASE_REQUEST:
            answer = ((ACKNOWLEDGE, 0), (CHANNEL, said.get(CHANNEL, 0)))
            self._messages.append(Presentation(FLOW_CONTROL_RELEASE_RESPONSE, answer))

    def content_opened(self) -> None:
        """A channel of content of the peer was granted."""
        self._hold(ours=False, theirs=True)

    def content_closed(self) -> None:
        """The peer's channel of content is closed."""
        self._hold(ours=self.is_ours, theirs=False)

    def handle_timer(self, now: float) -> None:
        if self._timer_ran_out(now):
            self._asking = None
            self._events.append(ContentRefused())

    def _ask(self, channel: int, tries: int, now: float) -> None:
        self._asking = _Asking(channel, self._rng.randint(1, MOST_SYMMETRY), tries)
        parameters = (
            (TERMINAL_LABEL, self._label),
            (CHANNEL, channel),
            (SYMMETRY_BREAKING, self._asking.symmetry),
        )
        self._messages.append(Presentation(TOKEN_REQUEST, parameters))
        self._deadline = now + ANSWER

    def _asked(self, said: dict[int, int], now: float) -> None:
        asking, theirs = self._asking, said.get(SYMMETRY_BREAKING, 0)
        if asking is not None and theirs == asking.symmetry:
            self._answer(said, REJECT)
            self._asking = replace(asking, is_tied=True)  # the peer's refusal of ours is on its way
            return
        if not self.is_open or (asking is not None and theirs < asking.symmetry):
            self._answer(said, REJECT)
            return
        if asking is not None:
            self._asking = self._deadline = None
            self._events.append(ContentRefused())
        self._answer(said, ACKNOWLEDGE)
        self._hold(ours=False, theirs=True)

    def _answer(self, said: dict[int, int], word: int) -> None:
        parameters = ((word, 0), (TERMINAL_LABEL, said.get(TERMINAL_LABEL, 0)), (CHANNEL, said.get(CHANNEL, 0)))
        self._messages.append(Presentation(TOKEN_RESPONSE, parameters))

    def _answered(self, said: dict[int, int], now: float) -> None:
        assert self._asking is not None
        if ACKNOWLEDGE in said:
            self._asking = self._deadline = None
            self._hold(ours=True, theirs=False)
        elif self._asking.is_tied and self._asking.tries < MAX_TRIES:
            self._ask(self._asking.channel, self._asking.tries + 1, now)
        else:
            self._asking = self._deadline = None
            self._events.append(ContentRefused())

    def _hold(self, *, ours: bool, theirs: bool) -> None:
        if (ours, theirs) != (self.is_ours, self.is_theirs):
            self.is_ours, self.is_theirs = ours, theirs
            self._events.append(ContentHeld(by_peer=theirs, by_us=ours))
