"""`mcu h323 trace`: a capture and a running interface as a ladder, and sentences for what cannot be shown."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mcu.cli import h323
from mcu.errors import ConfigurationError
from mcu.h323 import tpkt
from tests.h323.test_capture_file import pcap, segment
from tests.h323.test_ladder import RELEASE, ROUND_TRIP


def test_a_capture_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "call.pcap"
    file.write_bytes(pcap([segment(0, flags=2), segment(1, tpkt.frame(RELEASE) + tpkt.frame(ROUND_TRIP))]))
    h323.trace(file, "", media=False)
    drawn = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in drawn[:2]] == ["192.0.2.1", "192.0.2.2"]
    assert drawn[2].endswith("H.225 40000→1720  RELEASE COMPLETE")
    assert drawn[3].endswith("H.245 40000→1720  roundTripDelayRequest #7")


@pytest.mark.parametrize(
    ("contents", "said"), [(b"nonsense", "pcap"), (pcap([segment(0, b"GET /")]), "no H.323"), (None, "No such file")]
)
def test_what_cannot_be_drawn_is_said(tmp_path: Path, contents: bytes | None, said: str) -> None:
    file = tmp_path / "call.pcap"
    if contents is not None:
        file.write_bytes(contents)
    with pytest.raises(ConfigurationError, match=said):
        h323.trace(file, "", media=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may listen to an interface")
def test_what_passes_on_an_interface_is_drawn() -> None:
    command = [sys.executable, "-m", "mcu", "h323", "trace", "--live", "lo"]
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "300"}) as tracer,
    ):
        stop = threading.Event()

        def speak() -> None:
            """Until it was seen: how long the tracer takes to listen is not known."""
            while not stop.wait(0.2):
                with socket.create_connection(server.getsockname()) as client:
                    client.sendall(tpkt.frame(RELEASE))
                    server.accept()[0].close()

        speaking = threading.Thread(target=speak)
        speaking.start()
        try:
            assert tracer.stdout is not None
            found = next(line for line in tracer.stdout if f"→{server.getsockname()[1]}" in line)
            assert "RELEASE COMPLETE" in found
        finally:
            stop.set()
            speaking.join()
            tracer.kill()


def test_an_interface_that_is_not_there_is_said() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may listen to an interface")
    with pytest.raises(ConfigurationError, match="There are lo"):
        h323.trace(None, "nothing0", media=False)
