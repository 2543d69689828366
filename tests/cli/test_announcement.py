"""What the operator is told when a conference is ready."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from mcu.cli import announcement
from mcu.cli.announcement import Invitation, announce, room_address
from mcu.config import H323, Config
from mcu.gateway.dialing import destination


@pytest.mark.parametrize(
    ("section", "address"),
    [
        (H323(), "192.0.2.5"),
        (H323(port=1725), "192.0.2.5:1725"),
        (H323(host="2001:db8::5", port=1725), "[2001:db8::5]:1725"),
        (H323(host="2001:db8::5"), "2001:db8::5"),
        (H323(enabled=False), ""),
        (H323(port=0), ""),
    ],
)
def test_what_a_room_dials(section: H323, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement, "local_addresses", lambda *, loopback: ["192.0.2.5", "2001:db8::1"])
    assert room_address(Config(h323=section)) == address
    out = io.StringIO()
    announce(
        Invitation(link="x" * 22, number="123456789", pin="654321", chair_key="key"),
        title="A conference is ready",
        here=["http://localhost:8080"],
        others=[],
        ending="Ctrl-C",
        out=Console(file=out, width=200),
        rooms=room_address(Config(h323=section)),
    )
    lines = [line for line in out.getvalue().splitlines() if "room dials" in line]
    assert len(lines) == bool(address)
    for line in lines:
        dialled = line.split()[-1]
        assert dialled == f"{address}##123456789##654321"
        assert destination(dialled).alias == "123456789##654321"
