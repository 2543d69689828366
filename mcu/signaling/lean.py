"""Sources without comments and indentation: a third of what the page weighs on the line.

Rules:
1. Lines keep their numbers, so that an error in a browser names a line that is in the file.
2. A comment after code goes where nothing before it on the line may be a string, a template or a regular expression;
   else it stays. A source in which a line may be something else than it looks (a template literal or a comment that
   goes on from mid-line, a continued string, other line ends) is left whole, not guessed at.
   `tests/signaling/test_lean.py` compares the tokens.
"""

from __future__ import annotations

import re

SUFFIXES = {".js", ".mjs", ".css"}
_OTHER_ENDS = re.compile("[\r\u2028\u2029]")  # line ends in JavaScript (ECMA-262 section 12.3) that split() leaves
_UNSURE = re.compile("[\"'`/]")  # after one of these, what looks like the begin of a comment may be none
_BLANK = " \t"
_APART = {"", " ", ";", "{", "}"}  # after these it makes no difference in CSS whether there is a space


def lean(source: str, suffix: str) -> str:
    """`source` with its comments and indentation gone; anything but JavaScript and CSS as it is."""
    if suffix not in SUFFIXES or _OTHER_ENDS.search(source):
        return source
    kept: list[str] = []
    commented = False
    for line in source.split("\n"):
        text = line.strip()
        if commented:
            end = text.find("*/")
            if end not in (-1, len(text) - 2):
                return source
            commented = end < 0
            kept.append("")
        elif text.startswith("/*") and "*/" not in text[2:]:
            commented = True
            kept.append("")
        elif text.startswith("//") and suffix != ".css":
            kept.append("")
        else:
            code = _without_comments(line, suffix)
            if code is None or code.endswith("\\") or _opens_template(code):
                return source
            kept.append(code)
    return source if commented else "\n".join(kept)


def _without_comments(line: str, suffix: str) -> str | None:
    """The code of a line that begins outside a comment; None where that is not sure."""
    code = ""
    while (begin := line.find("/*")) >= 0:
        end = line.find("*/", begin + 2)
        before = line[:begin]
        if end < 0 or _UNSURE.search(before) or (suffix == ".css" and before[-1:] not in _APART):
            return None
        code += before + " "  # between tokens, as a comment is
        line = line[end + 2 :]
    code = (code + line).lstrip(_BLANK)
    begin = code.find("//")
    if begin >= 0 and suffix != ".css" and not _UNSURE.search(code, 0, begin):
        code = code[:begin]
    return code.rstrip(_BLANK)


def _opens_template(text: str) -> bool:
    """Whether a template literal may go on after this line: an odd backtick, or one within a substitution."""
    parts = text.split("`")
    return len(parts) % 2 == 0 or any(inner.count("${") > inner.count("}") for inner in parts[1::2])
