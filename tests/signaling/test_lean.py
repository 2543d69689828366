"""What is left of the page's sources says the same to a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mcu.signaling.lean import lean
from tests.fakes.conference_server import WEB_CLIENT

# Compares the tokens of pairs of files, as ESLint's parser reads them.
COMPARE = """
import { tokenizer } from "%s";
import { readFileSync } from "node:fs";
const tokens = (path) => [...tokenizer(readFileSync(path, "utf8"), { ecmaVersion: "latest", sourceType: "module",
  locations: true })].map(({ type, value, loc }) => [type.label, String(value?.pattern ?? value), loc.start.line]);
const differ = JSON.parse(readFileSync(0, "utf8")).filter(([one, other]) =>
  JSON.stringify(tokens(one)) !== JSON.stringify(tokens(other)));
console.log(JSON.stringify(differ));
"""


def differing(pairs: list[tuple[Path, Path]], folder: Path) -> list[list[str]]:
    script = folder / "compare.mjs"
    script.write_text(COMPARE % (WEB_CLIENT / "node_modules" / "acorn" / "dist" / "acorn.mjs").as_uri())
    asked = json.dumps([[str(one), str(other)] for one, other in pairs])
    answer = subprocess.run(["node", script], input=asked, capture_output=True, text=True, check=True, timeout=60)
    found: list[list[str]] = json.loads(answer.stdout)
    return found


def test_every_module_has_the_same_tokens_on_the_same_lines(tmp_path: Path) -> None:
    pairs = []
    for number, path in enumerate(sorted(WEB_CLIENT.glob("**/*.js"))):
        if "node_modules" in path.parts or "tests" in path.parts:
            continue
        shorter = tmp_path / f"{number}.js"
        shorter.write_text(lean(path.read_text(), ".js"))
        pairs.append((path, shorter))
    assert len(pairs) > 40
    assert differing(pairs, tmp_path) == []
    changed = tmp_path / "changed.js"
    changed.write_text(pairs[0][1].read_text() + "\nlet more;")
    assert len(differing([(pairs[0][0], changed)], tmp_path)) == 1  # the comparison sees a difference


def test_the_page_becomes_a_third_lighter() -> None:
    sources = [path.read_text() for folder in ("view", "media", "state") for path in (WEB_CLIENT / folder).glob("*.js")]
    assert sum(len(lean(source, ".js").replace("\n\n", "")) for source in sources) < 0.7 * sum(map(len, sources))


@pytest.mark.parametrize(
    ("source", "suffix", "left"),
    [
        ("a; // b\n// c\nd", ".js", "a;\n\nd"),
        ("/** a\n * b */\nc", ".js", "\n\nc"),
        ("/* a */ b\n/* c */", ".js", "b\n"),
        ("/* a\n b */ c", ".js", None),
        ("const a = `\n// b\n/* c */\n`;\n// d", ".js", None),
        ('x = "a\\\n// b";', ".js", None),
        ("foo(); /* start\n// the end */\nbar();", ".js", None),
        ("/* a */ x(); /* b\n// end */ y();", ".js", None),
        ("`${[1].map(() => `\n// k1\n`)}`", ".js", None),
        ("// c\u2028evil();", ".js", None),
        ("// c\revil();", ".js", None),
        ("/* never ended\n// a", ".js", None),
        ("/* a */ /* b */ c", ".js", "c"),
        ("a(/** @type {`X`} */ (b)); // it's", ".js", "a(  (b));"),
        ("a+/* b */+c; /* d */ // e", ".js", "a+ +c;"),
        ('a("//"); // b', ".js", 'a("//"); // b'),
        ("a = `//`; // b", ".js", "a = `//`; // b"),
        ("a = b / c; // d", ".js", "a = b / c; // d"),
        ("a = /[/*]/; // d", ".js", None),
        ("a = '/*'; b = '*/';", ".js", None),
        ("a = b; // c /* d */ e", ".js", None),
        ("a; // b `\n  c; // d", ".js", "a;\nc;"),
        ("a: b; /* c */\n  d: e; /* f */ g: h;", ".css", "a: b;\nd: e;   g: h;"),
        (".a/* b */.c {}", ".css", None),
        ("a: url(//b);", ".css", "a: url(//b);"),
        ("/*/ a\n// b */\nc", ".js", "\n\nc"),
        ("/* a */\nb {}\n//c {}", ".css", "\nb {}\n//c {}"),
        ("  a {\n\tb: c;\n  }", ".css", "a {\nb: c;\n}"),
        ("if (a)\n    /b/.test(c);", ".js", "if (a)\n/b/.test(c);"),
        ("const a = `\n    b`;", ".js", None),
        ('x = "a\\\n    b";', ".js", None),
        ("// a", ".svg", "// a"),
        ("  a", ".svg", "  a"),
    ],
)
def test_only_what_is_surely_a_comment_or_indentation_goes(source: str, suffix: str, left: str | None) -> None:
    assert lean(source, suffix) == (source if left is None else left)  # None: a source to be left whole
