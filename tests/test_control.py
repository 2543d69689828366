"""The control protocol: every message survives the wire, however the bytes are cut; nonsense is refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu import control, control_framing
from mcu.errors import ProtocolError

MESSAGES: list[control.Envelope] = [
    control.Request(1, control.OpenBridge("c", control.PictureSettings())),
    control.Request(2, control.CloseBridge("c")),
    control.Request(
        3,
        control.UpdateConference(
            "c",
            7,
            (control.ParticipantState("p", "김하늘", office="종로구청장", seat=3, muted=True),),
            control.LayoutChoice("custom", slots=(control.SlotRule(0, 0, 960, 540, "seat", 3),)),
            content="p",
        ),
    ),
    control.Request(4, control.AddLeg("c", "p", "l", "v=0\r\n", direction="receive")),
    control.Request(40, control.CheckLine("check.1", "v=0\r\n")),
    control.Request(5, control.UpdateLeg("l", "v=0\r\n")),
    control.Request(6, control.AddCandidate("l", "")),
    control.Request(7, control.RemoveLeg("l")),
    control.Request(70, control.AddRtpLeg("c", "p", "l", "192.0.2.1")),
    control.Request(
        71,
        control.UpdateRtpLeg(
            "l",
            (control.RtpChannel("sent", "main", "H264", 96, 90_000, ("192.0.2.7", 5000), parameters={"level": "31"}),),
            sources=("192.0.2.7",),
            limits={"main": 384_000},
        ),
    ),
    control.Request(73, control.MoveRtpLeg("l", "c", "p")),
    control.Request(74, control.PlayPrompts("c", ("ko-number", "en-number"))),
    control.Request(72, control.SendKeyframe("l", "main")),
    control.Request(8, control.ReportLoad()),
    control.Request(9, control.Stop()),
    control.Reply(1, control.Done()),
    control.Reply(4, control.LegAnswer("v=0\r\n")),
    control.Reply(4, control.Refused("sdp-invalid", "no m-line")),
    control.Reply(8, control.Load(1.5, 10, 0.4, (control.BridgeLoad("c", 2, 1, 100, 0),), {"mcu_legs": 2.0})),
    control.Event(control.Ready(control.PROTOCOL_VERSION, 1, 10443, ("127.0.0.1",))),
    control.Event(control.LegState("l", "closed", "dtls-timeout")),
    control.Event(control.TilesChanged("c", 1, "grid", 1280, 720, (control.TileState("p", 0, 0, 1280, 720),))),
    control.Event(control.SpeakerChanged("c", None, ("p",))),
    control.Event(control.PictureNeeded("l", control.NeededPicture(256, 144, 25, 180_000))),
    control.Event(control.LinesChanged("c", ("p",), strained=True)),
    control.Event(control.PictureNeeded("l", None)),
    control.Reply(70, control.RtpLegAnswer((control.RtpPorts("audio", 30_000, 30_001),))),
    control.Event(control.KeyframeNeeded("l", "main")),
    control.Event(control.DigitReceived("l", "#")),
]


def test_every_kind_of_message_is_in_this_test() -> None:
    kinds = {type(envelope.body) for envelope in MESSAGES}
    union = set(control.Command.__args__) | set(control.Answer.__args__) | set(control.Notice.__args__)  # type: ignore[attr-defined]
    assert kinds == union


@given(cuts=st.lists(st.integers(1, 40), max_size=200))
def test_a_stream_cut_anywhere_gives_the_same_messages(cuts: list[int]) -> None:
    stream = b"".join(control_framing.frame(message) for message in MESSAGES)
    deframer = control_framing.Deframer()
    received: list[control.Envelope] = []
    for size in cuts:
        received += deframer.receive(stream[:size])
        stream = stream[size:]
    received += deframer.receive(stream)
    assert received == MESSAGES


def test_a_message_without_framing_survives() -> None:
    for message in MESSAGES:
        assert control_framing.decode(control_framing.encode(message)) == message


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", msgspec.msgpack.encode({"type": "Nothing"}), msgspec.msgpack.encode(["Request", 1])],
)
def test_nonsense_is_a_protocol_error(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        control_framing.decode(body)


def test_an_absurd_length_is_refused_before_it_is_buffered() -> None:
    with pytest.raises(ProtocolError, match="announced"):
        list(control_framing.Deframer().receive(b"\xff\xff\xff\xff"))


def test_too_large_a_message_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="bytes"):
        control_framing.frame(control.Request(1, control.AddCandidate("l", "x" * control_framing.MAX_MESSAGE)))
