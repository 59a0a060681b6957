"""Turn whatever a route raises into JSON, and nothing into a trace of the stack.

Knows the tree of errors and aiohttp's own; knows no routes but those whose errors have a shape.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from wsserver.dialects import openai_audio
from wsserver.errors import BadMessage, ClientError, DictationError, ServerError, TooLarge
from wsserver.net.refusal import Refusal, Refused

logger = logging.getLogger(__name__)

Body: TypeAlias = dict[str, Any]
Shape: TypeAlias = Callable[[int, str, str, str | None], tuple[int, Body]]
"""Gives the status and the body that programs expect: of status, code, message, and the field that
is wrong, if it is known."""


def _legacy(status: int, _code: str, message: str, _param: str | None) -> tuple[int, Body]:
    return status, {"Error": message, "status": "failed"}


SHAPES: Mapping[str, Shape] = {
    "/stt": _legacy,
    "/ping": _legacy,
    **dict.fromkeys(openai_audio.PATHS, openai_audio.told),
}
"""Where errors have the shape of another server: at these paths and below."""


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
            return _tell_refusal(request, refusal)
        case web.HTTPException(status=status) if status < 400:
            raise error
        case web.HTTPRequestEntityTooLarge():
            return _answer(request, TooLarge("found a body above the limit"))
        case web.HTTPException():
            return _tell_http(request, error)
        case web.RequestPayloadError() | HttpProcessingError():
            return _answer(request, BadMessage("found a body that is broken"))
        case ClientError():
            return _answer(request, error)
    logger.error("%s failed", request.rel_url.raw_path, exc_info=error)
    told = error if isinstance(error, DictationError) else ServerError("the server made a mistake")
    return _answer(request, told)


def _tell_refusal(request: web.Request, refusal: Refusal) -> web.Response:
    status, body = refusal.status, refusal.as_json()
    if shape := _shape(request):
        status, body = shape(status, refusal.code, refusal.message, None)
    headers = replace(refusal, status=status).headers()
    return web.json_response(body, status=status, headers=headers)


def _tell_http(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    phrase = HTTPStatus(error.status).phrase.lower()
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    status, body = _body(request, error.status, phrase.replace(" ", "_"), phrase)
    return web.json_response(body, status=status, headers=headers)


def _answer(request: web.Request, error: DictationError) -> web.Response:
    status, body = _body(
        request, error.status, error.code, str(error), getattr(error, "param", None)
    )
    return web.json_response(body, status=status)


def _body(
    request: web.Request, status: int, code: str, message: str, param: str | None = None
) -> tuple[int, Body]:
    if shape := _shape(request):
        return shape(status, code, message, param)
    return status, {"status": status, "code": code, "message": message}


def _shape(request: web.Request) -> Shape | None:
    paths = (path for path in SHAPES if f"{request.path}/".startswith(f"{path}/"))
    return next((SHAPES[path] for path in paths), None)
