"""Who is at the other end, message by message."""

from __future__ import annotations

from mcu.h323 import call_party, q931, q931_contents
from mcu.h323 import h225_messages as h225
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.call_signaling import Heard
from mcu.h323.events import Party
from mcu.h323.h225_messages import Body, UserInformation

NAME, DIGITS = Alias(AliasKind.H323_ID, "Room 1"), Alias(AliasKind.DIGITS, "600")


def heard(body: Body, *elements: q931.Element) -> Heard:
    return Heard(0, q931.Message(0, 1, False, elements), UserInformation(body))


def test_the_displayed_name_comes_before_others() -> None:
    setup = h225.Setup(source_aliases=(DIGITS, NAME), display_name="In H.225.0")
    assert call_party.learn(Party(), heard(setup, q931_contents.display("Shown"))).display == "Shown"
    assert call_party.learn(Party(), heard(setup)).display == "In H.225.0"
    party = call_party.learn(Party(), heard(h225.Setup(source_aliases=(DIGITS, NAME))))
    assert (party.display, party.aliases) == ("Room 1", ("600", "Room 1"))
    assert call_party.learn(Party(), heard(h225.Setup(source_aliases=(DIGITS,)))).display == ""


def test_a_name_stays_until_another_is_displayed() -> None:
    party = Party(display="Shown")
    assert call_party.learn(party, heard(h225.Alerting(aliases=(NAME,)))).display == "Shown"
    assert call_party.learn(party, heard(h225.Connect(), q931_contents.display("Now"))).display == "Now"


def test_what_one_message_says_the_next_does_not_take_away() -> None:
    told = h225.Endpoint(kind="mcu", vendor=(181, 0, 18), product="Bridge", version="2")
    party = call_party.learn(Party(), heard(h225.CallProceeding(destination=told)))
    assert (party.is_mcu, party.vendor, party.product, party.version) == (True, (181, 0, 18), "Bridge", "2")
    assert call_party.learn(party, heard(h225.Connect())) == party
    assert call_party.learn(party, heard(h225.ReleaseComplete())) == party


def test_what_was_dialled_is_told_once_and_in_order() -> None:
    setup = h225.Setup(destination_aliases=(NAME, DIGITS), remote_extension=Alias(AliasKind.DIGITS, "17"))
    elements = (q931_contents.called_party_number("600"), q931_contents.keypad_facility("12#"))
    assert call_party.called(setup, q931.Message(5, 1, False, elements)) == ("Room 1", "600", "17", "12#")
    assert call_party.called(h225.Setup(), q931.Message(5, 1, False)) == ()
