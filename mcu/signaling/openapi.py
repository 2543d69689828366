"""The OpenAPI 3.1 document of REST, made from the table of operations and the structs of the bodies."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mcu import __version__
from mcu.signaling.messages import text
from mcu.signaling.operations import OPERATIONS, Operation
from mcu.signaling.resources import Problem

Document = dict[str, Any]

_PARAMETER = re.compile(r"\{(\w+)\}")
# Of operations that are not open.
_ALWAYS = ("too-fast", "unauthorized", "too-many-attempts", "local-only", "origin-refused")
_WITH_BODY = ("invalid-body", "too-deep", "too-large", "media-type")


def document() -> Document:
    """Plain lists and dictionaries, the same on every call."""
    kinds = [kind for operation in OPERATIONS for kind in (operation.body, operation.answer) if kind is not None]
    kinds = list(dict.fromkeys([*kinds, Problem]))
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    paths: Document = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": "Conferences",
            "version": __version__,
            "description": "Create conferences, see and moderate who is in them. Media and messages of participants "
            "go over WebSocket (/ws), WHIP (/whip/{conference}) and WHEP (/whep/{conference}).",
        },
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "[api] key of mcu.toml; without one, requests are taken from this machine only.",
                }
            },
        },
    }
    plain: Document = msgspec.json.decode(msgspec.json.encode(made))
    return plain


def _operation(operation: Operation) -> Document:
    made: Document = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": _responses(operation),
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(operation.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in operation.query]
    if parameters:
        made["parameters"] = parameters
    if operation.body:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(operation.body)}}}
    if operation.open:
        made["security"] = []
    return made


def _responses(operation: Operation) -> Document:
    good: Document = {"description": "Done"}
    if operation.answer:
        good["content"] = {"application/json": {"schema": _ref(operation.answer)}}
    responses: Document = {str(operation.status): good}
    if operation.name == "readiness":
        responses["503"] = {**good, "description": "Not ready"}
    codes = [*operation.refusals, *(() if operation.open else _ALWAYS), *(_WITH_BODY if operation.body else ())]
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(text(code).status, []).append(code)
    for status, same in sorted(by_status.items()):
        responses[str(status)] = {
            "description": ", ".join(same),
            "content": {"application/problem+json": {"schema": _ref(Problem)}},
        }
    return responses


def _ref(kind: type[msgspec.Struct]) -> Document:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
