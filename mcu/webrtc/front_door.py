"""STUN from anybody: which checks are for a leg here, and what the others are told."""

from __future__ import annotations

from collections import Counter

from mcu.errors import ProtocolError
from mcu.webrtc import stun
from mcu.webrtc.ice_lite import PathLike, local_fragment, refuse
from mcu.webrtc.leg import WebRtcLeg
from mcu.webrtc.routes import Routes
from mcu.webrtc.stun import Attribute, Message, MessageClass

COUNTERS = (
    "stun_received",
    "stun_malformed",
    "stun_ignored",  # no Binding request, or without FINGERPRINT, which ICE demands (RFC 8445 section 7.1.1)
    "stun_refused",  # for nobody here
)


class FrontDoor:
    """One per endpoint. The leg itself proves the password."""

    def __init__(self, routes: Routes) -> None:
        self.counters = Counter(dict.fromkeys(COUNTERS, 0))
        self._routes = routes

    def admit(self, data: bytes, path: PathLike) -> tuple[WebRtcLeg, Message] | None:
        """The leg that a check names, and the check. None when it was refused or ignored."""
        self.counters["stun_received"] += 1
        try:
            message = stun.parse(data)
        except ProtocolError:
            self.counters["stun_malformed"] += 1
            return None
        is_check = message.message_class is MessageClass.REQUEST and message.method == stun.BINDING
        if not is_check or not message.fingerprint_matches():
            self.counters["stun_ignored"] += 1
            return None
        leg = self._routes.leg_named(local_fragment(message))
        if leg is None:
            self._refuse(message, path)
            return None
        return leg, message

    def _refuse(self, message: Message, path: PathLike) -> None:
        """RFC 8489 section 9.1.3, but never with more bytes than came: the source address may be forged."""
        self.counters["stun_refused"] += 1
        anonymous = message.integrity_offset < 0 or message.get(Attribute.USERNAME) is None
        reply = refuse(message, 400, "Bad Request") if anonymous else refuse(message, 401, "Unauthorized")
        if len(reply) <= len(message.raw):
            self._routes.send(reply, path)
