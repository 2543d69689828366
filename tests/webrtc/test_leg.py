"""A leg's life by the clock: nobody comes, DTLS never ends, silence, return, goodbye. No sockets."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mcu._native.packets import SrtpTransport
from mcu.media.rtp_session import RtpSession
from mcu.media.types import AudioProfile, StreamKind, VideoProfile
from mcu.webrtc import stun
from mcu.webrtc.dtls import Certificate, SrtpKeys
from mcu.webrtc.ice_lite import SILENT_SECONDS, PathLike
from mcu.webrtc.leg import CLOSE_SECONDS, CONNECT_SECONDS, WebRtcLeg
from mcu.webrtc.leg_description import Defaults, LegDescription, Server
from mcu.webrtc.leg_interfaces import TRANSITIONS, LegState
from mcu.webrtc.stun import Attribute, MessageClass
from tests.webrtc.echo import Echo
from tests.webrtc.sdp_texts import read

CERTIFICATE = Certificate()
SERVER = Server(("192.0.2.1",), 10_443, CERTIFICATE.fingerprint)
DEFAULTS = Defaults("both", AudioProfile(), VideoProfile("VP8", 1280, 720, 25, 1_200_000))
KEYS = SrtpKeys("AEAD_AES_128_GCM", bytes(28), bytes(range(28)))


@dataclass(frozen=True)
class FakePath:
    ip: str = "192.0.2.7"
    port: int = 5000


class World:
    """The Network and the Driver: remembers what the leg asked for."""

    def __init__(self) -> None:
        self.time = 100.0
        self.hurried_until = 0.0
        self.bound: set[PathLike] = set()
        self.named: set[str] = set()
        self.selected: list[PathLike] = []
        self.sent: list[tuple[bytes, PathLike]] = []
        self.calls: list[str] = []
        self.full = False

    def now(self) -> float:
        return self.time

    def send(self, data: bytes, path: PathLike) -> None:
        self.sent.append((data, path))

    def bind(self, path: PathLike, leg: WebRtcLeg, now: float) -> bool:
        if not self.full:
            self.bound.add(path)
        return not self.full

    def unbind(self, path: PathLike, leg: WebRtcLeg) -> None:
        self.bound.discard(path)

    def select(self, path: PathLike, transport: SrtpTransport) -> None:
        self.selected.append(path)

    def name(self, ufrag: str, leg: WebRtcLeg) -> None:
        self.named.add(ufrag)

    def unname(self, ufrag: str) -> None:
        self.named.discard(ufrag)

    def secure(self, leg: WebRtcLeg) -> None:
        self.calls.append("secure")

    def hurry(self, until: float) -> None:
        self.hurried_until = until

    def touched(self, leg: WebRtcLeg) -> None:
        self.calls.append("touched")

    def ended(self, leg: WebRtcLeg) -> None:
        self.calls.append("ended")


class Scene:
    def __init__(self, stack: str = "chromium", *, setup: str = "actpass") -> None:
        self.world, self.handler = World(), Echo()
        self.offer = read(stack).replace("a=setup:actpass", f"a=setup:{setup}")
        self.description = LegDescription(self.offer, server=SERVER, defaults=DEFAULTS)
        self.leg = WebRtcLeg(
            "a",
            self.description,
            network=self.world,
            driver=self.world,
            handler=self.handler,
            certificate=CERTIFICATE,
            session=RtpSession(cname="c", ssrc_for_reports=self.description.report_ssrc()),
            now=self.world.time,
        )

    def check(self, path: FakePath, *, nominate: bool = True) -> None:
        credentials = self.leg.ice.local
        attributes = [(Attribute.USERNAME, f"{credentials.ufrag}:x".encode()), (Attribute.PRIORITY, bytes(4))]
        if nominate:
            attributes.append((Attribute.USE_CANDIDATE, b""))
        data = stun.build(MessageClass.REQUEST, bytes(12), attributes, password=credentials.password)
        self.leg.receive_check(stun.parse(data), path, self.world.time)

    def connect(self) -> None:
        self.check(FakePath())
        self.leg.receive_dtls(b"\x16", FakePath(), self.world.time)
        self.leg.secured(KEYS)

    def pass_time(self, seconds: float) -> None:
        """The timer is served whenever the leg asked for it."""
        end = self.world.time + seconds
        while (due := self.leg.next_timer()) <= end:
            self.world.time = max(due, self.world.time + 0.001)
            self.leg.handle_timer(self.world.time)
        self.world.time = end


async def test_nobody_comes() -> None:
    scene = Scene()
    scene.pass_time(CONNECT_SECONDS - 0.1)
    assert scene.leg.state is LegState.CHECKING
    scene.pass_time(0.2)
    assert scene.handler.events == [("closed", "ice-timeout")]
    assert scene.leg.next_timer() == float("inf")


async def test_checks_come_but_no_dtls() -> None:
    scene = Scene()
    scene.check(FakePath())
    assert scene.leg.state is LegState.SECURING
    scene.pass_time(CONNECT_SECONDS + 0.1)
    assert scene.handler.events == [("closed", "dtls-timeout")]


async def test_as_dtls_client_it_begins_on_the_first_valid_path() -> None:
    scene = Scene(setup="passive")
    assert "secure" not in scene.world.calls
    scene.check(FakePath(), nominate=False)
    scene.check(FakePath(port=5001))
    assert scene.world.calls.count("secure") == 1
    scene.leg.receive_dtls(b"\x16", FakePath(), scene.world.time)
    assert scene.world.calls.count("secure") == 1


async def test_a_connected_leg_sends_to_the_nominated_path() -> None:
    scene = Scene()
    scene.connect()
    assert scene.handler.events == [("connected",)]
    assert scene.world.calls[0] == "secure"
    assert scene.world.selected == [FakePath()]
    assert set(scene.leg.sent) == {StreamKind.AUDIO, StreamKind.MAIN}
    main = scene.leg.sent[StreamKind.MAIN]
    assert main.rtx_ssrc
    assert main.mid == "1"
    assert scene.leg.video_payload_types >= {main.payload_type}
    scene.check(FakePath(port=6000))
    assert scene.world.selected[-1] == FakePath(port=6000)


async def test_silence_is_reported_forgiven_and_in_the_end_final() -> None:
    scene = Scene()
    scene.connect()
    scene.pass_time(SILENT_SECONDS + 0.1)
    assert scene.handler.events[-1] == ("state", "disconnected")
    assert scene.leg.connected
    scene.check(FakePath())
    scene.leg.pump(scene.world.time)
    assert scene.handler.events[-1] == ("state", "connected")
    scene.pass_time(CLOSE_SECONDS - 0.1)
    assert scene.handler.events[-1] == ("state", "disconnected")
    scene.pass_time(0.2)
    assert scene.handler.events[-1] == ("closed", "silent")
    assert scene.world.calls[-1] == "ended"
    assert not scene.leg.connected


async def test_keys_for_a_leg_that_was_closed_are_ignored() -> None:
    scene = Scene()
    scene.check(FakePath())
    scene.leg.close("removed")
    scene.leg.secured(KEYS)
    assert scene.leg.transport is None
    assert scene.handler.events == [("closed", "removed")]
    scene.leg.request_keyframe(StreamKind.MAIN)


async def test_a_path_that_cannot_be_had_is_not_used() -> None:
    scene = Scene()
    scene.world.full = True
    scene.check(FakePath())
    assert scene.leg.state is LegState.CHECKING
    assert not scene.leg.ice.paths
    scene.world.full = False
    scene.check(FakePath())
    assert scene.leg.state is LegState.SECURING


async def test_a_later_offer_changes_what_is_sent() -> None:
    scene = Scene()
    scene.connect()
    before = dict(scene.leg.sent)
    muted = scene.offer.replace("a=sendrecv", "a=sendonly")
    scene.leg.update(muted)
    assert scene.leg.sent == {}
    assert scene.leg.video_profile is None
    scene.leg.update(scene.offer)
    assert scene.leg.sent == before  # the numbers go on: under the same keys and SSRC none may be used again


async def test_a_probe_ends_with_the_picture_and_leaves_no_deadline_behind() -> None:
    scene = Scene()
    scene.connect()
    leg, world = scene.leg, scene.world
    for _ in range(20):
        world.time += 0.1
        leg.budget(world.time)
    leg.line.limited(300_000, False, world.time)
    leg.probe(5_000_000, world.time)
    assert leg.line.next_timer() == world.time
    assert world.hurried_until > world.time  # it is sent in parts
    leg.update(scene.offer.replace("a=sendrecv", "a=sendonly"))
    assert leg.line.next_timer() == float("inf")
    leg.probe(6_000_000, world.time + 1.0)
    assert leg.line.next_timer() == float("inf")
    scene.pass_time(1.0)  # the first report
    assert leg.next_timer() > world.time


async def test_a_restart_names_the_leg_anew_and_the_old_name_ends_with_the_nomination() -> None:
    scene = Scene()
    scene.connect()
    (before,) = scene.world.named
    scene.leg.update(scene.offer.replace("a=ice-ufrag:", "a=ice-ufrag:n"))
    assert len(scene.world.named) == 2
    scene.check(FakePath(port=7000))
    assert before not in scene.world.named
    assert scene.world.selected[-1] == FakePath(port=7000)


@pytest.mark.parametrize("state", LegState)
def test_every_state_can_only_end_in_closed(state: LegState) -> None:
    assert LegState.CLOSED in TRANSITIONS[state] or state is LegState.CLOSED
