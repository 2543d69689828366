"""Two of ours that do anything at any time, their messages crossing: when all is quiet both see the same call."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction
from mcu.h323.events import CallEnded, ContentHeld, Paused
from mcu.h323.h245_messages import FunctionNotUnderstood, Ignored, OpenLogicalChannelReject
from mcu.media.types import StreamKind
from tests.h323.h245_pair import MCU, TERMINAL, Pair, Side, local_media

AUDIO, MAIN, CONTENT = StreamKind
OFFERS = (
    Offer(),
    Offer(audio=("PCMU", "PCMA"), video=("H261", "H264"), width=640, height=360),
    Offer(audio=("PCMA",), video=("H263", "H264"), h264_profiles=("high",)),
)
ACTIONS: tuple[Callable[[Side, float, random.Random], None], ...] = (
    lambda side, now, rng: side.control.hold(now),
    lambda side, now, rng: side.control.resume(now),
    lambda side, now, rng: side.control.ask_content_token(now),
    lambda side, now, rng: side.control.release_content_token(now),
    lambda side, now, rng: side.control.request_keyframe(rng.choice((MAIN, CONTENT)), now),
    lambda side, now, rng: side.control.limit_bitrate(MAIN, rng.choice((None, 0, 384_000)), now),
    lambda side, now, rng: side.control.send_digits("1#", now),
    lambda side, now, rng: move(side, now, rng),
    lambda side, now, rng: setattr(side.control, "accepts_content", rng.random() < 0.7),
)


def move(side: Side, now: float, rng: random.Random) -> None:
    side.media = local_media(side.media[AUDIO].rtp.ip, rng.randrange(6_000, 60_000, 8))
    side.control.move_media(side.media, now)


def deliver_some(pair: Pair, count: int) -> None:
    """A few messages cross, the others stay on their way."""
    for _ in range(count):
        for side in pair.sides:
            side.drain()
        ways = [(one, other) for one, other in (pair.sides, pair.sides[::-1]) if one.to_peer]
        if not ways:
            return
        source, destination = pair.rng.choice(ways)
        destination.control.receive(source.to_peer.popleft(), pair.now)


@pytest.mark.parametrize("seed", range(120))
def test_when_all_is_quiet_both_see_the_same_call(seed: int) -> None:
    rng = random.Random(seed)
    types = rng.choice(((TERMINAL, MCU), (TERMINAL, TERMINAL), (MCU, TERMINAL)))
    pair = Pair(seed=seed, left=rng.choice(OFFERS), right=rng.choice(OFFERS), types=types)
    for side in rng.sample(pair.sides, 2):
        side.control.start(pair.now)
        deliver_some(pair, rng.randrange(6))
    for _ in range(30):
        rng.choice(ACTIONS)(rng.choice(pair.sides), pair.now, rng)
        deliver_some(pair, rng.randrange(8))
        pair.now += rng.random() * 0.3
        for side in pair.sides:
            side.control.handle_timer(pair.now)
    for side in pair.sides:
        side.control.resume(pair.now)
    pair.deliver()
    pair.wait(60)

    left, right = pair.sides
    assert not left.of(CallEnded)
    assert not right.of(CallEnded)
    assert sorted([left.control.is_master, right.control.is_master]) == [False, True]
    for one, other in ((left, right), (right, left)):
        assert one.control.ready
        sent = {each.kind: each for each in one.control.channels if each.direction is Direction.SENT}
        received = {each.kind: each for each in other.control.channels if each.direction is Direction.RECEIVED}
        assert {AUDIO, MAIN} <= sent.keys()
        assert sent.keys() == received.keys()
        for kind, channel in sent.items():
            assert channel.media.codec == received[kind].media.codec
            assert channel.media.payload_type == received[kind].media.payload_type
            assert (channel.rtp, channel.rtcp) == (other.media[kind].rtp, other.media[kind].rtcp)
            assert received[kind].rtcp == one.media[kind].rtcp
        assert (CONTENT in sent) == (one.of(ContentHeld) != [] and one.of(ContentHeld)[-1].by_us)
        paused = [event.paused for event in one.of(Paused)]
        assert paused == [place % 2 == 0 for place in range(len(paused))]
        assert len(paused) % 2 == 0
        assert not one.control.counters["malformed"]
        assert not one.control.counters["unencodable"]
        assert not one.messages(FunctionNotUnderstood)
        assert Ignored("functionNotUnderstood") not in one.sent
        causes = {message.cause for message in one.messages(OpenLogicalChannelReject)}
        assert causes <= {"masterSlaveConflict", "dataTypeNotAvailable"}
    holders = [side for side in pair.sides if any(each.kind is CONTENT for each in side.control.channels)]
    assert len(holders) in {0, 2}
