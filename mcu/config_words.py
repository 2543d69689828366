"""What a setting has to be, in words: read from its type, so that a refusal says what to write instead."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta

SHOWN = 60  # characters of a wrong value that are repeated
SECRET = frozenset(
    {  # values that are not repeated
        ("api", "key"),
        ("turn", "secret"),
        ("database", "url"),
        ("h323", "gatekeeper_password"),
    }
)
_PLAIN = {str: "text in quotes", bool: "true or false", int: "a whole number", float: "a number"}


def expected(kind: Any) -> str:
    """The words after "must be" for a value of type `kind`."""
    base, meta = _unwrapped(kind)
    origin, arguments = get_origin(base), get_args(base)
    if meta is not None and meta.description:
        return meta.description
    if origin is Literal:
        return " or ".join(map(str, arguments)) if len(arguments) == 2 else f"one of {', '.join(map(str, arguments))}"
    if origin is tuple:
        inner = _unwrapped(arguments[0])[1]
        each = f", each {inner.description}" if inner is not None and inner.description else ""
        return f'a list, as in ["one", "two"]{each}'
    return _PLAIN.get(base, str(base)) + (_bounds(base, meta) if meta is not None else "")


def shown(section: str, key: str, value: Any) -> str:
    """The wrong value as it may be repeated; "" for one that is secret."""
    if (section, key) in SECRET:
        return ""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _unwrapped(kind: Any) -> tuple[Any, Meta | None]:
    if get_origin(kind) is Annotated:
        base, *notes = get_args(kind)
        return base, next((note for note in notes if isinstance(note, Meta)), None)
    return kind, None


def _bounds(base: Any, meta: Meta) -> str:
    words = ""
    if base is int and meta.multiple_of == 2:
        words = " that is even,"
    if meta.ge is not None and meta.le is not None:
        words += f" from {meta.ge:g} to {meta.le:g}" if base is float else f" from {meta.ge} to {meta.le}"
    return words.rstrip(",")
