"""Turn whatever a route raises into JSON, and nothing into a trace of the stack.

Knows the tree of errors and aiohttp's own; knows no routes but those that keep an older shape.
"""

import logging
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from wsserver.errors import BadMessage, ClientError, DictationError, ServerError, TooLarge
from wsserver.net.refusal import Refused

logger = logging.getLogger(__name__)

LEGACY_ROUTES = ("/stt", "/ping")
"""Routes whose errors keep the shape of the server before this one."""


@web.middleware
async def tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give what *handler* gives, or the error it raises as JSON."""
    try:
        return await handler(request)
    except ConnectionError:
        raise  # nobody is there to be told
    except Exception as error:
        if request.writer.output_size > 0:
            raise  # half an answer is out; only closing can tell that it is not whole
        return _tell(request, error)


def _tell(request: web.Request, error: Exception) -> web.StreamResponse:
    match error:
        case Refused(refusal=refusal):
            return _answer(request, refusal.as_json(), refusal.headers())
        case web.HTTPException(status=status) if status < 400:
            raise error
        case web.HTTPRequestEntityTooLarge():
            return _answer(request, _body(413, TooLarge.code, "found a body above the limit"))
        case web.HTTPException():
            return _tell_http(request, error)
        case web.RequestPayloadError() | HttpProcessingError():
            return _answer(request, _body(400, BadMessage.code, "found a body that is broken"))
        case ClientError():
            return _answer(request, _body(error.status, error.code, str(error)))
    logger.error("%s failed", request.rel_url.raw_path, exc_info=error)
    told = error if isinstance(error, DictationError) else ServerError("the server made a mistake")
    return _answer(request, _body(told.status, told.code, str(told)))


def _tell_http(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    phrase = HTTPStatus(error.status).phrase.lower()
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return _answer(request, _body(error.status, phrase.replace(" ", "_"), phrase), headers)


def _body(status: int, code: str, message: str) -> dict[str, object]:
    return {"status": status, "code": code, "message": message}


def _answer(
    request: web.Request, body: dict[str, object], headers: dict[str, str] | None = None
) -> web.Response:
    told = {"Error": body["message"], "status": "failed"} if _is_legacy(request) else body
    return web.json_response(told, status=int(str(body["status"])), headers=headers)


def _is_legacy(request: web.Request) -> bool:
    return request.path in LEGACY_ROUTES
