"""`python -m mcu.synthetic.network NEAR FAR CONTROL SEED`: the emulator between two namespaces; see `BadLine`.

The first three are inherited descriptors: of both namespaces, and of a stream socket.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys

from mcu.lifetime import die_with_parent
from mcu.synthetic.network.bad_line import FAR_CARD, NEAR_CARD
from mcu.synthetic.network.emulator import Emulator
from mcu.synthetic.network.namespaces import enter
from mcu.synthetic.network.tap import Tap

URGENT = 10  # a line is on time however busy the machines at its ends are


def main(near: int, far: int, control: int, seed: int) -> None:
    """Make both cards, say that they are there, and carry."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    with contextlib.suppress(PermissionError):
        os.nice(-URGENT)
    enter(near)
    near_card = Tap(NEAR_CARD)
    enter(far)
    far_card = Tap(FAR_CARD)
    connection = socket.socket(fileno=control)
    connection.sendall(b"ready\n")
    Emulator(near_card, far_card, connection, seed=seed).run()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]))
