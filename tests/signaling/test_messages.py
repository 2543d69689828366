"""Whatever is refused anywhere has a sentence in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcu.conference.participant import Departure
from mcu.controller.member import EndReason
from mcu.errors import RefusedError
from mcu.signaling.messages import TEXTS, sentence, status

MCU = Path(__file__).resolve().parents[2] / "mcu"
CODE = re.compile(r'(?:RefusedError|Refused)\(\s*"([a-z0-9-]+)"')


def test_every_code_in_the_program_has_a_text() -> None:
    used = {code for path in MCU.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert used - set(TEXTS) == set()


@pytest.mark.parametrize("code", [*EndReason, *Departure, "media-lost"])
def test_every_reason_has_a_text(code: str) -> None:
    assert code in TEXTS


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_texts_are_sentences(code: str) -> None:
    row = TEXTS[code]
    assert re.search(r"[가-힣]", row.ko)
    assert row.en.isascii()
    assert row.ko.endswith((".", ")"))
    assert row.en.endswith((".", ")"))
    assert 200 <= row.status < 600


def test_codes_of_newer_processors_are_told_in_general_words() -> None:
    assert sentence("sdp-something-new") == sentence("sdp-invalid")
    assert status(RefusedError("something-new")) == 500
