"""/api/docs: the OpenAPI document as a page to read; no script, no foreign host, so nothing for a CSP to allow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from mcu.signaling.openapi import Document

STYLE_PATH = "/api/docs.css"

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, "Noto Sans KR", sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; }
section { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; padding: .25rem 1rem 1rem; }
h2 { font-size: 1.05rem; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
h2 b { display: inline-block; min-width: 4.5rem; }
pre { background: var(--soft); border-radius: .5rem; padding: .75rem; overflow: auto; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
code, td:first-child { font-family: ui-monospace, monospace; }
"""


def render(document: Document) -> str:
    """The page for `document`, as `mcu.signaling.openapi.document` makes it."""
    return "".join(_page(document))


def _page(document: Document) -> Iterator[str]:
    info = document["info"]
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<title>{escape(info["title"])} · API</title><link rel="stylesheet" href="{STYLE_PATH}">'
    yield '<link rel="icon" href="/icon.svg" type="image/svg+xml"></head><body>'
    yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>"
    yield f"<p>{escape(document['components']['securitySchemes']['key']['description'])} "
    yield 'For programs: <a href="/api/openapi.json">openapi.json</a>.</p>'
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _operation(path, method.upper(), operation)
    yield "<h1>Schemas</h1>"
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)
    yield "</body></html>"


def _operation(path: str, method: str, operation: Document) -> Iterator[str]:
    yield f'<section id="{escape(operation["operationId"])}"><h2><b>{method}</b> {escape(path)}</h2>'
    yield f"<p>{escape(operation['summary'])}</p>"
    body = operation.get("requestBody")
    if body:
        yield f"<p>Body: {_kind(body['content']['application/json']['schema'])}</p>"
        yield f"<pre>{escape(_curl(path, method))}</pre>"
    yield "<table><tr><th>Status</th><th>Body</th><th>When</th></tr>"
    for status, response in operation["responses"].items():
        content = next(iter(response.get("content", {}).values()), None)
        kind = _kind(content["schema"]) if content else "none"
        yield f"<tr><td>{status}</td><td>{kind}</td><td>{escape(response['description'])}</td></tr>"
    yield "</table></section>"


def _schema(name: str, schema: Document) -> Iterator[str]:
    yield f'<section id="{escape(name)}"><h2>{escape(name)}</h2><p>{escape(schema.get("description", ""))}</p>'
    yield "<table><tr><th>Field</th><th>Type</th><th>Meaning</th></tr>"
    required = schema.get("required", ())
    for field, inner in schema.get("properties", {}).items():
        optional = "" if field in required else " (optional)"
        meaning = escape(inner.get("description", ""))
        yield f"<tr><td>{escape(field)}</td><td>{_kind(inner)}{optional}</td><td>{meaning}</td></tr>"
    yield "</table></section>"


def _kind(schema: dict[str, Any]) -> str:
    """A short name of a type, with a link where it has a section of its own."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return escape(" | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"]))
    if schema.get("type") == "array" and "items" in schema and schema["items"]:
        return f"list of {_kind(schema['items'])}"
    return escape(str(schema.get("type", "any")))


def _curl(path: str, method: str) -> str:
    return (
        f"curl -X {method} http://localhost:8080{path} \\\n"
        "  -H 'Content-Type: application/json' -H 'Authorization: Bearer KEY' -d @body.json"
    )
