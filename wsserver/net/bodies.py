"""Read the small JSON bodies of requests, and say what is wrong with one.

Knows HTTP and what a body may hold; knows no routes.
"""

from typing import TypeVar

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from wsserver.dialects.fields import first_wrong
from wsserver.errors import BadMessage, TooLarge

BODY_LIMIT_BYTES = 4096

T = TypeVar("T")


async def read_wish(request: web.Request, wishes: TypeAdapter[T]) -> T:
    """Give what the body asks for, the defaults if it is empty.

    Raises `TooLarge` or `BadMessage`.
    """
    try:
        return wishes.validate_json(await _body(request) or b"{}")
    except ValidationError as error:
        wrong = first_wrong(error)
        raise BadMessage(f"{wrong.where or 'the body':.40}: {wrong.message}") from None


async def _body(request: web.Request) -> bytes:
    body = b""
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise TooLarge(f"found a longer body, expected at most {BODY_LIMIT_BYTES} bytes")
    return body
