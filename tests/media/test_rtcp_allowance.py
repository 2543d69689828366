from __future__ import annotations

import pytest

from mcu.media import rtcp
from mcu.media.rtcp_allowance import (
    MAX_PARTS,
    MOST_WORK,
    OCTETS_OF_A_PART,
    WORK_PER_SECOND,
    Allowance,
    RtcpAllowance,
)

PART = rtcp.ReceiverReport(1).serialize()


def admitted(allowance: RtcpAllowance, data: bytes, now: float, times: int = 2_000) -> int:
    return sum(allowance.admits(data, now) for _ in range(times))


def test_what_was_used_comes_back_with_time() -> None:
    allowance = RtcpAllowance()
    assert admitted(allowance, PART, 1.0) == MOST_WORK
    assert admitted(allowance, PART, 1.1) == pytest.approx(WORK_PER_SECOND / 10, abs=1)
    assert admitted(allowance, PART, 500.0) == MOST_WORK
    assert admitted(allowance, PART, 3.0) == 0  # a clock that goes back
    assert admitted(allowance, PART, 500.1) == pytest.approx(WORK_PER_SECOND / 10, abs=1)


@pytest.mark.parametrize(
    ("data", "work"),
    [
        (b"", 1),
        (b"\x80\xc8\xff", 1),
        (b"\x80\xc8\xff\xff", 1),  # says that it is longer than the datagram
        (PART * MAX_PARTS, MAX_PARTS + 8 * MAX_PARTS // OCTETS_OF_A_PART),
        (rtcp.Unknown(204, 0, bytes(1_200 - 4)).serialize(), 1 + 1_200 // OCTETS_OF_A_PART),
    ],
)
def test_a_datagram_is_weighed_by_its_parts_and_its_length(data: bytes, work: int) -> None:
    assert admitted(RtcpAllowance(), data, 1.0) == MOST_WORK // work


def test_a_datagram_of_many_parts_is_refused_and_uses_up_nothing() -> None:
    allowance = RtcpAllowance()
    assert admitted(allowance, PART * (MAX_PARTS + 1), 1.0) == 0
    assert admitted(allowance, PART, 1.0) == MOST_WORK


def test_what_is_owed_has_to_be_made_up_for() -> None:
    allowance = Allowance(10, 20)
    assert allowance.take(15, 1.0)
    allowance.owe(15)
    assert not allowance.take(1, 1.9)
    assert allowance.take(1, 2.2)
