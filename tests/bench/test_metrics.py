from __future__ import annotations

import pytest

from mcu.bench.metrics import Counted, counted, parse
from mcu.bench.packet_cost import packet_cost
from mcu.errors import ProtocolError

EARLIER = """# HELP mcu_legs People
# TYPE mcu_legs gauge
mcu_legs{processor="0"} 10.0
mcu_legs{processor="1"} 20.0
mcu_audio_ticks_total{processor="0"} 1000.0
mcu_datagrams_total{processor="0",what="received"} 100
mcu_datagrams_total{processor="0",what="sent"} 5e2
"""
LATER = """mcu_legs{processor="0"} 10
mcu_legs{processor="1"} 20
mcu_audio_ticks_total{processor="0"} 1500
mcu_audio_ticks_missed_total{processor="0"} 50
mcu_audio_ticks_made_up_total{processor="0"} 7
mcu_audio_cpu_seconds_total{processor="0"} 1.0
mcu_datagrams_total{processor="0",what="received"} 20100
mcu_datagrams_total{processor="0",what="sent"} 60500
mcu_datagrams_total{processor="0",what="send_errors"} 3
mcu_datagrams_total{processor="0",what="a \\"quoted\\", odd } one"} 7
"""


def test_what_a_server_did_between_two_readings() -> None:
    between = counted(parse(EARLIER), parse(LATER))
    assert between.seconds == 10.0
    assert (between.packets_received, between.packets_sent) == (2000.0, 6000.0)
    assert between.audio_sent == 30 * 45.0  # a missed tick sends nothing
    assert between.audio_ticks_missed == 50
    assert between.audio_ticks_made_up == 7
    assert between.audio_cpu == 0.1
    assert between.datagrams_dropped == 3


def test_a_packet_costs_what_the_tick_of_the_sound_did_not_use() -> None:
    between = counted(parse(EARLIER), parse(LATER))
    cost = packet_cost(0.25, between)
    assert cost is not None
    assert cost.network == pytest.approx(0.15 / (8000 - 1350) * 1e6)
    assert cost.at_most == pytest.approx(0.25 / 8000 * 1e6)


def test_without_packets_there_is_no_cost() -> None:
    silent: Counted = counted(parse(""), parse("mcu_audio_ticks_total 50"))
    assert packet_cost(0.1, silent) is None


def test_series_are_summed_over_the_labels_that_were_not_asked_for() -> None:
    metrics = parse(LATER)
    assert metrics.sum("mcu_legs") == 30.0
    assert metrics.sum("mcu_datagrams_total", what='a \\"quoted\\", odd } one') == 7.0
    assert metrics.sum("mcu_nothing") == 0.0


@pytest.mark.parametrize(
    ("before", "after", "shed"),
    [
        ("", "", 0),
        ("", "mcu_shed_level 3\nmcu_shed_steps_total 3\n", 3),
        ("mcu_shed_level 2\nmcu_shed_steps_total 2\n", "mcu_shed_level 0\nmcu_shed_steps_total 2\n", 2),
        ("mcu_shed_steps_total 2\n", "mcu_shed_steps_total 4\n", 1),  # up and down again between the readings
        ("mcu_shed_steps_total 2\n", "mcu_shed_steps_total 2\n", 0),
    ],
)
def test_a_server_that_left_pictures_out_is_told(before: str, after: str, shed: int) -> None:
    assert counted(parse(EARLIER + before), parse(LATER + after)).shed == shed


def test_equal_readings_are_refused() -> None:
    with pytest.raises(ProtocolError):
        counted(parse(LATER), parse(LATER))


@pytest.mark.parametrize("text", ["x", "x y z", "{} 1", "x{ 1", "1 1", "x inf", "x NaN", "x\n" * 100_001])
def test_what_is_no_exposition_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse(text)
