"""Conference control (H.245 clause 6.2.12, H.243): terminals behind a bridge, by number and name, and the chair.

Rules:
1. To a bridge we are a terminal: we ask for its terminals once it gave us a number, and for the name of each.
2. To a terminal we are the bridge: it is told the terminals that `announce` names, and gets their names when it asks.
3. Somebody who wants the chair gets an answer: what the owner of the call says in CHAIR_ANSWER seconds, or no.
4. To drop others, or to direct what they see, is for the chair's page: refused here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcu.h323.events import ChairTokenAsked, TerminalLabel
from mcu.h323.h245_messages import Conference, FunctionNotUnderstood
from mcu.h323.h245_procedure import Procedure

Value = Any  # as in mcu.h323.asn1

MAX_TERMINALS = 192  # of a bridge, as many as it can number; others are not asked for
MAX_NAME = 128  # bytes of TerminalID
CHAIR_ANSWER = 5.0  # seconds

Label = tuple[int, int]  # (number of the bridge, number of the terminal)

_DENIALS = {
    "dropTerminal": ("terminalDropReject", 0),
    "broadcastMyLogicalChannel": ("broadcastMyLogicalChannelResponse", ("deniedBroadcastMyLogicalChannel", 0)),
    "makeTerminalBroadcaster": ("makeTerminalBroadcasterResponse", ("deniedMakeTerminalBroadcaster", 0)),
    "sendThisSource": ("sendThisSourceResponse", ("deniedSendThisSource", 0)),
}


class Multipoint(Procedure[TerminalLabel | ChairTokenAsked]):
    """Conference control of one call. `name` is what we are called in the peer's conference."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        self.own_label: Label = (0, 0)  # ours, in the peer's conference
        self._name = name
        self._theirs: dict[Label, str] = {}  # terminals behind the peer; "" for a name that is not yet known
        self._ours: dict[Label, str] = {}  # terminals of our conference, as announced
        self._number: Label | None = None  # the peer's, in our conference

    def announce(self, number: Label, terminals: Mapping[Label, str]) -> None:
        """Tell a terminal its number and who else is there; what it knows already is not said again."""
        if number != self._number:
            self._number = number
            self._indicate("terminalNumberAssign", number)
        for label in self._ours.keys() - terminals.keys():
            self._indicate("terminalLeftConference", label)
        for label in terminals.keys() - self._ours.keys():
            self._indicate("terminalJoinedConference", label)
        self._ours = dict(terminals)

    def answer_chair(self, is_granted: bool) -> None:
        """The answer to ChairTokenAsked."""
        if self._deadline is not None:
            self._deadline = None
            answer = "grantedChairToken" if is_granted else "deniedChairToken"
            self._messages.append(Conference("response", "makeMeChairResponse", (answer, 0)))

    def handle_timer(self, now: float) -> None:
        if self._deadline is not None and now >= self._deadline:
            self.answer_chair(False)

    def receive(self, message: Conference, now: float) -> None:
        """A conference request, response, command or indication."""
        match message.category:
            case "request":
                self._requested(message, now)
            case "response":
                self._responded(message)
            case "command":
                self._messages.append(Conference("response", "videoCommandReject"))
            case "indication":
                self._indicated(message)

    # --- requests of the peer -------------------------------------------------------------------------------

    def _requested(self, message: Conference, now: float) -> None:
        answer: tuple[str, Value] | None = None
        match message.name:
            case "terminalListRequest":
                answer = "terminalListResponse", [_value(label) for label in self._ours][:MAX_TERMINALS]
            case "requestTerminalID" if _label(message.value) in self._ours:
                label = _label(message.value)
                answer = "mCTerminalIDResponse", self._identity(label, self._ours[label])
            case "requestAllTerminalIDs" if self._ours:
                named = [self._identity(label, name) for label, name in self._ours.items()]
                answer = "requestAllTerminalIDsResponse", {"terminalInformation": named[:MAX_TERMINALS]}
            case "enterH243TerminalID":
                answer = "terminalIDResponse", self._identity(self.own_label, self._name)
            case "makeMeChair":
                self._deadline = now + CHAIR_ANSWER
                self._events.append(ChairTokenAsked(wanted=True))
                return
            case "cancelMakeMeChair":
                self._events.append(ChairTokenAsked(wanted=False))
                return
            case name if name in _DENIALS:
                answer = _DENIALS[name]
        if answer is None:
            request = "conferenceRequest", (message.name, message.value)
            self._messages.append(FunctionNotUnderstood("request", request))
        elif answer[0] != "terminalListResponse" or answer[1]:  # a list of none cannot be said
            self._messages.append(Conference("response", *answer))

    def _identity(self, label: Label, name: str) -> Value:
        return {"terminalLabel": _value(label), "terminalID": name.encode()[:MAX_NAME] or b"-"}

    # --- a bridge's terminals -------------------------------------------------------------------------------

    def _indicated(self, message: Conference) -> None:
        match message.name:
            case "terminalNumberAssign":
                self.own_label = _label(message.value)
                self._messages.append(Conference("request", "terminalListRequest"))
            case "terminalJoinedConference":
                self._met(_label(message.value))
            case "terminalLeftConference":
                label = _label(message.value)
                if self._theirs.pop(label, None) is not None:
                    self._events.append(TerminalLabel(*label, ""))

    def _responded(self, message: Conference) -> None:
        match message.name:
            case "terminalListResponse":
                for value in message.value[:MAX_TERMINALS]:
                    self._met(_label(value))
            case "mCTerminalIDResponse" | "terminalIDResponse":
                self._named(message.value)
            case "requestAllTerminalIDsResponse":
                for value in message.value["terminalInformation"][:MAX_TERMINALS]:
                    self._named(value)

    def _met(self, label: Label) -> None:
        if label == self.own_label or label in self._theirs or len(self._theirs) >= MAX_TERMINALS:
            return
        self._theirs[label] = ""
        self._messages.append(Conference("request", "requestTerminalID", _value(label)))

    def _named(self, value: Value) -> None:
        label = _label(value["terminalLabel"])
        name = value["terminalID"][:MAX_NAME].decode(errors="replace").strip("\0 ")
        known = label in self._theirs or len(self._theirs) < MAX_TERMINALS
        if name and known and label != self.own_label and self._theirs.get(label) != name:
            self._theirs[label] = name
            self._events.append(TerminalLabel(*label, name))

    def _indicate(self, name: str, label: Label) -> None:
        self._messages.append(Conference("indication", name, _value(label)))


def _label(value: Value) -> Label:
    return value["mcuNumber"], value["terminalNumber"]


def _value(label: Label) -> Value:
    return {"mcuNumber": label[0], "terminalNumber": label[1]}
