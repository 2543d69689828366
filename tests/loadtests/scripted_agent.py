"""An agent that plays a part: what it does follows from the conference that somebody enters.

    python -m tests.loadtests.scripted_agent SOCKET

"die": ends with a word on standard error.  "silent": never answers.  "slow": answers after half a second.
"garbage": says what is no JSON.  "endless": says a line without end.  "deaf": reads no more.
"backwards": keeps COLLECTED commands, then answers them in the opposite order.
"called": what it was told by `Act` happens, unasked: `layout` names it.
Everything else succeeds. It ends when its connection does.
"""

from __future__ import annotations

import os
import socket
import sys
import time

from loadtests.findings import Figures, Inspection
from loadtests.wire import (
    MAX_LINE,
    Act,
    AnyCommand,
    Check,
    Count,
    Counts,
    Enter,
    Happened,
    Leave,
    Reply,
    decode_command,
    encode,
)

COLLECTED = 20
SLOW_SECONDS = 0.5
COUNTS = Counts(10.0, 0.5, 2, 100, 90, 0, 0, 0.01, 0)


def main(path: str) -> None:
    """Until the connection ends."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    lines = connection.makefile("rb")
    kept: list[AnyCommand] = []
    wheres: dict[int, str] = {}
    while line := lines.readline():
        command = decode_command(line)
        if isinstance(command, Enter):
            wheres[command.who] = command.conference
        match wheres.get(command.who, ""), command:
            case "die", _:
                print("it is a good day to die", file=sys.stderr, flush=True)
                os._exit(3)
            case "silent", Enter() | Act():
                continue
            case "slow", Act():
                time.sleep(SLOW_SECONDS)
            case "garbage", _:
                connection.sendall(b"good morning\n")
            case "endless", _:
                connection.sendall(b"x" * (MAX_LINE + 2))
            case "deaf", _:
                time.sleep(60)
            case "backwards", Act():
                kept.append(command)
                if len(kept) == COLLECTED:
                    for each in reversed(kept):
                        connection.sendall(encode(Reply(number=each.number, detail=f"to {each.number}")))
                continue
            case "called", Act(layout=str(what)):
                connection.sendall(encode(Happened(who=command.who, what=what, seconds=1.5)))
        connection.sendall(encode(answer(command, wheres)))


def answer(command: AnyCommand, wheres: dict[int, str]) -> Reply:
    """Success."""
    number = command.number
    match command:
        case Enter():
            figures = {"join": 0.2, "first frame": 0.4, "first sound": 0.3}
            return Reply(number=number, figures=figures, detail=f"agent {os.getpid()}")
        case Count():
            return Reply(number=number, counts=COUNTS)
        case Check(seconds=seconds):
            figures_seen = Figures(seconds=seconds, frames=70, tiles=2, tiles_right=2, picture_delay=150.0)
            return Reply(number=number, inspection=Inspection(who=command.who, began=1.0, figures=figures_seen))
        case Leave():
            wheres.pop(command.who, None)
    return Reply(number=number)


if __name__ == "__main__":
    main(sys.argv[1])
