"""Put the routes of plain HTTP together with what every request passes.

Knows aiohttp's application; knows neither sockets nor what the routes do.
"""

from collections.abc import Iterable
from typing import TypeAlias

from aiohttp import web

from wsserver.net.admission import Gate
from wsserver.net.cross_origin import CrossOrigin
from wsserver.net.http_errors import tell_errors
from wsserver.net.middleware import (
    demand_token,
    finish_headers,
    limit_body,
    refuse_while_draining,
)
from wsserver.net.settings import NetSettings
from wsserver.net.token_routes import token_routes

Route: TypeAlias = web.AbstractRouteDef
"""A path, a method and who answers."""


def http_app(settings: NetSettings, gate: Gate, routes: Iterable[Route]) -> web.Application:
    """Give an application that serves *routes*; those not public ask *gate* for a token.

    Where the gate takes signed tokens, they are made here.
    """
    elsewhere = CrossOrigin(settings.admission.origins)
    app = web.Application(
        client_max_size=settings.http.body_limit_bytes,
        middlewares=[
            tell_errors,
            elsewhere.answer_preflight,
            refuse_while_draining(gate),
            demand_token(gate, settings.admission.public_routes),
            limit_body(settings.http),
        ],
    )
    app.on_response_prepare.extend([finish_headers, elsewhere.finish_headers])
    app.add_routes([*routes, *token_routes(gate)])
    return app
