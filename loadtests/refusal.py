"""Why a run does not begin, in Korean and in English: whoever started it has to change something."""

from __future__ import annotations

from mcu.errors import ConfigurationError


def refusal(ko: str, en: str) -> ConfigurationError:
    """The same twice, on a line each."""
    return ConfigurationError(f"{ko}\n{en}")
