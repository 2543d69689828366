from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command sets up the log for all of its process: here that is the one of all tests."""
    monkeypatch.setattr("mcu.cli.logs.configure", lambda log: None)
