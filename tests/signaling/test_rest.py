"""REST as its callers see it."""

from __future__ import annotations

import re

import httpx
import jsonschema
import pytest
from msgspec import structs

from mcu import control
from mcu.config import Api, Config
from mcu.controller.doors import ByLink, Person
from mcu.limits import ADDRESS_ATTEMPTS
from mcu.signaling import openapi
from mcu.signaling.headers import HEADERS
from mcu.signaling.messages import sentence
from mcu.store.health import Condition
from tests.fakes.pool import FakeMember
from tests.signaling.conftest import LOCAL, REMOTE, Site

CONFERENCES = "/api/v1/conferences"


def check(response: httpx.Response, name: str) -> dict[str, object]:
    """The body, which must be what the OpenAPI document says of schema `name`."""
    document = openapi.document()
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    body: dict[str, object] = response.json()
    jsonschema.validate(body, schema)
    return body


async def problem(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert check(response, "Problem")["code"] == code


async def test_conference_from_creation_to_end(site: Site) -> None:
    async with site.client() as client:
        made = await client.post(CONFERENCES, json={"title": " 부단체장  회의 ", "layout": {"name": "speaker"}})
        assert made.status_code == 201
        body = check(made, "CreatedConference")
        assert body["title"] == "부단체장 회의"
        assert re.fullmatch(r"[A-Za-z0-9_-]{22}", str(body["link"]))
        assert body["url"] == f"http://localhost:8080/c/{body['link']}"
        assert re.fullmatch(r"\d{9}", str(body["number"]))
        assert re.fullmatch(r"\d{6}", str(body["pin"]))
        where = made.headers["location"]
        detail = check(await client.get(where), "ConferenceDetail")
        assert "pin" not in detail
        assert "chair_key" not in detail
        assert check(await client.get(CONFERENCES), "ConferenceList")["total"] == 1
        changed = await client.patch(where, json={"locked": True, "layout": {"name": "lecture"}})
        assert check(changed, "ConferenceDetail")["locked"]
        assert (await client.delete(where)).status_code == 204
        await problem(await client.get(where), 410, "conference-ended")
        await problem(await client.get(CONFERENCES + "/none"), 404, "no-such-conference")


async def test_a_link_or_a_number_in_place_of_the_id_is_told_apart(site: Site) -> None:
    created = await site.create()
    async with site.client() as client:
        for wrong in (created.link, created.number):
            for where in (wrong, f"{wrong}/participants"):
                answer = await client.get(f"{CONFERENCES}/{where}")
                await problem(answer, 404, "no-such-conference")
                told = answer.json()["message"]
                assert "GET /api/v1/conferences" in told["en"]
                assert "GET /api/v1/conferences" in told["ko"]
        lobby = await client.post("/lobby", json={"conference": "A" * 22})
        assert lobby.json()["message"]["en"] == sentence("no-such-conference").en


async def test_participants_are_listed_muted_and_removed(site: Site) -> None:
    created = await site.create()
    member = FakeMember()
    _, who = await site.registry.enter(ByLink(created.link), Person(name="김하나"), member)
    base = f"{CONFERENCES}/{created.conference}"
    async with site.client() as client:
        people = check(await client.get(base + "/participants"), "ParticipantList")["participants"]
        assert [person["name"] for person in people] == ["김하나"]  # type: ignore[attr-defined]
        muted = check(await client.patch(f"{base}/participants/{who}", json={"muted": True}), "ParticipantList")
        assert muted["participants"][0]["muted_by_chair"]  # type: ignore[index]
        assert check(await client.get(base + "/chat"), "ChatLog")["chat"] == []
        assert (await client.delete(f"{base}/participants/{who}")).status_code == 204
        await problem(await client.delete(f"{base}/participants/{who}"), 404, "no-such-participant")


async def test_pages_of_the_list(site: Site) -> None:
    for _ in range(3):
        await site.create()
    async with site.client() as client:
        first = check(await client.get(CONFERENCES, params={"limit": 2}), "ConferenceList")
        assert (len(first["conferences"]), first["next"]) == (2, 2)  # type: ignore[arg-type]
        last = check(await client.get(CONFERENCES, params={"limit": 2, "offset": 2}), "ConferenceList")
        assert (len(last["conferences"]), last["next"]) == (1, None)  # type: ignore[arg-type]
        await problem(await client.get(CONFERENCES, params={"limit": "-1"}), 400, "invalid-body")


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid-body"),
        (b"{}", "application/json", 400, "invalid-body"),
        (b'{"title":"x","more":1}', "application/json", 400, "invalid-body"),
        (b'{"title":" "}', "application/json", 400, "title-empty"),
        (b'{"title":"%s"}' % ("가".encode() * 81), "application/json", 400, "title-too-long"),
        (b'{"title":"x","layout":{"name":"custom"}}', "application/json", 400, "layout-invalid"),
        (b"[" * 100, "application/json", 400, "too-deep"),
        (b" " * 70_000, "application/json", 413, "too-large"),
        (b'{"title":"x"}', "text/plain", 415, "media-type"),
    ],
)
async def test_bad_bodies_are_refused_in_words(site: Site, content: bytes, kind: str, status: int, code: str) -> None:
    async with site.client() as client:
        response = await client.post(CONFERENCES, content=content, headers={"content-type": kind})
        await problem(response, status, code)


