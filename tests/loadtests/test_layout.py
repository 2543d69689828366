"""The shape of the load tests: what the server may not know, and modules that stay readable."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.test_structure import MAX_LINES, ROOT, imported, modules

LOAD = sorted((ROOT / "loadtests").rglob("*.py"))


def test_the_server_does_not_know_its_load_tests() -> None:
    for path in modules():
        assert not {name.split(".")[0] for name in imported(path)} & {"loadtests", "locust", "gevent"}, path


@pytest.mark.parametrize("path", LOAD, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_readable_and_say_what_they_are_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= MAX_LINES
    assert ast.get_docstring(ast.parse(source))
