"""What is wrong with the gatekeeper, in words for the operator. Pure: time is an argument.

A cause is said when it is new, and again every AGAIN_SECONDS while it lasts.
"""

from __future__ import annotations

from dataclasses import dataclass

AGAIN_SECONDS = 600.0  # a line that is never repeated is missed by whoever looks later
NO_NAME, NO_SOCKET = "name not found", "no socket"  # failures that RAS knows nothing of


@dataclass(frozen=True, slots=True)
class Trouble:
    """`state` is for metrics, `refusal` the code for whoever wants to call a number; the rest is for the operator."""

    state: str
    refusal: str
    sentence: str
    advice: str


SILENT = Trouble(
    "silent",
    "gatekeeper-silent",
    "the gatekeeper does not answer",
    "Check [h323] gatekeeper, that it runs, and that firewalls let its UDP port (1719) through both ways.",
)
UNKNOWN = Trouble(
    "unknown",
    "gatekeeper-silent",
    "the gatekeeper's name is not found",
    "Write its address in [h323] gatekeeper, or make the DNS of this machine know the name.",
)
PASSWORD = Trouble(
    "password",
    "gatekeeper-password",
    "the gatekeeper refuses our password",
    "Make [h323] gatekeeper_password and name what the gatekeeper has, and compare the clocks of both machines.",
)
DUPLICATE = Trouble(
    "duplicate",
    "gatekeeper-refused",
    "another endpoint has our name or number at the gatekeeper",
    "Choose another [h323] name and number, or remove the other endpoint at the gatekeeper.",
)
REFUSED = Trouble(
    "refused",
    "gatekeeper-refused",
    "the gatekeeper refuses us",
    "Its own log says why; it may have to be told of this server's [h323] name, number and address.",
)
UNSENDABLE = Trouble(
    "no-socket",
    "gatekeeper-silent",
    "there is no way to the gatekeeper",
    "Check the network of this machine, and [h323] gatekeeper.",
)
_MEANINGS = {
    "no answer": SILENT,
    NO_NAME: UNKNOWN,
    NO_SOCKET: UNSENDABLE,
    "securityDenial": PASSWORD,
    "securityError": PASSWORD,
    "duplicateAlias": DUPLICATE,
}
BY_STATE = {one.state: one for one in (SILENT, UNKNOWN, PASSWORD, DUPLICATE, REFUSED, UNSENDABLE)}


class Troubles:
    """`note` every failure; `clear` when registered."""

    def __init__(self) -> None:
        self.current: Trouble | None = None
        self._said_at = 0.0

    def note(self, failure: str, now: float) -> Trouble | None:
        """What is to be said now. `failure` is the gatekeeper's reason, "no answer", or one of those above."""
        trouble = meaning(failure)
        if trouble is self.current and now - self._said_at < AGAIN_SECONDS:
            return None
        self.current, self._said_at = trouble, now
        return trouble

    def clear(self) -> None:
        self.current = None


def meaning(failure: str) -> Trouble:
    return _MEANINGS.get(failure, REFUSED)
