"""What `mcu doctor` finds: one line each."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.Enum):
    """How bad it is."""

    GOOD = "[green]ok[/]"
    WARNING = "[yellow]note[/]"
    BAD = "[red]fix[/]"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do unless all is well."""

    subject: str
    verdict: Verdict
    detail: str
    advice: str = ""
