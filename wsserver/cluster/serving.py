"""Answer gateways over HTTP, on a port or a socket of this machine, without Ray.

Knows a replica and aiohttp; knows nothing of engines or windows.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import web

from wsserver.cluster.replica import Replica
from wsserver.cluster.way import UNIX
from wsserver.cluster.wire import CONTENT_TYPE, MOST_BYTES
from wsserver.errors import BadMessage


@asynccontextmanager
async def serving(replica: Replica, url: str) -> AsyncIterator[str]:
    """Answer at *url*, a port of 0 for any; give the URL for `remote.Replicas`.

    *replica* has to be started and stopped by others.  A client that hangs up cancels its windows.
    """
    runner = web.AppRunner(_application(replica), handler_cancellation=True, access_log=None)
    await runner.setup()
    try:
        yield await _listen(runner, url)
    finally:
        await runner.cleanup()


def _application(replica: Replica) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        try:
            reply = await replica.answer(await request.read())
        except BadMessage as error:
            return web.Response(status=error.status, text=str(error))
        return web.Response(body=reply, content_type=CONTENT_TYPE)

    application = web.Application(client_max_size=MOST_BYTES)
    application.router.add_post("/{path:.*}", answer)
    return application


async def _listen(runner: web.AppRunner, url: str) -> str:
    if url.startswith(UNIX):
        await web.UnixSite(runner, url.removeprefix(UNIX)).start()
        return url
    parts = urlsplit(url)
    await web.TCPSite(runner, parts.hostname, parts.port or 0).start()
    host, port = runner.addresses[0][:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{parts.path or '/'}"
