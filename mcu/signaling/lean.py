"""Sources without the comments that stand on lines of their own: a quarter of what the page weighs on the line.

Rules:
1. Lines keep their numbers, so that an error in a browser names a line that is in the file.
2. What follows code on its line stays. A source in which a line may be something else than it looks (a template literal
   or a comment that begins or ends in mid-line, a continued string, other line ends) is left whole, not guessed at.
   `tests/signaling/test_lean.py` compares the tokens.
"""

from __future__ import annotations

import re

SUFFIXES = {".js", ".mjs", ".css"}
_OTHER_ENDS = re.compile("[\r\u2028\u2029]")  # line ends in JavaScript (ECMA-262 section 12.3) that split() leaves


def lean(source: str, suffix: str) -> str:
    """`source` with such lines emptied; anything but JavaScript and CSS as it is."""
    if suffix not in SUFFIXES or _OTHER_ENDS.search(source):
        return source
    kept: list[str] = []
    commented = False
    for line in source.split("\n"):
        text = line.strip()
        if commented or text.startswith("/*"):
            end = text.find("*/", 0 if commented else 2)
            if end not in (-1, len(text) - 2):
                return source
            commented = end < 0
            kept.append("")
        elif text.startswith("//") and suffix != ".css":
            kept.append("")
        elif "/*" in text or text.endswith("\\") or _opens_template(text):
            return source
        else:
            kept.append(line)
    return source if commented else "\n".join(kept)


def _opens_template(text: str) -> bool:
    """Whether a template literal may go on after this line: an odd backtick, or one within a substitution."""
    parts = text.split("`")
    return len(parts) % 2 == 0 or any(inner.count("${") > inner.count("}") for inner in parts[1::2])
