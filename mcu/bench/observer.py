"""Collects an `Observation` inside the load: keeps what comes, decodes nothing, so that the load keeps its pace."""

from __future__ import annotations

from collections.abc import Sequence

from mcu._native.rtp_packet import RtpPacket
from mcu.bench.observation import MAX_SECONDS, Frame, Layout, Observation, Packet, Place, Sent
from mcu.bench.workload import Workload
from mcu.media.types import EncodedFrame, StreamKind
from mcu.synthetic.clips import PACKET_SECONDS
from mcu.synthetic.participant import Participant
from mcu.synthetic.stage import Stage

MARGIN = 0.5  # seconds of sending before the beginning that are told: what was under way then
MAX_FRAMES = round(MAX_SECONDS * 60)  # no composite has more than 60 fps
MAX_PACKETS = round(MAX_SECONDS / PACKET_SECONDS)
MAX_LAYOUTS = 1_000


def observer_of(workload: Workload) -> int:
    """The number of who observes: a viewer where there are any, else somebody who does not speak for a while."""
    return workload.participants if workload.viewers else workload.participants // 2


class Observer:
    """Make it the receiver of the observing participant, then `watch` the crowd; `begin`, and `end` a while later."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._people: Sequence[Participant] = ()
        self._performances: tuple[int, ...] = ()
        self._number = 0
        self._began = 0.0  # 0.0 while nothing is observed
        self._forget()

    def _forget(self) -> None:
        self._frames: list[Frame] = []
        self._packets: list[Packet] = []
        self._layouts: list[Layout] = []
        self._told: object = None  # the tiles of the last layout
        self._left_out = 0

    def watch(self, people: Sequence[Participant], number: int, performances: Sequence[int]) -> None:
        """`people` in the order of the workload, of whom `number` observes; `performances` of those who send."""
        self._people, self._number, self._performances = people, number, tuple(performances)

    def begin(self) -> None:
        """From now on; a keyframe is asked for, because what came before was not kept."""
        self._forget()
        self._began = self._stage.now()
        self._stage.late = 0.0
        client = self._people[self._number].client
        if client is not None:
            client.tap(StreamKind.AUDIO, self._hear)
            client.request_keyframe()

    def end(self) -> Observation:
        """What was received since `begin`, at most MAX_SECONDS of it."""
        since, self._began = self._began - MARGIN, 0.0
        client = self._people[self._number].client
        if client is not None:
            client.tap(StreamKind.AUDIO, None)
        clients = {number: who.client for number, who in enumerate(self._people) if who.client is not None}
        players = {number: client.player for number, client in clients.items() if client.player is not None}
        shared = clients[0].content if 0 in clients else None
        return Observation(
            begin=since + MARGIN,
            end=self._stage.now(),
            observer=self._number,
            performances=self._performances,
            frames=tuple(self._frames),
            layouts=tuple(self._layouts),
            packets=tuple(self._packets),
            pictures={number: _since(player.sent, since) for number, player in players.items()},
            sizes={number: (size.width, size.height) for number, player in players.items() if (size := player.size)},
            content=_since(shared.sent, since) if shared is not None else (),
            spoken={number: told for number, player in players.items() if (told := _since(player.spoken, since))},
            late=self._stage.late,
            left_out=self._left_out,
        )

    # --- mcu.synthetic.participant.Receiver -------------------------------------------------------------

    def frame_received(self, participant: Participant, kind: StreamKind, frame: EncodedFrame) -> None:
        """Keep it."""
        if not self._began or kind is not StreamKind.MAIN or not (self._frames or frame.keyframe):
            return
        if len(self._frames) >= MAX_FRAMES or self._over(frame.arrived):
            self._left_out += 1
            return
        self._note_layout(participant)
        self._frames.append(Frame(frame.arrived, frame.timestamp, frame.keyframe, frame.data))

    # --- inside -----------------------------------------------------------------------------------------

    def _hear(self, packet: RtpPacket) -> None:
        if len(self._packets) >= MAX_PACKETS or self._over(packet.arrival):
            self._left_out += 1
            return
        self._packets.append(Packet(packet.arrival, packet.timestamp, packet.payload))

    def _over(self, now: float) -> bool:
        return now - self._began > MAX_SECONDS

    def _note_layout(self, participant: Participant) -> None:
        """Before the frame that may be the first to show it."""
        tiles = participant.tiles
        if tiles is self._told or tiles is None or len(self._layouts) >= MAX_LAYOUTS:
            return
        self._told = tiles
        numbers = {who.id: number for number, who in enumerate(self._people) if who.id}
        self._layouts.append(
            Layout(
                self._stage.now() if self._layouts else 0.0,
                tuple(
                    Place(numbers.get(tile.participant, -1), tile.content, tile.x, tile.y, tile.width, tile.height)
                    for tile in tiles.tiles
                ),
            )
        )


def _since(sent: Sequence[tuple[int, float]], begin: float) -> Sent:
    return tuple(pair for pair in sent if pair[1] >= begin)
