"""The web client's files: what a page needs, and nothing else that lies in the folder."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

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
REVALIDATE = {"cache-control": "no-cache"}  # files have an ETag, and a new version must not meet old modules
PAGE = "index.html"
READ = ("GET", "HEAD")


class WebClientFiles(StaticFiles):
    """Files under the web root with a known suffix, not hidden, not of the tool chain."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        parts = Path(path).parts
        is_hidden = any(part.startswith(".") for part in parts)
        suffix = Path(path).suffix
        if is_hidden or not parts or parts[0] in DEVELOPMENT or suffix not in MEDIA_TYPES or ".config." in path:
            raise HTTPException(404)
        if scope["method"] not in READ:
            raise HTTPException(405, headers={"allow": ", ".join(READ)})
        response = await super().get_response(path, scope)
        response.headers["content-type"] = MEDIA_TYPES[suffix]
        response.headers.update(REVALIDATE)
        return response


def files(web_root: Path) -> Mount:
    """Every path that nothing else has taken is a file or nothing."""
    return Mount("/", WebClientFiles(directory=web_root, check_dir=False), name="files")


def pages(web_root: Path) -> list[Route]:
    """`/` and `/c/{link}` are the page."""

    async def page(request: Request) -> Response:
        path = web_root / PAGE
        try:
            details = os.stat(path)
        except FileNotFoundError as error:
            raise HTTPException(404) from error
        if not S_ISREG(details.st_mode):
            raise HTTPException(404)
        return FileResponse(path, media_type=MEDIA_TYPES[".html"], headers=REVALIDATE, stat_result=details)

    return [
        Route("/", page, methods=["GET"], name="home"),
        Route("/c/{link}", page, methods=["GET"], name="conference_page"),
    ]
