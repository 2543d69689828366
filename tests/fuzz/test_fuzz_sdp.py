"""Offers from anybody: an answer, a RefusedError or a ProtocolError, and nothing else; never slowly."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

from mcu.errors import ProtocolError, RefusedError
from mcu.media.types import AudioProfile, VideoProfile
from mcu.webrtc import sdp_offer
from mcu.webrtc.leg_description import Defaults, LegDescription, Server
from mcu.webrtc.sdp_offer import MAX_CHARACTERS, Fingerprint
from tests.fuzz.mutations import INPUTS, mutations

OFFERS = Path(__file__).parents[1] / "webrtc" / "offers"
STACKS = ("aiortc", "gstreamer", "obs_whip", "werift")  # the short ones; the long ones have no other kinds of line
SERVER = Server(("192.0.2.1",), 10_443, Fingerprint("sha-256", "AA:BB"))
DEFAULTS = Defaults("both", AudioProfile(), VideoProfile("VP8", 1280, 720, 25, 1_200_000))
WORST_SECONDS = 0.5  # ten times what the loop may be held up, so that a busy machine does not fail the test


def describe(text: str) -> bool:
    try:
        description = LegDescription(text, server=SERVER, defaults=DEFAULTS)
    except RefusedError:
        return False
    assert description.answer.startswith("v=0\r\n")
    assert description.audio_profile
    assert description.video_profile is None or description.video_profile.fps >= 1
    return True


def offers() -> list[str]:
    return [(OFFERS / f"{stack}.sdp").read_bytes().decode() for stack in STACKS]


def damaged_lines(seed: int, count: int) -> Iterator[str]:
    """Valid lines left out, doubled, moved, and with numbers and words exchanged."""
    chance = random.Random(seed)
    sources = [text.split("\r\n") for text in (offer.replace("\r\n", "\n").replace("\n", "\r\n") for offer in offers())]
    words = ["0", "-1", "99999999999", "96", "*", "", "x" * 300, "서울", "\0", "=", ":", "/", ";", "m=video 9 P 96"]
    for _ in range(count):
        lines = list(chance.choice(sources))
        for _ in range(chance.randint(1, 4)):
            position = chance.randrange(len(lines))
            line = lines[position]
            match chance.randrange(4):
                case 0:
                    del lines[position]
                case 1:
                    lines.insert(chance.randrange(len(lines)), line)
                case 2:
                    cut = chance.randrange(len(line) + 1)
                    lines[position] = line[:cut] + chance.choice(words) + line[cut + chance.randrange(4) :]
                case _:
                    lines[position] = line.replace(chance.choice("0123456789:/ ="), chance.choice(words), 1)
        yield "\r\n".join(lines)


def test_offers_with_damaged_lines() -> None:
    count = INPUTS // 4
    answered = sum(describe(text) for text in damaged_lines(8866, count))
    assert count // 10 < answered < count


def test_offers_with_damaged_bytes() -> None:
    head = [text.encode()[:700] for text in offers()]
    for data in mutations(head, seed=3264, count=INPUTS - INPUTS // 4):
        describe(data.decode("utf-8", "replace"))


def test_damaged_candidates() -> None:
    seeds = [b"candidate:1 1 udp 2130706431 192.0.2.7 51744 typ host", b"a=candidate:2 1 tcp 1 x.local 9 typ host"]
    for data in mutations(seeds, seed=8839, count=INPUTS // 10):
        try:
            sdp_offer.parse_candidate(data.decode("utf-8", "replace"))
        except ProtocolError:
            continue


def test_the_longest_offers_do_not_hold_up_the_loop() -> None:
    head = "v=0\nm=video 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, range(96, 128))) + "\n"
    for line in ("a=rtcp-fb:* x{}", "a=extmap:1 u{}", "a=ssrc:{} x", "a=rtpmap:96 VP8/{}", "a=fmtp:96 a={};b"):
        lines = "\n".join(line.format(number) for number in range(2_900))
        text = (head + lines)[: MAX_CHARACTERS - 1]
        start = time.perf_counter()
        describe(text)
        assert time.perf_counter() - start < WORST_SECONDS
