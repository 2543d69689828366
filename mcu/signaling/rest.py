"""REST: the handlers of `mcu.signaling.operations`, thin over the registry."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mcu import text
from mcu.conference import commands as c
from mcu.controller import tokens
from mcu.controller.registry import Registry
from mcu.errors import RefusedError, StorageError
from mcu.signaling import resources as r
from mcu.signaling import rest_rooms, views
from mcu.signaling.http import authorize, context_of, language_of, limit_rate, problem, read_json, reply
from mcu.signaling.messages import ID_TEXTS, sentence
from mcu.signaling.operations import OPERATIONS, Operation
from mcu.store.health import Condition

PAGE, MAX_PAGE = 50, 200  # conferences in one answer

Handler = Callable[[Request], Awaitable[Response]]

log = structlog.get_logger()


async def create_conference(request: Request) -> Response:
    body = await read_json(request, r.NewConference)
    title = text.clean_title(body.title)
    registry = _registry(request)
    created = await registry.create_conference(
        title=title,
        capacity=body.capacity if isinstance(body.capacity, int) else None,
        layout=views.layout(body.layout),
    )
    record = await registry.conference(created.conference)
    answer = r.CreatedConference(
        id=created.conference,
        title=title,
        link=created.link,
        url=f"{_base(request)}/c/{created.link}",
        number=created.number,
        pin=created.pin,
        chair_key=created.chair_key,
        capacity=record.capacity,
    )
    response = reply(answer, 201)
    response.headers["location"] = f"/api/v1/conferences/{created.conference}"
    return response


async def list_conferences(request: Request) -> Response:
    offset = _number(request, "offset", default=0, most=1_000_000)
    limit = _number(request, "limit", default=PAGE, most=MAX_PAGE)
    registry = _registry(request)
    records = await registry.store.conferences(offset=offset, limit=limit)
    total = await registry.store.count_conferences()
    summaries = tuple(
        r.ConferenceSummary(
            id=record.id,
            title=record.title,
            link=record.link,
            number=record.number,
            capacity=record.capacity,
            participants=registry.present(record.id),
            created_at=_moment(record.created_at),
        )
        for record in records
    )
    after = offset + len(records)
    return reply(r.ConferenceList(conferences=summaries, total=total, next=after if after < total else None))


async def get_conference(request: Request) -> Response:
    registry, conference_id = _registry(request), request.path_params["conference"]
    record = await registry.conference(conference_id)
    snapshot = await registry.snapshot(conference_id)
    return reply(
        r.ConferenceDetail(
            id=record.id,
            title=record.title,
            link=record.link,
            number=record.number,
            capacity=record.capacity,
            created_at=_moment(record.created_at),
            locked=snapshot.locked,
            layout=views.layout_choice(snapshot.layout),
            content=snapshot.content,
            participants=tuple(views.participant(p) for p in snapshot.roster),
        )
    )


async def change_conference(request: Request) -> Response:
    body = await read_json(request, r.ChangeConference)
    if isinstance(body.locked, bool):
        await _execute(request, c.SetLock(None, body.locked))
    if body.layout:
        await _execute(request, c.ChooseLayout(None, views.layout(body.layout)))
    return await get_conference(request)


async def end_conference(request: Request) -> Response:
    await _execute(request, c.End(None))
    return Response(status_code=204)


async def list_participants(request: Request) -> Response:
    snapshot = await _registry(request).snapshot(request.path_params["conference"])
    return reply(r.ParticipantList(participants=tuple(views.participant(p) for p in snapshot.roster)))


async def change_participant(request: Request) -> Response:
    body = await read_json(request, r.ChangeParticipant)
    participant = request.path_params["participant"]
    if isinstance(body.muted, bool):
        await _execute(request, c.Mute(None, participant, body.muted))
    if body.hand is False:
        await _execute(request, c.LowerHand(None, participant))
    return await list_participants(request)


async def remove_participant(request: Request) -> Response:
    await _execute(request, c.Remove(None, request.path_params["participant"]))
    return Response(status_code=204)


async def list_chat(request: Request) -> Response:
    snapshot = await _registry(request).snapshot(request.path_params["conference"])
    return reply(r.ChatLog(chat=tuple(views.chat_line(line) for line in snapshot.chat)))


async def create_token(request: Request) -> Response:
    body = await read_json(request, r.NewToken)
    conference_id = request.path_params["conference"]
    token, record = await tokens.mint(
        _registry(request),
        conference_id,
        kind=body.kind,
        name=text.clean_name(body.name),
        office=text.clean_office(body.office),
        lifetime=timedelta(seconds=body.lifetime_seconds),
    )
    answer = r.CreatedToken(
        token=token,
        url=f"{_base(request)}/{body.kind}/{conference_id}",
        participant=record.participant,
        role="attendee" if body.kind == "whip" else "viewer",
        expires_at=_moment(record.expires_at),
    )
    return reply(answer, 201)


async def health(request: Request) -> Response:
    return reply(r.Health(status="ok"))


async def readiness(request: Request) -> Response:
    context = context_of(request)
    registry = context.registry
    condition = await context.health.check(now=time.monotonic(), at=registry.now_utc())
    database, processors = condition is Condition.GOOD, registry.pool.ready_count
    if database and processors > 0:
        return reply(r.Readiness(ready=True, database=True, processors=processors))
    message = sentence("media-unavailable" if database else condition.value)
    return reply(r.Readiness(ready=False, database=database, processors=processors, message=message), 503)


async def metrics(request: Request) -> Response:
    """GET /metrics: for whoever may use the API."""
    exposition = context_of(request).metrics.exposition()
    return Response(exposition, headers={"content-type": CONTENT_TYPE_LATEST})


def guarded(handler: Handler, *, is_open: bool) -> Handler:
    """`handler` behind the rate limit and, unless open, the API key; refusals become problem documents."""

    async def endpoint(request: Request) -> Response:
        context = context_of(request)
        try:
            if not is_open:
                limit_rate(request)
                authorize(request)
            return await handler(request)
        except StorageError as error:
            log.error("storage failed", error=str(error))
            refused = RefusedError("internal")
        except RefusedError as error:
            refused = error
        context.metrics.refused.labels(refused.code).inc()
        headers = {"www-authenticate": "Bearer"} if refused.code == "unauthorized" else None
        row = ID_TEXTS.get(refused.code) if "conference" in request.path_params else None
        language = language_of(request.headers, context.config.server.language)
        return problem(refused, row=row, language=language, headers=headers)

    return endpoint


def routes() -> list[Route]:
    made = [_route(operation) for operation in OPERATIONS]
    return [*made, Route("/metrics", guarded(metrics, is_open=False), methods=["GET"])]


def _route(operation: Operation) -> Route:
    handler: Handler = globals().get(operation.name) or getattr(rest_rooms, operation.name)
    return Route(
        operation.path,
        guarded(handler, is_open=operation.open),
        methods=[operation.method],
        name=operation.name,
    )


def _registry(request: Request) -> Registry:
    return context_of(request).registry


async def _execute(request: Request, command: c.Command) -> None:
    await _registry(request).execute(request.path_params["conference"], command)


def _number(request: Request, name: str, *, default: int, most: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit()) or len(given) > 9:
        raise RefusedError("invalid-body", f"{name} must be a number")
    return min(int(given), most)


def _base(request: Request) -> str:
    """How this server is addressed from outside: as configured, or as the caller addressed it."""
    configured = context_of(request).config.https.public_url.rstrip("/")
    return configured or f"{request.url.scheme}://{request.url.netloc}"


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
