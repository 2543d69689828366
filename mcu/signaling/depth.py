"""How deeply a JSON text is nested, found without parsing it."""

from __future__ import annotations

import re

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def is_deeper(text: str, limit: int) -> bool:
    """Whether `text` nests more than `limit` arrays and objects; brackets inside strings do not count."""
    if text.count("{") + text.count("[") <= limit:
        return False
    depth = 0
    for match in _TOKENS.finditer(text):
        match match.group()[0]:
            case "{" | "[":
                depth += 1
                if depth > limit:
                    return True
            case "}" | "]":
                depth -= 1
    return False
