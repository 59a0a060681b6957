import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.net.doorway import Setup, head, open_doorway
from wsserver.errors import ConfigError
from wsserver.net.pages import page_routes, read_pages

FILES = {
    "index.html": "<!doctype html><title>page</title>",
    "main.js": "export {};",
    "main.css": "body {}",
    "icon.svg": "<svg/>",
    "app.webmanifest": "{}",
    "favicon.ico": "icon",
    "captions.html": "<!doctype html><title>captions</title>",
    "overlay.html": "<!doctype html><title>overlay</title>",
    "parts/link.js": "export const link = 1;",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    root = tmp_path / "webclient"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.js").write_text("secret")
    return root


@asynccontextmanager
async def browsing(directory: Path) -> AsyncIterator[aiohttp.ClientSession]:
    setup = Setup(routes=page_routes(read_pages(directory)))
    async with open_doorway(setup) as doorway, doorway.browser() as browser:
        yield browser


@pytest.mark.parametrize(
    ("path", "name", "content_type"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/page/index.html", "index.html", "text/html; charset=utf-8"),
        ("/page/main.js", "main.js", "text/javascript; charset=utf-8"),
        ("/page/parts/link.js", "parts/link.js", "text/javascript; charset=utf-8"),
        ("/page/main.css", "main.css", "text/css; charset=utf-8"),
        ("/page/icon.svg", "icon.svg", "image/svg+xml"),
        ("/page/app.webmanifest", "app.webmanifest", "application/manifest+json"),
        ("/favicon.ico", "favicon.ico", "image/x-icon"),
        ("/captions", "captions.html", "text/html; charset=utf-8"),
        ("/overlay", "overlay.html", "text/html; charset=utf-8"),
    ],
)
async def test_a_file_is_served_with_its_type_to_everybody(
    path: str, name: str, content_type: str, directory: Path
) -> None:
    async with browsing(directory) as browser, browser.get(path) as answer:
        assert answer.status == 200
        assert await answer.text() == FILES[name]
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


async def test_a_file_that_the_browser_has_is_not_sent_again(directory: Path) -> None:
    async with browsing(directory) as browser:
        async with browser.get("/page/main.js") as answer:
            etag = answer.headers["ETag"]
        async with browser.get("/page/main.js", headers={"If-None-Match": etag}) as again:
            assert again.status == 304
            assert again.headers["ETag"] == etag
            assert await again.read() == b""
        async with browser.get("/page/main.js", headers={"If-None-Match": '"old"'}) as other:
            assert other.status == 200


async def test_the_mark_of_a_file_changes_with_it(directory: Path) -> None:
    before = read_pages(directory)["main.js"].etag

    (directory / "main.js").write_text("export default 1;")

    assert read_pages(directory)["main.js"].etag != before


@pytest.mark.parametrize(
    "path",
    [
        "/page/",
        "/page/missing.js",
        "/page/../secret.js",
        "/page/%2e%2e/secret.js",
        "/page/..%2fsecret.js",
        "/page/parts/../../secret.js",
        "/page//etc/passwd",
        "/page/main.js%00",
        "/page/main.js/",
        "/page/parts",
    ],
)
async def test_no_path_leads_elsewhere(path: str, directory: Path) -> None:
    setup = Setup(routes=page_routes(read_pages(directory)))
    async with open_doorway(setup) as doorway:
        answer = await doorway.send_and_read(head(f"GET {path} HTTP/1.1"))

    assert answer.split(b" ")[1] in (b"404", b"400")
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2]


def test_only_files_for_browsers_are_read(directory: Path) -> None:
    (directory / "notes.md").write_text("notes")
    (directory / ".hidden.js").write_text("hidden")
    (directory / ".git").mkdir()
    (directory / ".git" / "config.json").write_text("{}")
    (directory / "linked.js").symlink_to(directory.parent / "secret.js")
    (directory / "alias.js").symlink_to(directory / "main.js")

    assert read_pages(directory).keys() == {*FILES, "alias.js"}


def test_a_directory_without_a_page_is_an_error_of_the_operator(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"found no index.html in {tmp_path}"):
        read_pages(tmp_path)


async def test_a_client_without_an_icon_has_none(directory: Path) -> None:
    (directory / "favicon.ico").unlink()

    async with browsing(directory) as browser, browser.get("/favicon.ico") as answer:
        assert answer.status == 404


async def test_the_worker_names_all_that_a_browser_keeps_and_serves_the_whole_page(
    directory: Path,
) -> None:
    (directory / "service-worker.js").write_text("keep(SHELL);")
    (directory / "settings.json").write_text("{}")

    async with browsing(directory) as browser:
        async with browser.get("/page/service-worker.js") as answer:
            first, _, rest = (await answer.text()).partition("\n")
            assert answer.headers["Service-Worker-Allowed"] == "../"
            assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        async with browser.get("/") as index:
            version = index.headers["Page-Version"]

    shell = json.loads(first.removeprefix("const SHELL = ").removesuffix(";"))
    assert rest == "keep(SHELL);"
    assert shell["version"] == version
    assert shell["files"] == {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in FILES.items()
    }


async def test_the_version_of_the_page_is_told_to_those_who_have_it(directory: Path) -> None:
    async with browsing(directory) as browser:
        async with browser.get("/") as first:
            etag, version = first.headers["ETag"], first.headers["Page-Version"]
        async with browser.get("/", headers={"If-None-Match": etag}) as again:
            assert (again.status, again.headers["Page-Version"]) == (304, version)
