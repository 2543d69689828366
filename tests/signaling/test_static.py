"""The web client's files as served: compressed, kept for good by the version's name, and nothing else of the folder."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from mcu.signaling import static
from mcu.signaling.compression import MOST_FILES, Compressor, takes_gzip

PAGE = '<link rel="stylesheet" href="/styles/base.css"><script type="module" src="/main.js"></script><a href="/c/x">'
MODULE = 'import { a } from "./a.js";\n' * 40


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "index.html": PAGE,
        "main.js": MODULE,
        "a.js": "export const a = 1;",
        "styles/base.css": "body{}",
        "tests/secret.test.js": "1",
        "package.json": "{}",
        ".hidden/x.js": "1",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    return tmp_path


@pytest.fixture
def client(root: Path) -> httpx.AsyncClient:
    app = Starlette(routes=[*static.pages(root), static.files(root)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


async def named(client: httpx.AsyncClient) -> str:
    """The path of main.js as the page names it."""
    found = re.search(r'src="(/v/[0-9a-f]{16}/main\.js)"', (await client.get("/")).text)
    assert found
    return found[1]


async def test_the_page_names_its_files_by_their_version(client: httpx.AsyncClient) -> None:
    page = await client.get("/c/anything")
    assert page.headers["cache-control"] == "no-cache"
    assert re.search(r'href="/v/[0-9a-f]{16}/styles/base\.css"', page.text)
    module = await client.get(await named(client))
    assert module.text == MODULE
    assert module.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_any_changed_file_is_another_version(client: httpx.AsyncClient, root: Path) -> None:
    before = await named(client)
    (root / "a.js").write_text("export const a = 22;")
    assert (await named(client)) != before
    assert (await client.get(await named(client))).headers["cache-control"] == static.KEEP["cache-control"]
    assert (await client.get(before)).headers["cache-control"] == "no-cache"
    (root / "tests/secret.test.js").write_text("not served, so it is nobody's version")
    assert (await named(client)) == (await named(client))


async def test_text_is_compressed_for_those_who_take_it(client: httpx.AsyncClient) -> None:
    packed = await client.get("/main.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(gzip.compress(MODULE.encode(), 9, mtime=0))
    assert packed.text == MODULE
    assert packed.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = await client.get("/main.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "content-encoding" not in (await client.get("/picture.png")).headers


@pytest.mark.parametrize("path", ["/main.js", "/", "/picture.png"])
async def test_what_has_not_changed_is_not_sent_again(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/package.json",
        "/tests/secret.test.js",
        "/.hidden/x.js",
        "/nothing.js",
        "/styles",
        "/v/x",
        "/%2e%2e/a",
    ],
)
async def test_nothing_else_is_served_by_any_name(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404
    assert (await client.get(f"/v/0123456789abcdef{path}")).status_code == 404


def test_a_changed_file_is_compressed_anew_and_few_are_kept(root: Path) -> None:
    compressor = Compressor()
    path = root / "a.js"
    assert gzip.decompress(compressor.compressed(path, path.stat()) or b"") == b"export const a = 1;"
    path.write_text("export const a = 333;")
    assert gzip.decompress(compressor.compressed(path, path.stat()) or b"") == b"export const a = 333;"
    for number in range(MOST_FILES + 5):
        path.write_text(" " * number)
        compressor.compressed(path, path.stat())
    assert len(compressor._kept) == MOST_FILES


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip, deflate, br", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.0, *", False),
        ("*", True),
        ("br, GZIP; q=0.5", True),
    ],
)
def test_accept_encoding(header: str, takes: bool) -> None:
    assert takes_gzip(header) is takes
