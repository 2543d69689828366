"""Documents: every link leads somewhere, the index has all, the glossary has a term once, the README is short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import ROOT

DOCS = ROOT / "docs"
MAX_README_LINES = 80
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    return CODE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> Iterator[str]:
    """What the headings of a page are called in links."""
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_index_has_every_document_and_every_decision_by_its_title() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in DOCS.glob("*.md"):
        assert page.name == "README.md" or f"| [{page.name}]({page.name}) | " in index, page.name
    decisions = sorted(DOCS.glob("decisions/*.md"))
    expected = [
        f"- [{int(page.name[:4])}](decisions/{page.name}): {page.read_text(encoding='utf-8').splitlines()[0][2:]}"
        for page in decisions
    ]
    assert [line for line in index.splitlines() if line.startswith("- [")] == expected


def test_one_row_per_term() -> None:
    terms = re.findall(r"^\| ([^|]+?) \|", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(terms) > 30
    assert sorted(terms) == sorted(set(terms))


def test_the_readme_is_short_and_links_the_index() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_README_LINES
    assert "](docs/README.md)" in text
