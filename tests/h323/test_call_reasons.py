"""Ends of calls: what is said is understood by the same table."""

from __future__ import annotations

import pytest

from mcu.h323 import call_reasons
from mcu.h323.call_reasons import SAID
from mcu.h323.events import EndReason
from mcu.h323.h225_codec import parse, serialize
from mcu.h323.h225_messages import ReleaseComplete, UserInformation


@pytest.mark.parametrize("reason", EndReason)
def test_the_other_end_hears_what_was_said(reason: EndReason) -> None:
    said = SAID[reason]
    meant = EndReason.HUNG_UP if reason is EndReason.CONFERENCE_ENDED else reason
    assert call_reasons.heard(said.cause, said.reason) == meant
    message = UserInformation(ReleaseComplete(reason=said.reason))
    assert parse(serialize(message)) == message


@pytest.mark.parametrize(
    ("cause", "reason", "meant"),
    [
        (16, "", EndReason.HUNG_UP),
        (16, "undefinedReason", EndReason.HUNG_UP),
        (16, "destinationRejection", EndReason.DECLINED),
        (17, "destinationRejection", EndReason.BUSY),
        (31, "securityDenied", EndReason.NOT_ALLOWED),
        (0, "calledPartyNotRegistered", EndReason.NOT_FOUND),
        (126, "inConf", EndReason.BUSY),
        (0, "", EndReason.HUNG_UP),
        (99, "ofAnotherEdition", EndReason.HUNG_UP),
    ],
)
def test_the_more_telling_of_the_two_counts(cause: int, reason: str, meant: EndReason) -> None:
    assert call_reasons.heard(cause, reason) is meant