async def test_without_a_key_only_this_machine_may(site: Site) -> None:
    async with site.client(REMOTE) as client:
        await problem(await client.post(CONFERENCES, json={"title": "x"}), 403, "local-only")
        await problem(await client.get("/metrics"), 403, "local-only")
        assert (await client.get("/healthz")).status_code == 200
    async with site.client(host="rebound.example") as client:
        await problem(await client.get(CONFERENCES), 403, "local-only")
    async with site.client() as client:
        foreign = await client.get(CONFERENCES, headers={"origin": "https://elsewhere.example"})
        await problem(foreign, 403, "origin-refused")


class TestWithKey:
    @pytest.fixture
    def config(self, keyed: Api) -> Config:
        return Config(api=keyed)

    async def test_the_key_is_needed_from_everywhere(self, site: Site, keyed: Api) -> None:
        for address in (("127.0.0.1", 1), REMOTE):
            async with site.client(address) as client:
                response = await client.get(CONFERENCES)
                await problem(response, 401, "unauthorized")
                assert response.headers["www-authenticate"] == "Bearer"
                await problem(
                    await client.get(CONFERENCES, headers={"authorization": "Bearer wrong"}), 401, "unauthorized"
                )
                good = await client.get(CONFERENCES, headers={"authorization": f"Bearer {keyed.key}"})
                assert good.status_code == 200

    async def test_guessing_the_key_closes_the_door_for_that_address(self, site: Site, keyed: Api) -> None:
        right = {"authorization": f"Bearer {keyed.key}"}
        async with site.client(REMOTE) as client:
            for _ in range(int(ADDRESS_ATTEMPTS.burst)):
                await problem(
                    await client.get(CONFERENCES, headers={"authorization": "Bearer wrong"}), 401, "unauthorized"
                )
            await problem(await client.get(CONFERENCES, headers=right), 429, "too-many-attempts")
        async with site.client() as client:
            for _ in range(2 * int(ADDRESS_ATTEMPTS.burst)):
                assert (await client.get(CONFERENCES, headers=right)).status_code == 200


async def test_title_is_in_the_readers_language(site: Site) -> None:
    async with site.client() as client:
        for language, title in [("ko-KR,ko;q=0.9", "요청한 주소를"), ("en", "There is nothing")]:
            response = await client.get("/api/v1/none", headers={"accept-language": language})
            assert response.json()["title"].startswith(title)


async def test_readiness_needs_a_processor(site: Site) -> None:
    async with site.client() as client:
        assert check(await client.get("/readyz"), "Readiness") == {"ready": True, "database": True, "processors": 1}
        site.pool.ready_count = 0
        response = await client.get("/readyz")
        assert response.status_code == 503
        assert check(response, "Readiness")["message"] == structs.asdict(sentence("media-unavailable"))


