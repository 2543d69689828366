"""Refusals and ends of calls as the command line says them: Korean, English, and the code in brackets."""

from __future__ import annotations

from mcu.errors import RefusedError
from mcu.h323.events import CallEnded
from mcu.signaling.messages import CALL_ENDS, TEXTS


def refusal(error: RefusedError) -> str:
    """In words; what only media processors refuse has its code alone."""
    row = TEXTS.get(error.code)
    return f"{row.ko} · {row.en} {_bracketed(error.code, error.detail)}" if row is not None else str(error)


def end_of_call(ended: CallEnded) -> str:
    said = CALL_ENDS[ended.reason]
    return f"{said.ko} · {said.en} {_bracketed(ended.reason.value, ended.detail)}"


def _bracketed(code: str, detail: str) -> str:
    return f"[{code}: {detail}]" if detail else f"[{code}]"
