"""Flags of our own beside those of locust: with help in Korean and English, and in locust's web page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Protocol

# `locust --help` is printed before a locustfile is read.
WHERE_HELP_IS = "모든 옵션과 시나리오 · Every flag and scenario: python -m loadtests --help"


class ArgumentParser(Protocol):
    """Locust's."""

    error: Callable[[str], NoReturn]

    def add_argument_group(self, title: str, description: str) -> Any: ...


class Flag(Protocol):
    """Adds one: its name, what it is for in Korean and in English, and what argparse and locust have to know."""

    def __call__(
        self,
        name: str,
        ko: str,
        en: str,
        *,
        env_var: str = "",
        is_secret: bool = False,
        include_in_web_ui: bool = True,
        **settings: Any,
    ) -> None: ...


def flags(parser: ArgumentParser, title: str, text: str) -> Flag:
    """What adds flags to a new group; `--a-flag` is also LOADTEST_A_FLAG in the environment."""
    group = parser.add_argument_group(title, text)

    def flag(
        name: str,
        ko: str,
        en: str,
        *,
        env_var: str = "",
        is_secret: bool = False,
        include_in_web_ui: bool = True,
        **settings: Any,
    ) -> None:
        variable = env_var or f"LOADTEST_{name.replace('-', '_').upper()}"
        action = group.add_argument(f"--{name}", help=f"{ko} · {en}".replace("%", "%%"), env_var=variable, **settings)
        # What locust's own add_argument says of a flag to its web page; groups of flags do not know it.
        action.include_in_web_ui, action.is_secret = include_in_web_ui, is_secret
        action.is_required = action.is_multiple = False

    return flag
