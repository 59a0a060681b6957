"""Serve the web client: a few files, read once and kept.

Knows a directory; knows nothing of what its files say.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from aiohttp import ETag, web
from aiohttp.typedefs import Handler

from wsserver.errors import ConfigError
from wsserver.net.shell import WORKER, Shell, shell_of

INDEX = "index.html"
ICON = "favicon.ico"
READERS = ("captions", "overlay")
"""The pages of those who read along, each with an address of its own."""

VERSION_HEADER = "Page-Version"
"""Tells a browser's worker whether what it keeps is what the server has."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it goes to the browser."""

    content: bytes = field(repr=False)
    content_type: str
    etag: str
    """Changes with the content."""


def read_pages(directory: Path) -> dict[str, Page]:
    """Read every file below *directory* that a browser may have, by its path within.

    What is asked for later is looked up among these names, so no path leads out of *directory*.
    Left out: names that begin with a dot, types that are not known, links that lead elsewhere.
    Raises `ConfigError` if there is no `index.html`.
    """
    pages = {}
    root = directory.resolve()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.suffix in _TYPES and path.is_file() and _is_inside(path, root, name):
            pages[name.as_posix()] = _page(path.name, path.read_bytes())
    if INDEX not in pages:
        raise ConfigError(f"found no {INDEX} in {directory}, expected the files of the web client")
    return pages


def page_routes(pages: dict[str, Page]) -> list[web.RouteDef]:
    """Give `/`, `/page/<file>`, `/favicon.ico` and the readers' pages for *pages*."""
    shell = shell_of({name: page.content for name, page in pages.items()})
    pages = _with_worker(pages, shell)

    async def index(request: web.Request) -> web.Response:
        response = _answer(request, pages[INDEX])
        response.headers[VERSION_HEADER] = shell.version
        return response

    async def worker(request: web.Request) -> web.Response:
        response = await file(request)
        # It lies below what it serves; the address is relative to its own.
        response.headers["Service-Worker-Allowed"] = "../"
        return response

    async def file(request: web.Request) -> web.Response:
        page = pages.get(request.match_info.get("name", ICON))
        if page is None:
            raise web.HTTPNotFound
        return _answer(request, page)

    def named(name: str) -> Handler:
        async def page(request: web.Request) -> web.Response:
            if name not in pages:
                raise web.HTTPNotFound
            return _answer(request, pages[name])

        return page

    return [
        web.get("/", index),
        *(web.get(f"/{name}", named(f"{name}.html")) for name in READERS),
        web.get(f"/page/{{name:{WORKER}}}", worker),
        web.get("/page/{name:.+}", file),
        web.get(f"/{ICON}", file),
    ]


def _answer(request: web.Request, page: Page) -> web.Response:
    # no-cache: kept, but asked for anew each time, so that no old page meets a new server.
    headers = {"Cache-Control": "no-cache", "Content-Type": page.content_type}
    known = request.if_none_match or ()
    is_known = any(etag.value in (page.etag, "*") for etag in known)
    response = (
        web.Response(status=304, headers={"Cache-Control": "no-cache"})
        if is_known
        else web.Response(body=page.content, headers=headers)
    )
    response.etag = ETag(page.etag)
    return response


def _with_worker(pages: dict[str, Page], shell: Shell) -> dict[str, Page]:
    if WORKER not in pages:
        return pages
    return {**pages, WORKER: _page(WORKER, shell.worker(pages[WORKER].content))}


def _page(name: str, content: bytes) -> Page:
    suffix = PurePosixPath(name).suffix
    return Page(content, _TYPES[suffix], hashlib.sha256(content).hexdigest()[:32])


def _is_inside(path: Path, root: Path, name: Path) -> bool:
    is_hidden = any(part.startswith(".") for part in name.parts)
    return not is_hidden and path.resolve().is_relative_to(root)
