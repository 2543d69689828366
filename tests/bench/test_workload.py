from __future__ import annotations

import pytest

from mcu.bench.workload import VARIANTS, Workload, from_json, loop_begin, speakers_at, to_json, variant
from mcu.errors import ConfigurationError, ProtocolError

MOMENTS = [quarter / 4 for quarter in range(800)]


@pytest.mark.parametrize("people", [3, 4, 5, 30])
def test_exactly_three_speak_at_any_time_and_everybody_gets_a_turn(people: int) -> None:
    workload = Workload(participants=people)
    heard: set[int] = set()
    for seconds in MOMENTS:
        speaking = speakers_at(workload, seconds)
        assert len(speaking) == 3
        heard |= speaking
    assert heard == set(range(people))


@pytest.mark.parametrize("people", [4, 5, 30])
def test_a_loop_begins_where_a_participant_begins_or_ends_speaking(people: int) -> None:
    workload = Workload(participants=people)
    for who in range(people):
        last = who in speakers_at(workload, 0.0)
        changed = loop_begin(workload, who, 0.0)
        assert changed <= 0.0
        for seconds in MOMENTS:
            now = who in speakers_at(workload, seconds)
            if now != last:
                last, changed = now, seconds
            assert loop_begin(workload, who, seconds) == changed


def test_where_all_or_none_speak_nobody_changes() -> None:
    assert speakers_at(Workload(participants=2, speakers=2), 7.0) == {0, 1}
    assert speakers_at(Workload(speakers=0), 7.0) == frozenset()
    assert loop_begin(Workload(participants=2, speakers=2), 1, 99.0) == 0.0


def test_a_workload_survives_json() -> None:
    for workload in VARIANTS.values():
        assert from_json(to_json(workload)) == workload


@pytest.mark.parametrize(
    "text", ["", "[]", '{"participants": 0}', '{"speakers": 31}', '{"layout": "mosaic"}', '{"viewers": 171}', "\xff"]
)
def test_what_is_no_workload_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        from_json(text)


def test_an_unknown_variant_names_those_that_there_are() -> None:
    assert variant("reference").participants == 30
    with pytest.raises(ConfigurationError, match="100viewers"):
        variant("thirty")