@pytest.mark.parametrize("condition", [Condition.FAILED, Condition.DISK_FULL])
async def test_readiness_needs_a_database_that_takes_writes(site: Site, condition: Condition) -> None:
    async def checked(**_: object) -> Condition:
        return condition

    site.app.state.context.health.check = checked
    async with site.client() as client:
        response = await client.get("/readyz")
        assert (response.status_code, response.json()["database"]) == (503, False)
        assert check(response, "Readiness")["message"] == structs.asdict(sentence(condition.value))
        assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_metrics_carry_what_processors_report(site: Site) -> None:
    counters = {'mcu_rtp_packets_total{direction="sent"}': 7.0, "mcu_ticks_missed": 1.0, "not a name": 1.0}
    site.pool.loads[0] = control.Load(cpu_seconds=1.5, rss_bytes=1_000, strain=0.25, bridges=(), counters=counters)
    async with site.client() as client:
        text = (await client.get("/metrics")).text
    assert 'mcu_rtp_packets_total{direction="sent",processor="0"} 7.0' in text
    assert 'mcu_ticks_missed{processor="0"} 1.0' in text
    assert 'mcu_processor_cpu_seconds_total{processor="0"} 1.5' in text
    assert "mcu_controller_failures_total 0.0" in text
    assert "not a name" not in text


async def test_one_address_cannot_ask_without_end(site: Site) -> None:
    async with site.client() as client:
        statuses = [(await client.get(CONFERENCES + "/none")).status_code for _ in range(100)]
        assert statuses == [404] * 100
        for _ in range(1_000):  # on a busy machine some are given back meanwhile
            if (await client.get(CONFERENCES + "/none")).status_code == 429:
                return
    raise AssertionError("nothing was refused")


async def test_page_and_files_and_nothing_else(site: Site) -> None:
    async with site.client() as client:
        for path in ("/", "/c/Zm9vYmFyYmF6cXV4cXV1eA", "/main.js"):
            assert (await client.get(path)).status_code == 200, path
        assert (await client.get("/main.js")).headers["content-type"] == "text/javascript; charset=utf-8"
        for path in (
            "/package.json",
            "/eslint.config.js",
            "/.secret.js",
            "/notes.txt",
            "/node_modules/x.js",
            "/../pyproject.toml",
            "/%2e%2e/mcu.sqlite3",
            "/nothing.js",
        ):
            await problem(await client.get(path), 404, "not-found")


async def test_every_answer_carries_the_security_headers(site: Site) -> None:
    async with site.client() as client:
        for path in ("/", "/main.js", "/api/docs", "/healthz", "/nothing"):
            headers = (await client.get(path)).headers
            assert {name: headers[name] for name in HEADERS} == HEADERS, path
    assert "unsafe-inline" not in HEADERS["content-security-policy"]


async def test_headers_come_with_the_answer_to_a_bug(site: Site) -> None:
    async def fail(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    site.registry.store.conferences = fail  # type: ignore[method-assign]
    transport = httpx.ASGITransport(site.app, client=LOCAL, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        response = await client.get(CONFERENCES)
    await problem(response, 500, "internal")
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", CONFERENCES, "GET, HEAD, POST"),
        ("POST", CONFERENCES + "/x", "DELETE, GET, HEAD, PATCH"),
        ("GET", CONFERENCES + "/x/tokens", "POST"),
        ("DELETE", "/healthz", "GET, HEAD"),
        ("POST", "/metrics", "GET, HEAD"),
        ("POST", "/api/docs", "GET, HEAD"),
        ("POST", "/c/Zm9vYmFyYmF6cXV4cXV1eA", "GET, HEAD"),
        ("PUT", "/main.js", "GET, HEAD"),
    ],
)
async def test_wrong_method_is_told_which_are_right(site: Site, method: str, path: str, allow: str) -> None:
    async with site.client() as client:
        response = await client.request(method, path)
    await problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allow


async def test_documentation_is_whole_and_plain(site: Site) -> None:
    async with site.client() as client:
        document = (await client.get("/api/openapi.json")).json()
        page = (await client.get("/api/docs")).text
        style = await client.get("/api/docs.css")
    assert document == openapi.document()
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references <= set(document["components"]["schemas"])
    for operations in document["paths"].values():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page
    assert "<script" not in page
    assert " style=" not in page
    assert "http://" not in page.replace("http://localhost", "")
    assert "https://" not in page
    assert style.headers["content-type"].startswith("text/css")
