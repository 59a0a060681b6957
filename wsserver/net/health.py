"""Tell machines whether the server lives and whether it can work.

Knows a gate and its conditions; knows no models.
"""

from dataclasses import replace

from aiohttp import web

from wsserver.net.admission import Gate
from wsserver.net.credentials import Presented
from wsserver.net.middleware import presented_by

_NO_STORE = {"Cache-Control": "no-store"}


def health_routes(gate: Gate) -> list[web.RouteDef]:
    """Give `/healthz`, `/readyz`, `/ping` and `/v1/admission`."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"}, headers=_NO_STORE)

    async def readyz(_: web.Request) -> web.Response:
        hindrance = gate.hindrance()
        if hindrance is None:
            return web.json_response({"status": "ready"}, headers=_NO_STORE)
        body = {"status": hindrance.code, "reason": hindrance.message}
        return web.json_response(body, status=hindrance.status, headers=hindrance.headers())

    async def ping(_: web.Request) -> web.Response:
        return web.json_response({"text": "pong", "status": "success"}, headers=_NO_STORE)

    async def admission(request: web.Request) -> web.Response:
        refusal = await gate.judge(_as_for_upgrade(request), resumes=True)
        return web.json_response(
            {"admitted": True} if refusal is None else refusal.as_json(), headers=_NO_STORE
        )

    return [
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/ping", ping),
        web.get("/v1/admission", admission),
    ]


def _as_for_upgrade(request: web.Request) -> Presented:
    """Read what *request* presents, as if it asked for an upgrade.

    A browser tells its origin with every upgrade, but not with a GET to its own server; so the
    page may name it in the query.
    """
    presented = presented_by(request)
    return replace(presented, origin=presented.origin or request.query.get("origin"))
