"""What every plain HTTP request passes on its way: draining, body limits, tokens.

Knows aiohttp's requests; knows no single route beyond the public ones of the settings.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from wsserver.errors import TooLarge
from wsserver.net.admission import Gate
from wsserver.net.credentials import Presented, read
from wsserver.net.headers import security_headers
from wsserver.net.settings import HttpSettings
from wsserver.net.tokens import Token

TOKEN = web.RequestKey("token", Token)
"""Where a request to a route that is not public keeps the token it presented."""

OPEN_WHILE_DRAINING = ("/healthz", "/readyz")


def presented_by(request: web.Request) -> Presented:
    """Read what *request* presents."""
    return read(request.headers.items(), request.path_qs, request.remote or "")


async def finish_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers of every answer; as a signal of aiohttp it reaches streams too."""
    response.headers.update(security_headers(request.host))
    # aiohttp would tell its version; and behind Caddy 2.6, which adds a name of its own, a second
    # one is an error to strict clients.
    response.headers.pop("Server", None)
    # A proxy sends a later upgrade down a connection that is kept, where only aiohttp listens.
    response.headers["Connection"] = "close"
    response.force_close()


def refuse_while_draining(gate: Gate) -> Middleware:
    """Answer 503 while the server drains, except to those who ask for its health."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in OPEN_WHILE_DRAINING:
            gate.check_open()
        return await handler(request)

    return middleware


def limit_body(settings: HttpSettings) -> Middleware:
    """Answer 413 to a body that is said to be too large, 408 to one that takes too long."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        length, limit = request.content_length or 0, settings.body_limit_bytes
        if length > limit:
            raise TooLarge(f"found a body of {length} bytes, expected at most {limit}")
        try:
            async with asyncio.timeout(settings.body_timeout_seconds) as timeout:
                request.content.on_eof(_ending(timeout))
                return await handler(request)
        except TimeoutError:
            if timeout.expired():
                raise web.HTTPRequestTimeout from None
            raise

    return middleware


def demand_token(gate: Gate, public_routes: tuple[str, ...]) -> Middleware:
    """Answer 401 or 403 to a request without a token, unless its route is public."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_public(request.path, public_routes):
            request[TOKEN] = gate.identify(presented_by(request))
        return await handler(request)

    return middleware


def is_public(path: str, public_routes: tuple[str, ...]) -> bool:
    """Tell whether *path* is one of *public_routes* or below one that ends in `/*`."""
    return any(
        path.startswith(route[:-1]) if route.endswith("/*") else path == route
        for route in public_routes
    )


def _ending(timeout: asyncio.Timeout) -> Callable[[], None]:
    def end() -> None:
        # The body may end after the answer, when there is no timeout to lift any more.
        with suppress(RuntimeError):
            timeout.reschedule(None)

    return end
