"""Keys pressed in a conference."""

from __future__ import annotations

from mcu.conference import commands as c
from mcu.conference.participant import Participant
from mcu.gateway.keypad import Keypad


def test_the_microphone_is_switched_off_and_on() -> None:
    keypad = Keypad()
    assert keypad.press("*6", "p") == [c.SetSelf(actor="p", muted=True)]
    assert keypad.press("*", "p") == []
    assert keypad.press("6", "p") == [c.SetSelf(actor="p", muted=False)]


def test_the_hand_is_raised_and_lowered() -> None:
    keypad = Keypad()
    assert keypad.press("*9*9", "p") == [c.SetSelf(actor="p", hand=True), c.SetSelf(actor="p", hand=False)]


def test_what_others_switched_counts() -> None:
    keypad = Keypad()
    keypad.know(Participant(id="p", name="회의실", muted=True, hand=True))
    assert keypad.press("*6*9", "p") == [c.SetSelf(actor="p", muted=False), c.SetSelf(actor="p", hand=False)]


def test_other_keys_are_nothing() -> None:
    keypad = Keypad()
    assert keypad.press("123#6*#6*0A9**", "p") == []
    assert keypad.press("6", "p") == [c.SetSelf(actor="p", muted=True)]
