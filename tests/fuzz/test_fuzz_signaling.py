"""Bad input at the doors of the MC: each ends in the parser's own error, quickly, and never in anything else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mcu import text
from mcu.errors import ProtocolError, RefusedError
from mcu.signaling import protocol as p
from mcu.signaling import resources as r
from mcu.signaling import sdpfrag
from mcu.signaling.depth import is_deeper
from mcu.signaling.http import decode_body
from mcu.signaling.lobby import Knock
from mcu.signaling.operations import OPERATIONS
from tests.fuzz.mutations import mutations

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
MESSAGES = [example.encode() for example in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)]
BODIES = [
    b'{"title":"\xed\x9a\x8c\xec\x9d\x98","capacity":30,"layout":{"name":"speaker","strip":7}}',
    b'{"locked":true,"layout":{"name":"custom","slots":[{"x":0,"y":0,"width":960,"height":540,"holds":"speaker"}]}}',
    b'{"muted":true,"hand":false}',
    b'{"conference":"Zm9vYmFyYmF6cXV4cXV1eA"}',
    b'{"kind":"whip","name":"camera","office":"","lifetime_seconds":600}',
]
FRAGMENTS = [
    b"a=ice-ufrag:peer\r\na=ice-pwd:peerpeerpeerpeerpeerp1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    b"a=candidate:2 1 udp 1 192.0.2.2 9 typ host\r\na=end-of-candidates\r\n",
]
LONGEST_HOLD = 0.05  # seconds that no single message may hold the loop


def understand(data: bytes) -> None:
    """What the WebSocket does with a frame, text of chat included."""
    frame = data.decode("utf-8", "replace")
    if is_deeper(frame, p.MAX_DEPTH):
        return
    message = p.decode_client(frame)
    if isinstance(message, p.Chat):
        text.clean_chat(message.text)
    if isinstance(message, p.Caption):
        text.clean_caption(message.text)
    if isinstance(message, p.Enter):
        text.clean_name(message.name)


def bodies(data: bytes) -> None:
    for kind in KINDS:
        decode_body(data, kind)


KINDS: list[type[r.Body]] = [Knock, *(operation.body for operation in OPERATIONS if operation.body)]


def fragment(data: bytes) -> None:
    sdpfrag.restarted(data.decode("utf-8", "replace"), sdpfrag.parse(data.decode("utf-8", "replace")))


@pytest.mark.parametrize(
    ("parse", "valid"), [(understand, MESSAGES), (bodies, BODIES), (fragment, FRAGMENTS)], ids=lambda v: str(v)[:20]
)
def test_only_the_parsers_own_errors(parse: Callable[[bytes], None], valid: list[bytes]) -> None:
    refused = 0
    for data in mutations(valid, seed=20261121):
        try:
            parse(data)
        except (ProtocolError, RefusedError):
            refused += 1
    assert refused > 0


@pytest.mark.parametrize(
    "text_",
    [
        "[" * p.MAX_MESSAGE_BYTES,
        '{"a":' * (p.MAX_MESSAGE_BYTES // 5),
        '"' * p.MAX_MESSAGE_BYTES,
        '"\\' * (p.MAX_MESSAGE_BYTES // 2),
        '{"type":"chat","text":"' + "가" * 16_000 + '"}',
        '{"type":"chat","text":"' + "e" + "\u0336" * 15_999 + '"}',
        '{"type":"chat","text":"' + "\U0001f468\u200d" * 7_999 + '"}',
        '{"type":"chat","text":"' + "\ufdfa" * 15_999 + '"}',
        '{"type":"caption","text":"' + "\ufdfa" * 2_399 + '"}',
        '{"type":"layout","choice":{"slots":[' + "{}," * 40_000 + "{}]}}",
        '{"type":"ping",' + ",".join(f'"k{n}":1' for n in range(12_000)) + "}",
        "1" * p.MAX_MESSAGE_BYTES,
    ],
    ids=lambda v: v[:24],
)
def test_the_worst_messages_do_not_hold_the_loop(text_: str) -> None:
    """CPU time of this thread, so that a busy machine does not decide."""
    began = time.thread_time()
    try:
        understand(text_.encode())
    except (ProtocolError, RefusedError):
        refused = True
    else:
        refused = False
    assert time.thread_time() - began < LONGEST_HOLD, refused
