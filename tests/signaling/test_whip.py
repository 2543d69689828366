"""WHIP and WHEP as a standard client meets them."""

from __future__ import annotations

import httpx
import pytest

from mcu import control
from mcu.config import Config, Turn
from mcu.errors import ProtocolError, RefusedError
from mcu.signaling import sdpfrag
from tests.fakes.pool import ANSWER
from tests.signaling.conftest import REMOTE, Site

SDP = {"content-type": "application/sdp"}
FRAGMENT = {"content-type": "application/trickle-ice-sdpfrag"}
OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    "a=mid:0\r\na=ice-ufrag:peer\r\na=ice-pwd:peerpeerpeerpeerpeerp1\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
)
TRICKLE = (
    "a=ice-ufrag:peer\r\na=ice-pwd:peerpeerpeerpeerpeerp1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    "a=candidate:2 1 udp 1 192.0.2.2 9 typ host\r\na=end-of-candidates\r\n"
)
RESTART = TRICKLE.replace("peer", "anew")


class Standard:
    """A client with its token, at some address that is not this machine."""

    def __init__(self, http: httpx.AsyncClient, url: str, token: str) -> None:
        self.http = http
        self.url = url
        self.auth = {"authorization": f"Bearer {token}"}

    async def begin(self) -> httpx.Response:
        return await self.http.post(self.url, content=OFFER, headers=SDP | self.auth)

    async def patch(self, where: str, content: str, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.patch(where, content=content, headers=FRAGMENT | self.auth | given)


async def standard(site: Site, kind: str = "whip") -> tuple[Standard, str]:
    created = await site.create()
    async with site.client() as local:
        made = await local.post(
            f"/api/v1/conferences/{created.conference}/tokens", json={"kind": kind, "name": "중계 카메라"}
        )
    body = made.json()
    assert made.status_code == 201
    path = f"/{kind}/{created.conference}"
    assert body["url"].endswith(path)
    return Standard(site.client(REMOTE), path, body["token"]), created.conference


def code(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["access-control-allow-origin"] == "*"
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize(("kind", "direction", "role"), [("whip", "receive", "attendee"), ("whep", "send", "viewer")])
async def test_from_offer_to_delete(site: Site, kind: str, direction: str, role: str) -> None:
    client, conference = await standard(site, kind)
    made = await client.begin()
    assert (made.status_code, made.text, made.headers["content-type"]) == (201, ANSWER, "application/sdp")
    assert made.headers["location"].startswith(f"{client.url}/")
    leg = site.pool.of(control.AddLeg)[0]
    assert (leg.offer, leg.direction) == (OFFER, direction)  # type: ignore[union-attr]
    (who,) = (await site.registry.snapshot(conference)).roster
    assert (who.name, who.role) == ("중계 카메라", role)
    where = made.headers["location"]
    assert (await client.http.delete(where, headers=client.auth)).status_code == 200
    assert code(await client.http.delete(where, headers=client.auth)) == (404, "no-such-session")
    assert (await site.registry.snapshot(conference)).roster == ()


async def test_trickle_and_restart(site: Site) -> None:
    client, _ = await standard(site)
    made = await client.begin()
    where, etag = made.headers["location"], made.headers["etag"]
    assert (await client.patch(where, TRICKLE, if_match=etag)).status_code == 204
    assert [body.candidate for body in site.pool.of(control.AddCandidate)] == [  # type: ignore[union-attr]
        "candidate:2 1 udp 1 192.0.2.2 9 typ host",
        "",
    ]
    restarted = await client.patch(where, RESTART, if_match="*")
    assert (restarted.status_code, restarted.headers["content-type"]) == (200, FRAGMENT["content-type"])
    assert restarted.headers["etag"] != etag
    assert "a=ice-ufrag:mcuu" in restarted.text
    offer = site.pool.of(control.UpdateLeg)[0].offer  # type: ignore[union-attr]
    assert sdpfrag.credentials(offer) == ("anew", "anewanewanewanewanewp1")
    assert "192.0.2.1" not in offer
    assert code(await client.patch(where, TRICKLE, if_match=etag)) == (412, "session-changed")


async def test_refusals(site: Site) -> None:
    client, conference = await standard(site)
    http, auth = client.http, client.auth
    assert code(await http.post(client.url, content=OFFER, headers=SDP)) == (401, "token-missing")
    wrong = await http.post(client.url, content=OFFER, headers=SDP | {"authorization": "Bearer x"})
    assert code(wrong) == (401, "token-invalid")
    assert wrong.headers["www-authenticate"].startswith("Bearer")
    assert code(await http.post(f"/whep/{conference}", content=OFFER, headers=SDP | auth)) == (403, "token-elsewhere")
    assert code(await http.post(client.url, content=OFFER, headers=auth)) == (415, "media-type")
    assert code(await http.post(client.url, content="v" * 70_000, headers=SDP | auth)) == (413, "sdp-too-large")
    assert code(await http.post(client.url, content=b"\xff", headers=SDP | auth)) == (400, "sdp-invalid")
    other = await http.get(client.url, headers=auth)
    assert code(other) == (405, "method-not-allowed")
    assert other.headers["allow"] == "POST, OPTIONS"
    where = (await client.begin()).headers["location"]
    assert code(await client.patch(where, TRICKLE)) == (428, "if-match-missing")
    assert code(await client.patch(where, "nonsense", if_match="*")) == (400, "invalid-body")
    assert code(await client.patch(where, TRICKLE, if_match="*")) == (412, "session-changed")
    assert code(await http.patch(where, content=TRICKLE, headers=SDP | auth)) == (415, "media-type")


async def test_refused_offer_leaves_nobody_behind(site: Site) -> None:
    client, conference = await standard(site)
    site.pool.refuse = RefusedError("sdp-nothing-in-common")
    assert code(await client.begin()) == (406, "sdp-nothing-in-common")
    assert (await site.registry.snapshot(conference)).roster == ()
    site.pool.refuse = RefusedError("media-unavailable")
    busy = await client.begin()
    assert (code(busy), busy.headers["retry-after"]) == ((503, "media-unavailable"), "5")


async def test_second_offer_with_the_token_supersedes_the_first(site: Site) -> None:
    client, conference = await standard(site)
    first, second = await client.begin(), await client.begin()
    assert (first.status_code, second.status_code) == (201, 201)
    gone = await client.http.delete(first.headers["location"], headers=client.auth)
    assert code(gone) == (404, "no-such-session")
    assert len((await site.registry.snapshot(conference)).roster) == 1


async def test_media_that_ends_ends_the_session(site: Site) -> None:
    client, conference = await standard(site)
    where = (await client.begin()).headers["location"]
    leg = site.pool.of(control.AddLeg)[0].leg  # type: ignore[union-attr]
    site.registry.notice(control.LegState(leg=leg, state="closed", reason="ice-timeout"))
    while (await site.registry.snapshot(conference)).roster:
        await site.registry.store.count_conferences()
    assert code(await client.http.delete(where, headers=client.auth)) == (404, "no-such-session")


async def test_any_site_may_use_its_token(site: Site) -> None:
    client, _ = await standard(site)
    preflight = await client.http.options(client.url, headers={"origin": "https://elsewhere.example"})
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    assert preflight.headers["accept-post"] == "application/sdp"
    made = await client.begin()
    for name in ("Location", "ETag", "Link"):
        assert name in made.headers["access-control-expose-headers"]


class TestWithRelay:
    @pytest.fixture
    def config(self, turn: Turn) -> Config:
        return Config(turn=turn)

    async def test_relays_are_in_link_headers(self, site: Site) -> None:
        client, _ = await standard(site)
        stun, relay = (await client.begin()).headers.get_list("link")
        assert stun == '<stun:stun.example.kr>; rel="ice-server"'
        assert relay.startswith('<turns:turn.example.kr:443?transport=tcp>; rel="ice-server"; username="')
        assert relay.endswith('credential-type="password"')


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "a=ice-ufrag:peer\r\n",
        "a=ice-ufrag:pee\r\na=ice-pwd:peerpeerpeerpeerpeerp1\r\n",
        TRICKLE + "a=ice-ufrag:other\r\n",
        "a=\x00\r\n",
        "a=x\r\n" * 10_000,
        "".join(f"a=candidate:{n} 1 udp 1 192.0.2.2 9 typ host\r\n" for n in range(100)),
    ],
)
def test_bad_fragments(text: str) -> None:
    with pytest.raises(ProtocolError):
        sdpfrag.parse(text)


def test_fragment_of_an_answer_can_be_read_again() -> None:
    fragment = sdpfrag.parse(sdpfrag.build(ANSWER))
    assert (fragment.ufrag, fragment.complete) == ("mcuu", True)
    assert fragment.candidates == ("candidate:1 1 udp 2130706431 127.0.0.1 10443 typ host",)
