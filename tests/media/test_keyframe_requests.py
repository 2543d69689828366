from __future__ import annotations

import itertools
import math

from mcu.media.keyframe_requests import EAGER, FIRST_REPEAT, LAST_REPEAT, KeyframeRequests


def sent_at(requests: KeyframeRequests, until: float, rtt: float = 0.1) -> list[float]:
    times = []
    while requests.due < until:
        now = requests.due
        assert requests.take_due(now, rtt)
        times.append(now)
    return times


def test_the_first_request_goes_at_once_and_repeats_grow_rarer() -> None:
    requests = KeyframeRequests()
    assert requests.due == math.inf
    requests.need(5.0)
    times = sent_at(requests, 30.0)
    gaps = [round(after - before, 6) for before, after in itertools.pairwise(times)]
    assert times[0] == 5.0
    assert gaps[: EAGER - 1] == [FIRST_REPEAT] * (EAGER - 1), "three lost in a row do not freeze the picture for long"
    assert gaps[EAGER] > gaps[EAGER - 1]
    assert gaps == sorted(gaps)
    assert gaps[-1] == LAST_REPEAT
    assert requests.sent == len(times)


def test_needs_in_quick_succession_are_one_request() -> None:
    requests = KeyframeRequests()
    requests.need(5.0)
    assert requests.take_due(5.0, 0.1)
    requests.satisfy()
    requests.need(5.1)
    assert not requests.take_due(5.1, 0.1)
    assert requests.due == 5.0 + FIRST_REPEAT


def test_a_keyframe_that_begins_but_is_lost_is_asked_for_again_soon() -> None:
    requests = KeyframeRequests()
    requests.need(0.0)
    sent_at(requests, 6.0)
    requests.begin(6.0)
    assert requests.due <= 6.0 + FIRST_REPEAT


def test_a_long_round_trip_is_waited_for() -> None:
    requests = KeyframeRequests()
    requests.need(0.0)
    assert sent_at(requests, 0.8, rtt=0.5) == [0.0, 0.75]
