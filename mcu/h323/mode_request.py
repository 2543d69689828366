"""RequestMode (H.245 clause 7.11): a peer that wants us to send otherwise.

Rule: the first mode of which all elements can be sent is taken; elements of data are never.
"""

from __future__ import annotations

from typing import Any

from mcu.h323 import data_types, h264_capability
from mcu.h323.capabilities import CapabilitySet, Offer
from mcu.h323.capability_choice import Choice, choose
from mcu.h323.h245_messages import RequestMode, RequestModeAck, RequestModeReject
from mcu.media.types import StreamKind

Value = Any  # as in mcu.h323.asn1

_VIDEO = {"h261VideoMode": "H261", "h263VideoMode": "H263"}
MAX_MODES = 16  # of one request that are looked at


def answer(
    request: RequestMode, offer: Offer, theirs: CapabilitySet
) -> tuple[RequestModeAck | RequestModeReject, dict[StreamKind, str]]:
    """What to answer, and the codec that is wanted of each kind from now on."""
    for place, mode in enumerate(request.modes[:MAX_MODES]):
        wanted = _codecs(mode)
        if wanted is not None and _fits(wanted, choose(offer, theirs, like=wanted)):
            word = "willTransmitLessPreferredMode" if place else "willTransmitMostPreferredMode"
            return RequestModeAck(request.sequence, word), wanted
    return RequestModeReject(request.sequence, "modeUnavailable"), {}


def _fits(wanted: dict[StreamKind, str], choice: Choice) -> bool:
    return all(kind in choice and choice[kind].codec == codec for kind, codec in wanted.items())


def _codecs(mode: tuple[tuple[str, Value], ...]) -> dict[StreamKind, str] | None:
    """The codecs of a mode; None when one is unknown."""
    found: dict[StreamKind, str] = {}
    for name, value in mode:
        if name == "audioMode" and value[0] in data_types.AUDIO:
            found[StreamKind.AUDIO] = data_types.AUDIO[value[0]].name
        elif name == "videoMode" and value[0] in _VIDEO:
            found[StreamKind.MAIN] = _VIDEO[value[0]]
        elif name == "videoMode" and value[0] == "genericVideoMode":
            if value[1]["capabilityIdentifier"] != ("standard", h264_capability.H264):
                return None
            found[StreamKind.MAIN] = "H264"
        else:
            return None
    return found or None
