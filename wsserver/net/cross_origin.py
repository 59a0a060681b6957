"""Let pages of listed origins read what plain HTTP answers (CORS, as the Fetch standard has it).

Knows origins and the headers of CORS; knows no routes and no tokens.

Nothing here lets anybody in: what a browser sends along by itself, such as cookies, counts for
nothing on this server, so a page of a listed origin can do no more than a program with its token.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

from wsserver.net.origins import ANY, is_listed

_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    # The asterisk is for those that other programs' clients add; it never stands for Authorization.
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match, Last-Event-ID, *",
    # Ten minutes are what all browsers agree to.
    "Access-Control-Max-Age": "600",
}
_READABLE = "ETag, Retry-After"


class CrossOrigin:
    """What listed origins may read and ask."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        """Let pages of *origins* in, as the configuration lists them."""
        self._origins = origins

    def headers(self, origin: str | None) -> dict[str, str]:
        """Give what lets a page of *origin* read an answer; nothing where none is listed."""
        if not self._origins:
            return {}
        if ANY in self._origins:
            return _readable_by(ANY)
        # The answer is another one for each origin, whatever keeps answers on the way.
        vary = {"Vary": "Origin"}
        is_theirs = origin is not None and is_listed(origin, self._origins)
        return {**vary, **_readable_by(origin)} if is_theirs and origin else vary

    async def finish_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add those headers; a signal of aiohttp's."""
        response.headers.update(self.headers(request.headers.get("Origin")))

    @web.middleware
    async def answer_preflight(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Say what a page of a listed origin may ask; browsers send no token with the question."""
        origin = request.headers.get("Origin")
        is_question = request.method == "OPTIONS" and (
            "Access-Control-Request-Method" in request.headers
        )
        if is_question and origin is not None and is_listed(origin, self._origins):
            return web.Response(status=204, headers=_ALLOWED)
        return await handler(request)


def _readable_by(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _READABLE,
    }
