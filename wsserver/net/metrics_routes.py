"""`GET /metrics`: what Prometheus reads.

Knows HTTP; knows nothing of what is counted.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web


def metrics_routes(render: Callable[[str], Awaitable[tuple[bytes, str]]]) -> list[web.RouteDef]:
    """Give `/metrics`; *render* takes `Accept` and gives a body with its content type."""

    async def metrics(request: web.Request) -> web.Response:
        body, content_type = await render(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    return [web.get("/metrics", metrics)]
