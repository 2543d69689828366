"""The web client's files: what a page needs, and nothing else that lies in the folder.

The page names its files by a version, a digest of them all: `/v/VERSION/main.js`. A browser keeps those for good, and
asks for nothing but the page the next time; a new version of any file is a new name for all of them, so old modules
never meet new ones. By their plain names the same files are there too, and are asked for again each time.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from mcu.signaling.compression import Compressor, takes_gzip

# By suffix, so that neither the system's table of types nor a stray file decides what is served.
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".mp3": "audio/mpeg",
    ".wasm": "application/wasm",
}
DEVELOPMENT = {"node_modules", "tests", "package.json", "package-lock.json", "jsconfig.json", "tsconfig.json"}
TEXT = {".html", ".css", ".js", ".mjs", ".json", ".webmanifest", ".svg"}  # what gzip makes smaller
VERSION_FOLDER = "v"
REVALIDATE = {"cache-control": "no-cache"}  # a file has an ETag, and a new version must not meet old modules
KEEP = {"cache-control": "public, max-age=31536000, immutable"}
PAGE = "index.html"
READ = ("GET", "HEAD")
_ASSET = re.compile(r' (href|src)="/(?=[^/"])')


class WebClientFiles(StaticFiles):
    """Files under the web root with a known suffix, not hidden, not of the tool chain."""

    def __init__(self, web_root: Path) -> None:
        super().__init__(directory=web_root, check_dir=False)
        self._root = web_root
        self._compressor = Compressor()
        self._version = ""  # as it was when somebody last asked for another

    async def get_response(self, path: str, scope: Scope) -> Response:
        parts = Path(path).parts
        kept = REVALIDATE
        if len(parts) > 2 and parts[0] == VERSION_FOLDER:
            kept = KEEP if self._is_current(parts[1]) else REVALIDATE
            parts = parts[2:]
        if not _is_served(parts):
            raise HTTPException(404)
        if scope["method"] not in READ:
            raise HTTPException(405, headers={"allow": ", ".join(READ)})
        response = await self._file(str(Path(*parts)), scope)
        response.headers["content-type"] = MEDIA_TYPES[Path(path).suffix]
        response.headers.update(kept)
        return response

    def _is_current(self, asked: str) -> bool:
        if asked != self._version:
            self._version = version(self._root)
        return asked == self._version

    async def _file(self, path: str, scope: Scope) -> Response:
        """As it is, or as gzip where that is smaller and the caller takes it."""
        if Path(path).suffix not in TEXT:
            return await super().get_response(path, scope)
        headers = Headers(scope=scope)
        try:
            full_path, details = self.lookup_path(path)
        except (OSError, ValueError) as error:  # a name that no file can have
            raise HTTPException(404) from error
        packed = None
        if details is not None and S_ISREG(details.st_mode) and takes_gzip(headers.get("accept-encoding", "")):
            packed = self._compressor.compressed(full_path, details)
        if packed is None:
            response = await super().get_response(path, scope)
        else:
            etag = f'"{hashlib.sha256(packed).hexdigest()[:32]}"'
            response = Response(packed, headers={"content-encoding": "gzip", "etag": etag})
            if self.is_not_modified(response.headers, headers):
                response = NotModifiedResponse(response.headers)
        response.headers["vary"] = "accept-encoding"
        return response


def files(web_root: Path) -> Mount:
    """Every path that nothing else has taken is a file or nothing."""
    return Mount("/", WebClientFiles(web_root), name="files")


def pages(web_root: Path) -> list[Route]:
    """`/` and `/c/{link}` are the page."""

    async def page(request: Request) -> Response:
        path = web_root / PAGE
        if not path.is_file():
            raise HTTPException(404)
        folder = f"/{VERSION_FOLDER}/{version(web_root)}/"
        text = _ASSET.sub(rf' \1="{folder}', path.read_text(encoding="utf-8")).encode()
        etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
        response = Response(text, media_type=MEDIA_TYPES[".html"], headers={**REVALIDATE, "etag": etag})
        if request.headers.get("if-none-match") == etag:
            return NotModifiedResponse(response.headers)
        return response

    return [
        Route("/", page, methods=["GET"], name="home"),
        Route("/c/{link}", page, methods=["GET"], name="conference_page"),
    ]


def version(web_root: Path) -> str:
    """A digest of what all served files are now, by name, time and size: cheap enough for every page."""
    digest = hashlib.sha256()
    for path in sorted(_served(web_root)):
        details = path.stat()
        digest.update(f"{path.relative_to(web_root)} {details.st_mtime_ns} {details.st_size}\n".encode())
    return digest.hexdigest()[:16]


def _served(folder: Path, above: tuple[str, ...] = ()) -> Iterator[Path]:
    for entry in os.scandir(folder):
        parts = (*above, entry.name)
        if entry.is_dir():
            if not _is_private(parts):
                yield from _served(Path(entry.path), parts)
        elif _is_served(parts):
            yield Path(entry.path)


def _is_served(parts: tuple[str, ...]) -> bool:
    return bool(parts) and not _is_private(parts) and Path(parts[-1]).suffix in MEDIA_TYPES


def _is_private(parts: tuple[str, ...]) -> bool:
    hidden = any(part.startswith(".") for part in parts)
    return hidden or parts[0] in DEVELOPMENT or ".config." in parts[-1]
