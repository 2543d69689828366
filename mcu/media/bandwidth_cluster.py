"""What a cluster of packets says about a line: would a line of a certain rate have delivered it so?"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from operator import itemgetter

from mcu.media.bandwidth_feedback import AcknowledgedPacket

TOLERANCE = 0.010  # seconds of queue above the expected one, and above noise: 3 % too little in half a second
SCREEN_TOLERANCE = 0.015  # seconds: a packet of somebody else
FILLED, SCREEN_FILLED = 0.9, 0.7  # of the wanted bytes at least; frames do not fall evenly into a short cluster
MIN_PACKETS = 5  # that arrived, to judge at all
FEW = 3  # packets one after the other that must all have waited: jitter lets one of them through
REPORTED = 0.6  # of what was sent must be reported on: feedback is lost as well
USUAL_LOSS = 0.02  # share that is forgiven on any line


def judge(
    reported: Sequence[AcknowledgedPacket],
    *,
    end: float,
    count: int,
    bitrate: int,
    seconds: float,
    base: float,
    standing: float,
    own_loss: float,
    screening: bool,
) -> str:
    """ "carried", "queue", "loss", "not sent" or "no answer", for packets sent in the `seconds` until `end` and shortly
    after, reported once or more.

    `count` packets were sent until `end`, as far as their numbers tell; those that no feedback came of are taken to be
    like the others. `base` is the delay of an empty queue, `standing` the queue before. Our own bursts make a queue on
    a line of exactly `bitrate`, too: it is followed packet by packet (Lindley's recursion), and only what is above it
    counts.
    """
    known: dict[int, AcknowledgedPacket] = {}
    for packet in reported:
        if packet[3] is not None or packet[0] not in known:
            known[packet[0]] = packet
    packets = sorted(known.values(), key=itemgetter(1))
    filled = SCREEN_FILLED if screening else FILLED
    within = [packet for packet in packets if packet[1] <= end]
    if len(within) < REPORTED * count:
        return "no answer"
    unreported = max(count, len(within)) / max(len(within), 1)
    if sum(size for _, _, size, _ in within) * 8 * unreported < filled * bitrate * seconds:
        return "not sent"
    usual = len(within) * max(USUAL_LOSS, own_loss)
    if sum(arrival is None for _, _, _, arrival in within) > usual + 2 * sqrt(usual) + 1:
        return "loss"
    excess: list[float] = []
    behind: list[float] = []
    free = 0.0
    for _, sent, size, arrival in packets:
        free = max(free, sent) + size * 8 / bitrate
        if arrival is not None:
            (excess if sent <= end else behind).append(arrival - base - free)
    if not excess or len(excess) + len(behind) < MIN_PACKETS:
        return "no answer"
    few = max(FEW, len(excess) // 4)
    noise = sum(excess[:few]) / few - min(excess[:few])
    allowed = standing + noise + (SCREEN_TOLERANCE if screening else TOLERANCE)
    # A queue is seen by all of them, jitter is not.
    full = min(excess[-few:]) > allowed or (len(behind) >= FEW and min(behind[:FEW]) > allowed)
    return "queue" if full else "carried"
