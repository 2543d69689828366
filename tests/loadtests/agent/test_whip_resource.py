"""Sessions of WHIP and WHEP servers that answer in all the ways that there are."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from loadtests.agent.member import Failed
from loadtests.agent.whip_resource import MAX_REDIRECTS, Refused, Resource, create
from tests.loadtests.agent.scripted_http import Script, reply, scripted_http

ANSWER = reply(201, "v=0", Content_Type="application/sdp", Location="/session/1", ETag='"7"')
OFFER = "v=0\r\noffer"


def sleeper(slept: list[float]) -> Callable[[float], Awaitable[None]]:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    return sleep


async def create_at(script: Script, slept: list[float] | None = None, *, patience: float = 5.0) -> Resource:
    slept = [] if slept is None else slept
    return await create(f"{script.address}/whip/room", "secret", OFFER, patience=patience, sleep=sleeper(slept))


async def failure_of(script: Script, *, patience: float = 5.0) -> Failed:
    with pytest.raises(Failed) as caught:
        await create_at(script, patience=patience)
    return caught.value


async def test_an_offer_is_answered_and_the_session_deleted() -> None:
    async with scripted_http() as script:
        script.replies += [ANSWER, reply(200)]
        resource = await create_at(script)
        await resource.delete()
        posted, deleted = script.asked
    assert resource == Resource(f"{script.address}/session/1", '"7"', "v=0", "secret")
    assert (posted.target, posted.body) == ("/whip/room", OFFER.encode())
    assert posted.headers["content-type"] == "application/sdp"
    assert (deleted.method, deleted.target) == ("DELETE", "/session/1")
    assert {asked.headers["authorization"] for asked in script.asked} == {"Bearer secret"}


async def test_redirects_are_followed_with_offer_and_token() -> None:
    async with scripted_http() as first, scripted_http() as second:
        first.replies.append(reply(307, Location=f"{second.address}/here/x"))
        second.replies += [reply(308, reason="Permanent Redirect", Location="y"), ANSWER]
        resource = await create_at(first)
        assert second.lines == ["POST /here/x", "POST /here/y"]
        assert second.asked[1].body == OFFER.encode()
        assert second.asked[1].headers["authorization"] == "Bearer secret"
    assert resource.url == f"{second.address}/session/1"


async def test_redirects_end() -> None:
    async with scripted_http() as script:
        script.replies.extend(reply(307, Location="/again") for _ in range(9))
        failure = await failure_of(script)
    assert len(script.asked) == MAX_REDIRECTS + 1
    assert "more than" in failure.detail


@pytest.mark.parametrize("status", [201, 307])
async def test_a_location_that_is_no_address(status: int) -> None:
    async with scripted_http() as script:
        script.replies.append(reply(status, "v=0\r\n", Location="http://[::1", Content_Type="application/sdp"))
        failure = await failure_of(script)
    assert (failure.kind, failure.detail) == ("protocol", "a Location that is no address: http://[::1")


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_makes_a_get_of_it_is_refused(status: int) -> None:
    async with scripted_http() as script:
        script.replies.append(reply(status, reason="Found", Location="/else"))
        failure = await failure_of(script)
    assert failure.detail == f"{status} Found: sends on to /else, which turns a POST into a GET"
    assert len(script.asked) == 1


PROBLEM = {
    "title": "회의가 없습니다",
    "code": "no-such-conference",
    "message": {"en": "No such conference.", "ko": "x"},
}
FOREIGN = {"title": "Out of credit.", "detail": "Your balance is 30."}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            reply(404, json.dumps(PROBLEM), Content_Type="application/problem+json"),
            "no-such-conference: No such conference.",
        ),
        (
            reply(403, json.dumps(FOREIGN), reason="Forbidden", Content_Type="application/problem+json"),
            "403 Forbidden: Out of credit. Your balance is 30",
        ),
        (reply(403, "{", reason="Forbidden", Content_Type="application/problem+json"), "403 Forbidden"),
        (
            reply(404, "Invalid endpoint ID", reason="Not Found", Content_Type="text/html; charset=utf-8"),
            "404 Not Found: Invalid endpoint ID",
        ),
        (reply(502, "<html><title>Bad</title>", reason="Bad Gateway", Content_Type="text/html"), "502 Bad Gateway"),
        (reply(401, reason=""), "401"),
        (reply(406, "v=0\r\n", reason="Not Acceptable", Content_Type="application/sdp"), "406 Not Acceptable: v=0"),
        (reply(400, "a\x1b[31mb\nsecond", reason="Bad Request"), "400 Bad Request: a[31mb"),
    ],
)
async def test_refusals_are_told_in_words(said: bytes, expected: str) -> None:
    async with scripted_http() as script:
        script.replies.append(said)
        failure = await failure_of(script)
    assert (failure.kind, failure.detail) == ("refused", expected)


async def test_who_is_asked_to_come_again_does_so_once() -> None:
    slept: list[float] = []
    async with scripted_http() as script:
        script.replies += [reply(503, Retry_After="2"), ANSWER]
        await create_at(script, slept)
        assert slept == [2.0]
        script.replies += [reply(503, Retry_After="1"), reply(503, Retry_After="1"), ANSWER]
        failure = await failure_of(script)
    assert failure.detail == "503 Service Unavailable"
    assert len(script.asked) == 4


async def test_a_time_of_day_is_understood() -> None:
    slept: list[float] = []
    async with scripted_http() as script:
        when = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
        script.replies += [reply(429, Retry_After=when), ANSWER]
        await create_at(script, slept, patience=60.0)
    assert 20 < slept[0] <= 30


async def test_who_has_no_patience_for_it_does_not_wait() -> None:
    async with scripted_http() as script:
        script.replies.append(reply(503, Retry_After="120"))
        failure = await failure_of(script)
    assert failure.detail == "503 Service Unavailable (asks to come again in 120 s)"


@pytest.mark.parametrize(
    "value",
    ["", "soon", "-1", "Fri, 31 Dec 99999999999999999999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -9999999999999"],
)
async def test_without_a_time_that_can_be_read_nobody_waits(value: str) -> None:
    async with scripted_http() as script:
        script.replies.append(reply(503, Retry_After=value))
        assert (await failure_of(script)).detail == "503 Service Unavailable"


async def test_an_answer_without_a_session_is_a_fault_of_the_server() -> None:
    async with scripted_http() as script:
        script.replies.append(reply(201, "v=0", Content_Type="application/sdp"))
        failure = await failure_of(script)
    assert (failure.kind, failure.detail) == ("protocol", "201 without a Location: nobody could end that session")


async def test_another_success_is_none() -> None:
    async with scripted_http() as script:
        script.replies.append(reply(200, "v=0", Content_Type="application/sdp", Location="/session/1"))
        failure = await failure_of(script)
    assert (failure.kind, failure.detail) == ("protocol", "200 OK, where 201 and a Location are due")


async def test_a_session_without_an_answer_is_ended() -> None:
    async with scripted_http() as script:
        script.replies += [reply(201, "{}", Content_Type="application/json", Location="s"), reply(200)]
        failure = await failure_of(script)
    assert failure.kind == "protocol"
    assert script.lines == ["POST /whip/room", "DELETE /whip/s"]


@pytest.mark.parametrize(("silent", "kind"), [(True, "timeout"), (False, "unreachable")])
async def test_who_gets_no_answer_says_so(silent: bool, kind: str) -> None:
    async with scripted_http() as script:
        if silent:
            script.replies.append(None)
        assert (await failure_of(script, patience=0.1 if silent else 5.0)).kind == kind


@pytest.mark.parametrize("status", [200, 204, 404, 410])
async def test_a_session_that_is_gone_is_ended(status: int) -> None:
    async with scripted_http() as script:
        script.replies.append(reply(status))
        await Resource(f"{script.address}/s", "", "", "").delete()
    assert "authorization" not in script.asked[0].headers


async def test_a_session_that_does_not_end_is_told() -> None:
    async with scripted_http() as script:
        script.replies.append(reply(412, reason="Precondition Failed"))
        with pytest.raises(Refused, match="412 Precondition Failed"):
            await Resource(f"{script.address}/s", "", "", "").delete()
        with pytest.raises(Failed, match="unreachable"):
            await Resource(f"{script.address}/s", "", "", "").delete()


@pytest.mark.parametrize(
    ("status", "final"), [(401, True), (404, True), (302, True), (408, False), (429, False), (503, False)]
)
def test_what_asking_again_can_mend(status: int, final: bool) -> None:
    assert Refused(status, "").is_final is final
