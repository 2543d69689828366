"""REST of the rooms of a conference: handlers of `mcu.signaling.operations`, thin over `mcu.gateway.rooms`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mcu.gateway.room_entries import NewRoom
from mcu.gateway.rooms import Rooms
from mcu.signaling import resources as r
from mcu.signaling import views
from mcu.signaling.context import rooms_of
from mcu.signaling.http import context_of, read_json, reply


async def list_rooms(request: Request) -> Response:
    return await _listed(request)


async def add_room(request: Request) -> Response:
    body = await read_json(request, r.AddRoom)
    rooms, conference_id = _rooms(request), _conference(request)
    (added,) = await rooms.add(conference_id, [NewRoom(address=body.address, name=body.name, office=body.office)])
    if body.call:
        await rooms.call(conference_id, (added,))
    made = next(room for room in await rooms.listed(conference_id) if room.id == added)
    return reply(r.AddedRoom(room=views.room(made)), 201)


async def call_rooms(request: Request) -> Response:
    await _rooms(request).call(_conference(request))
    return await _listed(request)


async def call_room(request: Request) -> Response:
    await _rooms(request).call(_conference(request), (request.path_params["room"],))
    return await _listed(request)


async def hang_up_room(request: Request) -> Response:
    await _rooms(request).hang_up(_conference(request), request.path_params["room"])
    return await _listed(request)


async def remove_room(request: Request) -> Response:
    await _rooms(request).remove(_conference(request), request.path_params["room"])
    return Response(status_code=204)


async def send_keys(request: Request) -> Response:
    body = await read_json(request, r.SendKeys)
    await _rooms(request).send_keys(_conference(request), request.path_params["participant"], body.keys)
    return Response(status_code=204)


async def _listed(request: Request) -> Response:
    rooms = await _rooms(request).listed(_conference(request))
    return reply(r.RoomList(rooms=tuple(views.room(room) for room in rooms)))


def _rooms(request: Request) -> Rooms:
    return rooms_of(context_of(request))


def _conference(request: Request) -> str:
    return str(request.path_params["conference"])
