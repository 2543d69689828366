"""The protocol, its documentation and what is generated from it say the same."""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path

import jsonschema
import pytest

from mcu.errors import ProtocolError
from mcu.signaling import protocol as p
from mcu.signaling import schema

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
CLIENT, SERVER = DOCUMENT.split("## From client to server")[1].split("## From server to client")
EXAMPLE = re.compile(r"```json\n(.*?)```", re.DOTALL)


def tags(union: object) -> set[str]:
    return {str(kind.__struct_config__.tag) for kind in typing.get_args(union)}


@pytest.mark.parametrize(
    ("text", "decode", "union"),
    [(CLIENT, p.decode_client, p.AnyClientMessage), (SERVER, p.decode_server, p.AnyServerMessage)],
)
def test_every_message_has_an_example_that_decodes(text: str, decode: typing.Any, union: object) -> None:
    examples = EXAMPLE.findall(text)
    assert {str(decode(example).__struct_config__.tag) for example in examples} == tags(union)
    headings = re.findall(r"^### (\w+)$", text, re.MULTILINE)
    assert set(headings) == tags(union)


@pytest.mark.parametrize("example", EXAMPLE.findall(DOCUMENT))
def test_examples_keep_the_published_schema(example: str) -> None:
    jsonschema.validate(json.loads(example), schema.json_schema())


@pytest.mark.parametrize("name", [schema.SCHEMA_FILE, schema.TYPES_FILE])
def test_generated_files_are_current(name: str) -> None:
    committed = (schema.WEB_CLIENT / name).read_text(encoding="utf-8")
    assert committed == schema.render()[name], "run python -m mcu.signaling.schema"


def test_messages_survive_encoding() -> None:
    for example in EXAMPLE.findall(CLIENT):
        message = p.decode_client(example)
        assert p.decode_client(p.encode(message)) == message
    for example in EXAMPLE.findall(SERVER):
        reply = p.decode_server(example)
        assert p.decode_server(p.encode(reply)) == reply


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", '{"type":"chat"}', '{"type":"chat","text":""}', b"\xff"])
def test_what_cannot_be_understood_is_a_protocol_error(text: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        p.decode_client(text)
