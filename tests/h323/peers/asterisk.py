"""Asterisk with its own H.323 stack (ooh323c): it answers calls, makes calls, and tells what it heard.

Extensions, both for who calls it and for its own half of a call that it makes:
    600  echo
    601  a tone (variable TONE, 1000 Hz) for HOLD seconds, an hour unless told otherwise
    602  listens `record_seconds` and hangs up
    603  sends digits (variable DIGITS, 1234#) after a second, and holds on for HOLD seconds
    604  reads digits and notes each
    605  rings and never answers
    606  busy
What 600 to 604 hear is kept as a wav file. Several run side by side, each with an address or a port of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from tests.h323.peers import configuration
from tests.h323.peers.configuration import Dtmf, Settings
from tests.h323.peers.roots import Edition, installed

START_SECONDS = 20.0  # half a second on a quiet machine
COMMAND_SECONDS = 10.0
EVENT_SECONDS = 15.0
STOP_SECONDS = 3.0  # one at most, but for a call that hangs
LOOK_SECONDS = 0.02  # between two looks at what another program writes
LOOPBACK = tuple(f"127.0.0.{host}" for host in range(1, 10))
RTP_PORTS = (20_000, 29_999)
FIRST_LINE = "diary\n"  # Asterisk appends lines only to a file that has one
LOGS = ("output", "log", "diary", "trace")
SEPARATE = ("H245 connection creation successful", "H.245 connection established")  # what its trace says of it
TAIL_LINES = 60  # of each log, shown when a test fails

Found = TypeVar("Found")
_calls = itertools.count(1)


class Kind(StrEnum):
    """What Asterisk notes of a call."""

    ANSWERED = "answered"  # value: the extension that runs on Asterisk's side
    DIGIT = "digit"  # value: one of 0-9*#A-D, heard by extension 604
    SENT = "sent"  # value: the digits that extension 603 has sent
    RECORDED = "recorded"  # value: the wav file, as Asterisk calls it; see `recording`
    ENDED = "ended"  # value: Q.850 cause
    FAILED = (
        "failed"  # a call of its own was never answered; value: 0 unreachable, 1 hung up, 3 rang, 5 busy, 8 refused
    )


@dataclass(frozen=True, slots=True)
class Event:
    kind: Kind
    call: str  # what `originate` gave, or Asterisk's own name for a call that came in
    value: str


class Asterisk:
    """One running Asterisk. `async with asterisk(...)` starts and ends it."""

    def __init__(self, settings: Settings, *, root: Path, folder: Path, peers: Sequence[str], namespace: str) -> None:
        self.settings = settings
        self.folder = folder  # its files, as this side sees them
        self._root = root
        self._prefix = ["ip", "netns", "exec", namespace] if namespace else []
        self._peers = {address: f"peer{number}" for number, address in enumerate(peers)}  # names by address:port
        self._given: set[int] = set()  # lines of the diary that `event` has given
        self._originated = 0  # how long the log was then
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """Where it takes calls: address:port of H.225 call signalling."""
        return f"{self.settings.address}:{self.settings.port}"

    async def command(self, text: str) -> str:
        """What `asterisk -rx` answers."""
        process = await asyncio.create_subprocess_exec(
            *self._line("-rx", text), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
        return output.decode(errors="replace").strip()

    async def originate(
        self, address: str, number: str, *, extension: str = "600", variables: Mapping[str, str] | None = None
    ) -> str:
        """Call a number at address:port; once answered, the extension runs on this side. Gives the call's name.

        The address "" leaves it to the gatekeeper to find the number.
        """
        call = f"out-{next(_calls)}"
        where = f"OOH323/{number}@{await self._peer(address)}" if address else f"OOH323/{number}"
        lines = [
            f"Channel: {where}",
            f'CallerID: "{self.settings.name}" <{self.settings.number or 100}>',
            "MaxRetries: 0",
            "WaitTime: 20",
            "Context: peers",
            f"Extension: {extension}",
            "Priority: 1",
            f"Set: CALL={call}",
            *(f"Set: {name}={value}" for name, value in (variables or {}).items()),
        ]
        self._originated = len(self.log())
        written = self.folder / "spool" / call
        written.write_text("\n".join(lines) + "\n", encoding="utf-8")
        written.rename(self.folder / "spool" / "outgoing" / call)
        return call

    async def hang_up(self) -> None:
        """End every call, until none is left."""
        async with asyncio.timeout(COMMAND_SECONDS):
            while await self.channels():
                await self.command("channel request hangup all")
                await asyncio.sleep(LOOK_SECONDS)

    async def channels(self) -> int:
        """Calls that are up or being set up."""
        return len((await self.command("core show channels concise")).splitlines())

    async def rings(self, *, seconds: float = EVENT_SECONDS) -> None:
        """Until the other side of the call that was last originated rings."""
        await self._soon(lambda: "is ringing" in self.log()[self._originated :], seconds, lambda: "nothing rings")

    def events(self) -> list[Event]:
        """Everything noted so far."""
        lines = self._text("diary").removeprefix(FIRST_LINE).splitlines(keepends=True)
        parts = [line.split(" ", 2) for line in lines if line.endswith("\n")]
        return [Event(Kind(kind), call, value.strip()) for kind, call, value in parts]

    async def event(self, kind: Kind, call: str = "", *, seconds: float = EVENT_SECONDS) -> Event:
        """The first event of the kind (and call) that this has not given before, now or soon."""

        def found() -> Event | None:
            for number, event in enumerate(self.events()):
                if number not in self._given and event.kind is kind and call in ("", event.call):
                    self._given.add(number)
                    return event
            return None

        what = f"{kind} {call}".strip()
        return await self._soon(found, seconds, lambda: f"no event {what!r}, only {self.events()}")

    def digits(self, call: str = "") -> str:
        """What extension 604 has heard so far."""
        return "".join(event.value for event in self.events() if event.kind is Kind.DIGIT and call in ("", event.call))

    async def heard_digits(self, digits: str, call: str = "", *, seconds: float = EVENT_SECONDS) -> None:
        """Until extension 604 has heard exactly these."""
        await self._soon(
            lambda: self.digits(call) == digits, seconds, lambda: f"{self.digits(call)!r} heard instead of {digits!r}"
        )

    async def recording(self, call: str = "", *, seconds: float = EVENT_SECONDS) -> Path:
        """The finished wav file (8 kHz, 16 bits) of what a call has heard; see tests.h323.peers.sound."""
        event = await self.event(Kind.RECORDED, call, seconds=seconds)
        return self._root / event.value.lstrip("/")

    def trace(self) -> str:
        """The log of the H.323 stack, every PDU in clear text."""
        return self._text("trace")

    def log(self) -> str:
        """Asterisk's own log: warnings, errors, digits."""
        return self._text("log")

    def fast_started(self) -> bool:
        """Whether a call of its own was offered and answered with fastStart."""
        return self.trace().count("fastStart = {") >= 2

    def separate_h245(self) -> bool:
        """Whether any call had an H.245 connection of its own."""
        return any(sentence in self.trace() for sentence in SEPARATE)

    def causes(self) -> list[int]:
        """The Q.850 causes of all RELEASE COMPLETE that it got, in order."""
        return [int(cause, 16) for cause in re.findall(r"Cause of Release Complete is ([0-9a-f]+)", self.trace())]

    async def start(self) -> None:
        """Run it, until it takes calls and commands."""
        (self.folder / "spool" / "outgoing").mkdir(parents=True)
        for name, text in configuration.files(self.settings, self._inside, self._peers).items():
            (self.folder / name).write_text(text, encoding="utf-8")
        (self.folder / "diary").write_text(FIRST_LINE, encoding="utf-8")
        with (self.folder / "output").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._line("-f"), stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
            )
        control = self.folder / "asterisk.ctl"
        async with asyncio.timeout(START_SECONDS):
            while "fully booted" not in (await self.command("core waitfullybooted") if control.exists() else ""):
                assert self._process.returncode is None, f"Asterisk ended at once:\n{self.tail()}"
                await asyncio.sleep(LOOK_SECONDS)
        assert "H.225" in await self.command("ooh323 show config"), f"no H.323 channel:\n{self.tail()}"

    async def stop(self) -> None:
        """End it; the process that `start` made and no other."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def kill(self) -> None:
        """As if its power failed, but that the system closes its connections."""
        assert self._process is not None
        self._process.kill()

    def tail(self) -> str:
        """The ends of its logs, for whoever must find out why a test failed."""
        parts = (f"--- {name}\n" + "\n".join(self._text(name).splitlines()[-TAIL_LINES:]) for name in LOGS)
        return f"Asterisk at {self.address}\n" + "\n".join(parts)

    async def _peer(self, address: str) -> str:
        """The name by which Asterisk can call an address:port; it reads its configuration anew for a new one."""
        if address not in self._peers:
            name = self._peers[address] = f"peer{len(self._peers)}"
            text = configuration.channel(self.settings, self._inside, self._peers)
            (self.folder / "ooh323.conf").write_text(text, encoding="utf-8")
            await self.command("module reload chan_ooh323.so")
            async with asyncio.timeout(COMMAND_SECONDS):
                while name not in await self.command(f"ooh323 show peer {name}"):
                    await asyncio.sleep(LOOK_SECONDS)
        return self._peers[address]

    @property
    def _inside(self) -> str:
        return f"/{self.folder.relative_to(self._root)}"

    def _line(self, *arguments: str) -> list[str]:
        # each of these replaces itself with the next: the process that is started is the one to end
        alone = [*self._prefix, "setpriv", "--pdeathsig", "KILL", "chroot", str(self._root)]  # dies with the tests
        return [*alone, "asterisk", "-C", f"{self._inside}/asterisk.conf", *arguments]

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    async def _soon(self, look: Callable[[], Found | None], seconds: float, complaint: Callable[[], str]) -> Found:
        """What the look finds, once it finds something."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := look()):
                    await asyncio.sleep(LOOK_SECONDS)
                return found
        except TimeoutError:
            raise AssertionError(f"{self.address}: {complaint()} after {seconds:.0f} s") from None


