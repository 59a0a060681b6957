"""Serve one connection of plain HTTP with aiohttp, and log it without a secret.

Knows aiohttp's protocol class; knows no routes and no tokens.
"""

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from wsserver.net.client_address import client_address
from wsserver.net.credentials import Presented, read
from wsserver.net.headers import security_headers
from wsserver.net.refusal import Refusal
from wsserver.net.settings import NetSettings

logger = logging.getLogger(__name__)
access_logger = logging.getLogger("wsserver.access")

LONGEST_LOGGED_PATH = 200

PAGE_PATHS = ("/page/", "/favicon.ico")
"""What the page is made of, dozens of files for each visit: told at DEBUG alone."""

LINGER_SECONDS = 2.0
"""How long the rest of a body is read that no route wanted, so that its answer arrives."""


class AccessLog(AbstractAccessLogger):
    """One line for each answer: who, what, how it went; neither the query nor a header."""

    trusted_hops = 0
    """Proxies before the server, as in `client_address`."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Log an answer; *time* is what it took, in seconds."""
        presented = read(request.headers.items(), "", request.remote or "")
        # The path as it was sent, percent-encoded: a decoded one could hold a line of its own.
        path = request.rel_url.raw_path
        is_part = path.startswith(PAGE_PATHS) and response.status < 400
        self.logger.log(
            logging.DEBUG if is_part else logging.INFO,
            "%s %s %s %d %.3f s",
            client_address(presented.peer, presented.forwarded_for, self.trusted_hops),
            request.method,
            path[:LONGEST_LOGGED_PATH],
            response.status,
            time,
        )


def log_refusal(presented: Presented, trusted_hops: int, refusal: Refusal) -> None:
    """Log that a WebSocket was refused, as an answer over HTTP is."""
    address = client_address(presented.peer, presented.forwarded_for, trusted_hops)
    # What names a server before the path may hold a password.
    path = presented.path[:LONGEST_LOGGED_PATH] if presented.path.startswith("/") else "-"
    told = (address, path, refusal.status, refusal.code)
    access_logger.info("%s GET %s %d WebSocket refused: %s", *told)


class HttpSide(web.RequestHandler):
    """aiohttp's side of a connection."""

    __slots__ = ("_on_lost",)

    def __init__(
        self, server: web.Server, settings: NetSettings, on_lost: Callable[[], None]
    ) -> None:
        """Serve with *server* as *settings* say."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=settings.http.head_timeout_seconds,
            lingering_time=LINGER_SECONDS,
            access_log_class=AccessLog,
            access_log=access_logger,
            logger=logger,
        )
        assert isinstance(self.access_logger, AccessLog)
        self.access_logger.trusted_hops = settings.admission.trust_forwarded_for
        self._on_lost = on_lost

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell who counts the connections."""
        self._on_lost()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's words, which quote the request
    ) -> web.StreamResponse:
        """Answer what never reached a route, such as a head that aiohttp cannot parse.

        aiohttp itself would log and send the faulty line, which may hold a token.
        """
        logger.info("answered %d to %s: %s", status, request.remote, type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("found an answer half sent, expected none")
        body = {"status": status, "code": "bad_request", "message": "found no valid request"}
        headers = {**security_headers(""), "Connection": "close", "Server": "wsserver"}
        response = web.json_response(body, status=status, headers=headers)
        response.force_close()
        return response
