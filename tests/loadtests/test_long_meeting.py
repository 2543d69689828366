"""Three hours of one connection in simulated time. Bots of others were silently gone after 133 minutes:
https://github.com/openfun/bbb-stress-test/issues/13

Sockets, SRTP, ICE and the sessions of both ends are real; only the clock is not. What wraps or expires does so here:
the RTP sequence number eight times (each 22 minutes of sound), the transport-wide one likewise, the NTP of reports,
and consent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from mcu._native.opus import OpusEncoder
from mcu._native.packets import Datagram, Path, Rtcp, SendStream, send
from mcu._native.rtp_packet import RtpPacket
from mcu.media.rtp_session import RtpSession
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, CodecParameters, StreamKind
from mcu.synthetic.ice import Failed, IceClient, Selected
from mcu.webrtc import stun
from mcu.webrtc.ice_lite import Credentials, IceLite
from tests.support.packets import Endpoint, connect, endpoint

HOURS = 3
LOOP = 50  # packets of sound, each a second
OPUS = {111: CodecParameters("opus", 111, 48_000, channels=2, feedback=frozenset({"transport-cc"}))}
PROFILE = "AEAD_AES_128_GCM"
BEGIN = 1_000.0


@dataclass
class End:
    """One side of the connection."""

    socket: Endpoint
    session: RtpSession
    failures: int = 0


def loop_of_sound() -> list[bytes]:
    encoder = OpusEncoder()
    times = np.arange(BLOCK_SAMPLES) / 48_000
    return [
        encoder.encode((0.2 * np.sin(2 * np.pi * 500 * (times + n * BLOCK_SECONDS))).astype(np.float32))
        for n in range(LOOP)
    ]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_nobody_is_gone_after_three_hours() -> None:
    sound = loop_of_sound()
    ours, theirs = Credentials.generate(), Credentials.generate()
    with endpoint() as client_socket, endpoint() as server_socket:
        sending, receiving = connect(client_socket, server_socket, "::1", profile=PROFILE)
        client = End(client_socket, RtpSession(cname="client", ssrc_for_reports=5, reduced_size=True))
        server = End(server_socket, RtpSession(cname="server", ssrc_for_reports=6, reduced_size=True))
        stream = SendStream(sending, ssrc=77, payload_type=111, clock_rate=48_000, mid="a")
        client.session.add_sent(StreamKind.AUDIO, stream)
        server.session.add_received(StreamKind.AUDIO, OPUS, mid="a", ssrcs=(77,))
        lite = IceLite(local=theirs, now=BEGIN)
        ice = IceClient(local=ours, remote=theirs, candidates=[("::1", server_socket.port)], seed="x", now=BEGIN)
        silent = longest_silence = 0
        selected = False
        for beat in range(HOURS * 3600 * 50):
            now = BEGIN + beat * BLOCK_SECONDS
            send((sound[beat % LOOP],), timestamp=beat * BLOCK_SAMPLES & 0xFFFFFFFF, streams=(stream,), now=now)
            for item in server_socket.drain(now):
                if isinstance(item, RtpPacket):
                    server.session.receive_rtp(item, now)
                elif isinstance(item, Rtcp):
                    server.session.receive_rtcp(item.data, now)
            assert server.session.audio is not None
            block = server.session.audio.pull(now)
            silent = silent + 1 if block is None or not np.any(block) else 0
            longest_silence = max(longest_silence, silent) if beat > LOOP else 0
            for end, transport in ((client, sending), (server, receiving)):
                if end.session.next_timer() <= now:
                    end.session.handle_timer(now)
                    for data in end.session.data_to_send():
                        transport.send_rtcp(data)
                end.session.events_received()
            if beat % 5 == 0:
                for back in client_socket.drain(now):
                    if isinstance(back, Rtcp):
                        client.session.receive_rtcp(back.data, now)
                    assert not isinstance(back, Datagram)
                selected |= consent(ice, lite, now)
        counters = server.session.audio.counters
        assert selected
        assert ice.next_timer() > now  # consent is fresh
        assert lite.paths
        assert longest_silence == 0
        assert counters.lost == 0
        assert counters.decoded >= HOURS * 3600 * 50 - 2 * LOOP
        assert server.session.audio.delay < 0.1  # it has not grown


def consent(ice: IceClient, lite: IceLite, now: float) -> bool:
    """What both ends of ICE have to say; whether a way was chosen. Raises AssertionError when it was lost."""
    if ice.next_timer() <= now:
        ice.handle_timer(now)
    for data, address in ice.data_to_send():
        lite.receive(stun.parse(data), Path("::1", 9), now)
        for answer, _ in lite.data_to_send():
            ice.receive(answer, address, now)
    if lite.next_timer() <= now:
        lite.handle_timer(now)
    events = ice.events_received()
    assert not any(isinstance(event, Failed) for event in events), f"consent ended at {now - BEGIN:.0f} s"
    return any(isinstance(event, Selected) for event in events)
