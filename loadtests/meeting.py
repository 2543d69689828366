"""A conference as the users of one worker hold it: who is in, who speaks, whose hand is up, who shares.

Rules:
1. At most `speakers` speak at once. Who wants to asks for a turn, and gives it back.
2. There is one chair, and one who shares; who wants to be either and comes second is told no.
3. Everything is given back by `left`, however somebody goes.
Greenlets change places only where they wait, and nothing here waits: no locks are needed.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, Protocol, TypeVar

from loadtests.conferences import Conference, Place

MAX_HANDS = 36  # raised and not answered: more than sit in one composite


class Numbered(Protocol):
    """Who takes part, as far as a meeting minds."""

    who: int


P = TypeVar("P", bound=Numbered)


class Meeting(Generic[P]):
    """`entered` and `left` for everybody; the rest as people wish."""

    def __init__(self, place: Place) -> None:
        self.conference: Conference = place.conference
        self.chaired = place.chaired
        self._speakers = place.speakers
        self.people: dict[int, P] = {}  # who is in, of this worker
        self.expected = 0  # who is in or on the way
        self.speaking: set[int] = set()
        self.muted: dict[int, float] = {}  # by our chair, since when
        self._chair: int | None = None
        self._sharer: int | None = None
        self._sender: int | None = None
        self._hands: deque[int] = deque(maxlen=MAX_HANDS)
        self._words: set[int] = set()  # who was given the word and has not taken it yet

    @property
    def key(self) -> str:
        """What agents know it by."""
        return self.conference.link

    def entered(self, person: P) -> None:
        self.people[person.who] = person

    def left(self, who: int) -> None:
        """Gone, or about to go."""
        self.people.pop(who, None)
        self.speaking.discard(who)
        self.muted.pop(who, None)
        self._words.discard(who)
        self.lower_hand(who)
        if self._chair == who:
            self._chair = None
        if self._sharer == who:
            self._sharer = None
        if self._sender == who:
            self._sender = None

    # --- the one who sends, where all others watch ------------------------------------------------------

    @property
    def has_sender(self) -> bool:
        """Somebody is it, or on the way."""
        return self._sender is not None

    @property
    def sender(self) -> int | None:
        """Whose media there is to see."""
        return self._sender if self._sender in self.people else None

    def take_sending(self, who: int) -> None:
        """Who found `has_sender` not so."""
        self._sender = who

    # --- speaking ---------------------------------------------------------------------------------------

    @property
    def may_begin(self) -> bool:
        """Whether one more may speak."""
        return len(self.speaking) < self._speakers

    def begin_to_speak(self, who: int) -> bool:
        """Whether `who` may speak now; not when muted, nor when others have all turns."""
        self._words.discard(who)
        if who in self.muted or not (self.may_begin or who in self.speaking):
            return False
        self.speaking.add(who)
        return True

    def stop_speaking(self, who: int) -> None:
        self.speaking.discard(who)

    # --- the chair --------------------------------------------------------------------------------------

    @property
    def chair(self) -> int | None:
        """Who has the chair, of this worker."""
        return self._chair

    def take_chair(self, who: int) -> bool:
        """Whether it was free."""
        if self._chair is None:
            self._chair = who
        return self._chair == who

    def raise_hand(self, who: int) -> None:
        if who not in self._hands:
            self._hands.append(who)

    def lower_hand(self, who: int) -> None:
        if who in self._hands:
            self._hands.remove(who)

    def next_hand(self) -> int | None:
        """Whose turn it is to be given the word, while one more may speak."""
        return self._hands[0] if self._hands and self.may_begin else None

    def give_word(self, who: int) -> None:
        """The server has said so."""
        self.lower_hand(who)
        self._words.add(who)

    def has_word(self, who: int) -> bool:
        return who in self._words

    # --- content ----------------------------------------------------------------------------------------

    def begin_to_share(self, who: int) -> bool:
        """Whether nobody else does."""
        if self._sharer is None:
            self._sharer = who
        return self._sharer == who

    def stop_sharing(self, who: int) -> None:
        if self._sharer == who:
            self._sharer = None
