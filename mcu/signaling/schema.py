"""Writes the machine-readable forms of the protocol for the web client: `python -m mcu.signaling.schema`.

`web-client/protocol.schema.json` is JSON Schema 2020-12 with one definition per message; `web-client/protocol.d.ts`
declares the same for `tsc --checkJs`. Both are made from `protocol.py` and committed; a test says when they are stale.
"""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Any

import msgspec

from mcu.signaling import protocol

WEB_CLIENT = Path(__file__).resolve().parents[2] / "web-client"
SCHEMA_FILE = "protocol.schema.json"
TYPES_FILE = "protocol.d.ts"

Schema = dict[str, Any]
_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def json_schema() -> Schema:
    """The whole protocol; `$defs/ClientMessage` and `$defs/ServerMessage` are the two unions."""
    unions = {"ClientMessage": protocol.AnyClientMessage, "ServerMessage": protocol.AnyServerMessage}
    schemas, definitions = msgspec.json.schema_components(list(unions.values()), ref_template="#/$defs/{name}")
    for name, schema in zip(unions, schemas, strict=True):
        definitions[name] = schema
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Signaling protocol {protocol.SUBPROTOCOL}",
        "anyOf": [{"$ref": "#/$defs/ClientMessage"}, {"$ref": "#/$defs/ServerMessage"}],
        "$defs": dict(sorted(definitions.items())),
    }


def type_declarations(schema: Schema) -> str:
    """The TypeScript declarations for `schema`, as made by `json_schema`."""
    clients = {kind.__name__ for kind in typing.get_args(protocol.AnyClientMessage)}
    lines = ["// Made by `python -m mcu.signaling.schema` from mcu/signaling/protocol.py. Do not edit.", ""]
    for name, definition in schema["$defs"].items():
        if text := definition.get("description"):
            lines.append(f"/** {' '.join(text.split())} */")
        if definition.get("type") == "object":
            lines.append(f"export interface {name} {{")
            lines += _fields(definition, sent_by_client=name in clients)
            lines += ["}", ""]
        else:
            lines += [f"export type {name} = {_type(definition)};", ""]
    return "\n".join(lines)


def _fields(definition: Schema, *, sent_by_client: bool) -> list[str]:
    """A field with a default may be left out by a client; the server always sends it unless it is truly optional."""
    required = set(definition.get("required", ()))
    lines = []
    for field, schema in definition["properties"].items():
        optional = field not in required and (sent_by_client or "default" not in schema)
        if text := schema.get("description"):
            lines.append(f"  /** {text} */")
        lines.append(f"  {field}{'?' if optional else ''}: {_type(schema)};")
    return lines


def _type(schema: Schema) -> str:
    match schema:
        case {"$ref": str(reference)}:
            return reference.rsplit("/", 1)[-1]
        case {"anyOf": alternatives}:
            return " | ".join(_type(alternative) for alternative in alternatives)
        case {"enum": values}:
            return " | ".join(json.dumps(value) for value in values)
        case {"const": value}:
            return json.dumps(value)
        case {"type": "array", "prefixItems": items}:
            return f"[{', '.join(_type(item) for item in items)}]"
        case {"type": "array", "items": item}:
            inner = _type(item)
            return f"({inner})[]" if " " in inner else f"{inner}[]"
        case {"type": str(kind)}:
            return _PRIMITIVES[kind]
    raise ValueError(f"no TypeScript form for {schema}")


def render() -> dict[str, str]:
    """The content of each generated file, by file name."""
    schema = json_schema()
    return {
        SCHEMA_FILE: json.dumps(schema, indent=2, ensure_ascii=False) + "\n",
        TYPES_FILE: type_declarations(schema),
    }


def main() -> None:
    WEB_CLIENT.mkdir(exist_ok=True)
    for name, text in render().items():
        (WEB_CLIENT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
