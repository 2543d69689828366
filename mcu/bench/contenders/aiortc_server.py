"""A plain mixing server of aiortc, over real WebRTC on loopback: what it costs for as many people as it can carry.

The server is `aiortc_mixing`, in a process of its own whose CPU alone counts; the people are light clients in this one.

Rules:
1. It carries a number of people when each gets at least LEAST_SHARE of the composite's frames, on average, with this
   machine's other load as it is. The largest number is found by doubling and halving with short trials.
2. A workload of up to TRUSTED people is measured as it is, without a search, and what it misses is said: so a number
   that was found can be repeated.
3. Nobody shares a screen: a plain server does not have that.
"""

from __future__ import annotations

import asyncio
import importlib.util
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import uvloop

from mcu.bench import cpu
from mcu.bench.contender import WARM_UP_SECONDS, NotInstalled, Result, main
from mcu.bench.contenders.aiortc_messages import Answer, Offer
from mcu.bench.contenders.aiortc_peers import Peer
from mcu.bench.leash import leashed
from mcu.bench.media import performances
from mcu.bench.workload import TURN_SECONDS, Workload, speakers_at, to_json
from mcu.errors import PeerError, ProtocolError
from mcu.media.types import BLOCK_SECONDS
from mcu.synthetic.player import Reels, load_reels
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate

NAME = "aiortc_server"
PACKAGE = "aiortc"  # of Python
LEAST_SHARE = 0.9  # of the frames that are due
TRUSTED = 12  # people: more than it has carried on any machine we saw
FIRST_TRY = 4  # people
TRIAL_SECONDS = 4.0
TRIES = 2
ANSWER_SECONDS = 20.0  # for one answer of the server, its start included
END_SECONDS = 5.0
LINE_BYTES = 1 << 20
NOTE = "stock aiortc over real WebRTC, an encoder for each person"


@dataclass(frozen=True, slots=True)
class Trial:
    """One stretch."""

    people: int
    share: float  # of the frames that were due, received on average; 0.0 when somebody could not connect
    frames: int  # received by one person, on average
    seconds: float
    cpu_seconds: float  # of the server


def run(workload: Workload, seconds: float) -> Result:
    """Raises NotInstalled."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise NotInstalled(f"no aiortc here: pip install {PACKAGE}")
    people = workload.people
    if people <= TRUSTED:
        trial = carry(fewer(workload, people), seconds)
    else:
        people = largest(lambda number: _carries(fewer(workload, number)), most=people)
        trial = carry(fewer(workload, people), seconds)
        while trial.share < LEAST_SHARE and people > 1:  # a longer stretch shows more than a trial did
            people -= 1
            trial = carry(fewer(workload, people), seconds)
    due = int(trial.seconds * _rate(workload))
    return Result(
        name=NAME,
        cpu_seconds=trial.cpu_seconds,
        seconds=trial.seconds,
        ticks=trial.frames,
        ticks_missed=max(0, due - trial.frames),
        participants=people,
        note=f"{NOTE}; {trial.share:.0%} of the frames",
    )


def largest(carries: Callable[[int], bool], *, most: int) -> int:
    """The largest number up to `most` that is carried, as far as doubling and halving can tell; 1 at least."""
    low, high, tried = 0, most + 1, min(FIRST_TRY, most)
    while high - low > 1:
        if carries(tried):
            low = tried
        else:
            high = tried
        tried = min(2 * low, most) if high > most else (low + high) // 2
    return max(low, 1)


def _carries(workload: Workload) -> bool:
    """In one of TRIES trials: a hiccup of the machine is not the server's limit."""
    return any(carry(workload, TRIAL_SECONDS).share >= LEAST_SHARE for _ in range(TRIES))


def fewer(workload: Workload, people: int) -> Workload:
    """The same with that many: viewers are left out first."""
    sending = min(people, workload.participants)
    return msgspec.structs.replace(
        workload,
        participants=sending,
        viewers=people - sending,
        speakers=min(workload.speakers, sending),
        content=False,
    )


def carry(workload: Workload, seconds: float, *, taker: Callable[[Sequence[Peer]], None] | None = None) -> Trial:
    """A server, `workload` on it, `seconds` measured behind a warm-up. `taker` gets the peers at the end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_carry(workload, seconds, taker))


async def _carry(workload: Workload, seconds: float, taker: Callable[[Sequence[Peer]], None] | None) -> Trial:
    command = leashed("-m", "mcu.bench.contenders.aiortc_mixing", to_json(workload))
    server = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=LINE_BYTES)
    stage = Stage()
    peers = _peers(workload, stage, keep=taker is not None)
    try:
        try:
            for peer in peers:
                await _join(peer, server)
        except (PeerError, ProtocolError, TimeoutError):
            return Trial(workload.people, 0.0, 0, 0.0, 0.0)
        await _speak_for(WARM_UP_SECONDS, workload, peers)
        begin, used, count = time.monotonic(), _cpu(server), _frames(workload, peers)
        await _speak_for(seconds, workload, peers)
        used, count, took = _cpu(server) - used, _frames(workload, peers) - count, time.monotonic() - begin
        if taker is not None:
            taker(peers)
        frames = round(count / len(peers))
        return Trial(workload.people, frames / (took * _rate(workload)), frames, took, used)
    finally:
        stage.close()
        await _end(server)
        for peer in peers:
            await peer.close()


def _peers(workload: Workload, stage: Stage, *, keep: bool) -> list[Peer]:
    certificate = Certificate()
    made: dict[int, Reels] = {}
    peers = []
    for number, performance in enumerate([*performances(workload), *[None] * workload.viewers]):
        reels = None if performance is None else made.setdefault(id(performance), load_reels(performance))
        codec = "" if workload.audio_only else workload.codec_in
        peers.append(Peer(stage, reels, certificate=certificate, order=number, codec=codec, keep=keep and number == 0))
    return peers


async def _join(peer: Peer, server: Process) -> None:
    """Raises PeerError, ProtocolError, TimeoutError."""
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(msgspec.json.encode(Offer(peer.order, peer.offer())) + b"\n")
    async with asyncio.timeout(ANSWER_SECONDS):
        line = await server.stdout.readline()
    try:
        answer = msgspec.json.decode(line, type=Answer)
    except msgspec.DecodeError as error:
        raise ProtocolError(f"aiortc's server: {error}") from error
    await peer.connect(answer.sdp)


async def _speak_for(seconds: float, workload: Workload, peers: Sequence[Peer]) -> None:
    """Hand the word on, as long as that."""
    begin = time.monotonic()
    step = TURN_SECONDS / max(1, workload.speakers)
    while (over := time.monotonic() - begin) < seconds:
        speaking = speakers_at(workload, over)
        for peer in peers:
            if peer.player is not None:
                peer.player.set_speaking(peer.order in speaking)
        await asyncio.sleep(min(step - over % step, seconds - over))


def _frames(workload: Workload, peers: Sequence[Peer]) -> int:
    """Pictures, or packets of sound where there are no pictures."""
    return sum(peer.packets_received if workload.audio_only else peer.pictures for peer in peers)


def _rate(workload: Workload) -> float:
    return 1 / BLOCK_SECONDS if workload.audio_only else workload.composite.fps


def _cpu(server: Process) -> float:
    usage = cpu.of_process(server.pid)
    return 0.0 if usage is None else usage.cpu


async def _end(server: Process) -> None:
    assert server.stdin is not None
    server.stdin.close()
    try:
        async with asyncio.timeout(END_SECONDS):
            await server.wait()
    except TimeoutError:
        server.kill()
        await server.wait()


if __name__ == "__main__":
    main(NAME, run)