@asynccontextmanager
async def asterisk(
    address: str = "127.0.0.2",
    port: int = 0,
    *,
    name: str = "asterisk",
    number: str = "",
    fast_start: bool = True,
    tunneling: bool = True,
    dtmf: Dtmf = Dtmf.ALPHANUMERIC,
    codecs: Sequence[str] = ("alaw", "ulaw"),
    callers: Sequence[str] = LOOPBACK,
    peers: Sequence[str] = (),
    gatekeeper: str = "",
    record_seconds: int = 3,
    namespace: str = "",
    edition: Edition = Edition.CURRENT,
) -> AsyncIterator[Asterisk]:
    """Asterisk, running and ready. Skips the test where none is installed.

    port 0 takes a free one. `callers` are the addresses that it takes calls from: it refuses others unless there is a
    gatekeeper. `peers` (address:port) are those it will call: it learns of others when it calls them, which takes it a
    second. `gatekeeper` is an address (its port is 1719); `namespace` a network namespace by name, or "".
    """
    root = installed(edition)
    settings = Settings(
        address=address,
        port=port or _free_port(address),
        name=name,
        number=number,
        fast_start=fast_start,
        tunneling=tunneling,
        dtmf=dtmf,
        codecs=codecs,
        callers=callers,
        gatekeeper=gatekeeper,
        rtp_ports=RTP_PORTS,
        record_seconds=record_seconds,
    )
    folder = Path(tempfile.mkdtemp(prefix="asterisk-", dir=root / "tmp"))
    running = Asterisk(settings, root=root, folder=folder, peers=peers, namespace=namespace)
    try:
        await running.start()
        yield running
    except BaseException:
        print(running.tail())
        raise
    finally:
        await running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port(address: str) -> int:
    with socket.create_server((address, 0)) as taken:
        port = taken.getsockname()[1]
        assert isinstance(port, int)
        return port
