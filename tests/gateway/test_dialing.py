"""What rooms dial, and what is dialled to reach them."""

from __future__ import annotations

import pytest

from mcu.errors import RefusedError
from mcu.gateway.dialing import Destination, Wanted, destination, wanted

LINK = "AbCdEfGhIjKlMnOpQrStUv"


@pytest.mark.parametrize(
    ("called", "found"),
    [
        ((), Wanted()),
        (("mcu",), Wanted()),
        (("123456789",), Wanted(number="123456789")),
        (("123456789##654321",), Wanted(number="123456789", pin="654321")),
        (("123456789*654321",), Wanted(number="123456789", pin="654321")),
        (("123456789#654321#",), Wanted(number="123456789", pin="654321")),
        (("h323:123456789@mcu.example",), Wanted(number="123456789")),
        (("192.0.2.1##123456789",), Wanted(number="123456789")),
        (("192.0.2.1##123456789##654321",), Wanted(number="123456789", pin="654321")),
        ((LINK,), Wanted(link=LINK)),
        ((f"{LINK}@192.0.2.1",), Wanted(link=LINK)),
        (("mcu", "123456789"), Wanted(number="123456789")),
        (("12345678",), Wanted()),
        (("1" * 100_000,), Wanted()),
    ],
)
def test_the_conference_that_is_wanted(called: tuple[str, ...], found: Wanted) -> None:
    assert wanted(called) == found


@pytest.mark.parametrize(
    ("dialled", "found"),
    [
        ("192.0.2.7", Destination("192.0.2.7")),
        (" h323:192.0.2.7:1721 ", Destination("192.0.2.7", 1721)),
        ("2001:db8::7", Destination("2001:db8::7")),
        ("[2001:db8::7]:1721", Destination("2001:db8::7", 1721)),
        ("192.0.2.7##3001", Destination("192.0.2.7", alias="3001")),
        ("3001@192.0.2.7", Destination("192.0.2.7", alias="3001")),
        ("room@vc.example.go.kr:1721", Destination("vc.example.go.kr", 1721, "room")),
        ("H323://192.0.2.7", Destination("192.0.2.7")),
        ("hall.jongno.go.kr", Destination("hall.jongno.go.kr")),
        ("hall_1.jongno.go.kr:1721", Destination("hall_1.jongno.go.kr", 1721)),
        ("bridge:1721", Destination("bridge", 1721)),
        ("3001", Destination(alias="3001")),
        ("본관.회의실", Destination(alias="본관.회의실")),
        ("Dr. Kim's room no.3", Destination(alias="Dr. Kim's room no.3")),
        ("회의실 3: 본관", Destination(alias="회의실 3: 본관")),
        ("종로 회의실", Destination(alias="종로 회의실")),
    ],
)
def test_whom_to_call(dialled: str, found: Destination) -> None:
    assert destination(dialled) == found


@pytest.mark.parametrize(
    "dialled",
    [
        *["", "   ", "h323:", "a@", "a@b:99999", "a@b c", "192.0.2.7:0##1", f"{'x' * 64}.kr"],
        *[
            "10.1.1.999",
            "10.1.1",
            "192.0.2.007",
            "10.1.1.1.",
            "1.2.3.4.5",
            "hall..go.kr",
            "hall.10.1.1.999",
            "3001@10.1.1.999",
        ],
        *["3001@10.1.1.999", "127.0.0.1:99999", "192.0.2.7:1_720", "10.1.1.1/24", "[2001:db8::1", "2001:db8::g"],
        *["http://10.1.1.1/", "sip:3001@192.0.2.7", "tel:+82"],
        *["0.0.0.0", "::", "224.0.0.1", "255.255.255.255:1720", "3001@0.0.0.0"],
        *["10.1.1.1 대회의실", "종로 10.1.1.1", "hall.jongno.go.kr, 3"],
        *["192.0.2.7\n192.0.2.8", "종로\x00", "종로\u2028청"],
    ],
)
def test_what_cannot_be_called_is_refused(dialled: str) -> None:
    with pytest.raises(RefusedError) as refused:
        destination(dialled)
    assert refused.value.code == "address-invalid"


def test_numbers_are_told_from_names() -> None:
    assert destination("3001").is_number
    assert not destination("종로 회의실").is_number
