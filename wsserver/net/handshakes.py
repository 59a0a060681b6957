"""Answer handshakes of WebSockets that come to nothing.

Knows refusals and how websockets answers; knows nothing of why anybody is refused.
"""

import json
from collections.abc import Mapping

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from wsserver.net.headers import security_headers
from wsserver.net.refusal import Refusal


def answer(
    connection: ServerConnection, refusal: Refusal, body: Mapping[str, object] | None = None
) -> Response:
    """Give what turns a handshake away with *refusal*, said in *body* if that is given."""
    response = connection.respond(refusal.status, json.dumps(body or refusal.as_json()))
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers.update(refusal.headers())
    return response


def finish_headers(_: ServerConnection, request: Request, response: Response) -> None:
    """Add to what turns a handshake away what every answer over HTTP has."""
    if response.status_code != 101:
        response.headers.update(security_headers(request.headers.get("Host", "")))
