"""WHIP (RFC 9725) and WHEP: FFmpeg's own client, and what a session promises to a standard client."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from aiortc import RTCCertificate
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.interop.child import Child, child
from tests.interop.payloads import settings
from tests.interop.stage import GUEST, HOST, Resource, Stage, hears
from tests.interop.test_stacks import Stack

PAUSE_SECONDS = 1.0  # of the picture, at most, while ICE restarts: nobody takes that for the end of it

pytestmark = [pytest.mark.interop, pytest.mark.timeout(60)]


@pytest.fixture(scope="session")
def identity(media_folder: Path) -> dict[str, str]:
    """A P-256 certificate for FFmpeg: built on GnuTLS, it makes itself one on P-224, which OpenSSL 4 refuses."""
    made = RTCCertificate.generateCertificate()
    certificate, key = media_folder / "certificate.pem", media_folder / "key.pem"
    certificate.write_bytes(made._cert.public_bytes(Encoding.PEM))
    key.write_bytes(made._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {"cert_file": str(certificate), "key_file": str(key)}


@pytest.mark.parametrize("role", [{}, {"whip_flags": "dtls_active"}], ids=["dtls-passive", "dtls-active"])
async def test_ffmpeg_sends_by_its_whip_muxer(
    conference: Stage, media_folder: Path, identity: dict[str, str], role: dict[str, str]
) -> None:
    host = conference.host
    address, token = conference.token("whip", "중계")
    media = settings(media_folder, GUEST, "H264", "sendonly")
    media |= {"address": address, "token": token, "options": identity | role}
    begin = time.monotonic()
    async with child((sys.executable, "stacks/ffmpeg.py"), codec="H264", settings=media):
        seen = await conference.until(conference.sees, host, HOST, GUEST, what="FFmpeg's picture at the host")
        await conference.until(hears, host, GUEST, what="FFmpeg's tone, and only that, at the host")
        print(f"ffmpeg: seen {seen - begin:.2f} s after its start")
    await conference.until(conference.sees, host, HOST, what="the host alone, after FFmpeg's DELETE")


def fragment(description: str) -> str:
    """What an ICE restart sends (RFC 9725 section 4.3.3): credentials and candidates of a full offer."""
    wanted = ("a=ice-ufrag:", "a=ice-pwd:", "m=", "a=mid:", "a=candidate:", "a=end-of-candidates")
    lines = [line for line in description.splitlines() if line.startswith(wanted)]
    media = next(index for index, line in enumerate(lines) if line.startswith("m="))
    section = [line for line in lines[media:] if not line.startswith(("a=ice-ufrag:", "a=ice-pwd:"))]
    named = [next(line for line in lines if line.startswith(name)) for name in wanted[:2]]
    return "\r\n".join([*named, *section[: _second_media(section)], ""])


def _second_media(lines: list[str]) -> int:
    return next((index for index, line in enumerate(lines) if index and line.startswith("m=")), len(lines))


def restarted(answer: str, told: str) -> str:
    """`answer` with the credentials that the server's fragment tells."""
    credentials = {line.partition(":")[0]: line for line in told.splitlines() if line.startswith("a=ice-")}
    return "".join(f"{credentials.get(line.partition(':')[0], line)}\r\n" for line in answer.splitlines())


async def test_ice_restarts_by_patch_and_media_go_on(conference: Stage, media_folder: Path) -> None:
    stack = Stack("libwebrtc", "VP8")
    async with stack.start(media_folder, "recvonly") as watcher:
        session = await conference.post("whep", await watcher.offer())
        await watcher.accept(session.answer)
        await conference.until(conference.sees, watcher, HOST, what="the composite at the watcher")
        etag, seen = await restart(session, watcher)
        await conference.until(lambda: watcher.pictures > seen + 25, what="pictures for a second after the restart")
        await conference.until(hears, watcher, HOST, what="the host's tone after the restart")
        assert watcher.longest_pause < PAUSE_SECONDS, watcher.states
        print(f"longest pause of the picture around the restart: {watcher.longest_pause:.2f} s")
        late = await session.patch(fragment(session.answer), session.etag)
        assert late.status_code == 412
        trickled = await session.patch("a=end-of-candidates\r\n", etag)
        assert trickled.status_code == 204
        assert await session.delete() == 200
        assert await session.delete() == 404


async def restart(session: Resource, watcher: Child) -> tuple[str, int]:
    """(the new ETag, pictures at the watcher so far)"""
    offer = await watcher.restart()
    response = await session.patch(fragment(offer), "*")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/trickle-ice-sdpfrag"
    assert response.headers["etag"] != session.etag
    assert response.text.splitlines()[0] != next(
        line for line in session.answer.splitlines() if line.startswith("a=ice-ufrag:")
    )
    await watcher.accept(restarted(session.answer, response.text))
    return response.headers["etag"], watcher.pictures
