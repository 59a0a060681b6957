"""`POST /v1/tokens`: a signed token for minutes, for whoever holds a long-lived one.

Knows a gate and the form of a request; knows nothing of how tokens are signed.
"""

from typing import Annotated

from aiohttp import web
from annotated_types import Ge, Len
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from wsserver.errors import BadMessage
from wsserver.net.admission import Gate
from wsserver.net.bodies import read_wish
from wsserver.net.middleware import presented_by
from wsserver.net.refusal import refuse
from wsserver.net.signed_tokens import Grant, SignedTokens
from wsserver.net.tokens import Scope, Token

PATH = "/v1/tokens"

PAGE_SECONDS = 600
"""What is signed for who names no time, as the page: enough for the microphone's dialog."""

_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid"))
class _Wish:
    scope: Annotated[str, Len(1, 20)] = "speak"
    """One, or several with spaces between."""

    seconds: Annotated[int, Ge(1)] | None = None
    one_session: bool = True


_wishes: TypeAdapter[_Wish] = TypeAdapter(_Wish)


def token_routes(gate: Gate) -> list[web.RouteDef]:
    """Give the route, if the *gate* takes what it makes."""
    if (signed := gate.signed) is None:
        return []

    async def make(request: web.Request) -> web.Response:
        holder = gate.holder(presented_by(request))
        grant = _grant(await read_wish(request, _wishes), holder, signed)
        token, expires = signed.sign(grant)
        told = {"token": token, "expires_at": expires, "scope": " ".join(grant.scope)}
        return web.json_response(told, headers=_NO_STORE)

    return [web.post(PATH, make)]


def _grant(wish: _Wish, holder: Token, signed: SignedTokens) -> Grant:
    seconds = wish.seconds or min(PAGE_SECONDS, signed.longest_seconds)
    if seconds > signed.longest_seconds:
        raise BadMessage(f"seconds: found {seconds}, expected at most {signed.longest_seconds}")
    return Grant(
        subject=holder.name,
        scope=_scopes(wish.scope, holder),
        seconds=seconds,
        one_session=wish.one_session,
    )


def _scopes(text: str, holder: Token) -> tuple[Scope, ...]:
    wanted = text.split()
    if missing := [scope for scope in wanted if scope not in holder.scope]:
        refuse(403, "missing_scope", f"found a token without the scope {missing[0]!r}")
    if not wanted:
        raise BadMessage("scope: found none, expected speak or view")
    return tuple(scope for scope in holder.scope if scope in wanted)
