"""What a request presents on its way in: tokens, subprotocols, origin.

Knows header names and the query; knows no token and no socket.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

from wsserver.errors import ClientError
from wsserver.net import base64url
from wsserver.net.cursors import is_cursor
from wsserver.net.signed_tokens import is_signed

TOKEN_SUBPROTOCOL = "token."  # noqa: S105 - a prefix, not a secret
"""Stands before the base64url of a token in `Sec-WebSocket-Protocol`."""

_SCHEMES = ("bearer", "token")


class Malformed(ClientError):
    """What is presented can be no token; the message says what was expected."""

    code = "bad_token"
    status = 403


@dataclass(frozen=True, slots=True)
class Presented:
    """The part of a request's head that decides who may enter."""

    path: str
    query: str = field(default="", repr=False)
    """What follows the `?`, undecoded; it may hold a token."""

    authorization: tuple[str, ...] = field(default=(), repr=False)
    subprotocols: tuple[str, ...] = ()
    """What the client offers, without tokens."""

    token_subprotocols: tuple[str, ...] = field(default=(), repr=False)
    query_tokens: tuple[str, ...] = field(default=(), repr=False)
    origin: str | None = None
    host: str = ""
    forwarded_host: str = ""
    forwarded_for: tuple[str, ...] = ()
    """The addresses that proxies tell, the last one's last."""

    peer: str = ""
    """The address of the other end of the connection; empty if it is not known."""

    trace_parent: str = ""
    """The header `traceparent` (W3C Trace Context), unchecked."""


def read(headers: Iterable[tuple[str, str]], target: str, peer: str = "") -> Presented:
    """Read a request's *headers*, in order and with repetitions, its *target* and its *peer*."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value.strip())
    path, _, query = target.partition("?")
    offered = _listed(found.get("sec-websocket-protocol", []))
    return Presented(
        path=path,
        query=query,
        authorization=tuple(found.get("authorization", [])),
        subprotocols=tuple(s for s in offered if not s.startswith(TOKEN_SUBPROTOCOL)),
        token_subprotocols=tuple(s for s in offered if s.startswith(TOKEN_SUBPROTOCOL)),
        query_tokens=tuple(parse_qs(query, keep_blank_values=True).get("token", [])),
        origin=", ".join(found["origin"]) if "origin" in found else None,
        host=found.get("host", [""])[0],
        forwarded_host=next(iter(_listed(found.get("x-forwarded-host", []))), ""),
        forwarded_for=tuple(_listed(found.get("x-forwarded-for", []))),
        peer=peer,
        trace_parent=found.get("traceparent", [""])[0],
    )


def with_key(presented: Presented, key: str) -> Presented:
    """Take *key*, found among the subprotocols by who knows the language, for the token there.

    What holds it is no longer among what the client offers: that may be said again.
    """
    data = key.encode(errors="surrogatepass")  # headers may hold bytes that are no text
    token = TOKEN_SUBPROTOCOL + base64url.encode(data)
    others = tuple(one for one in presented.subprotocols if not one.endswith(key))
    tokens = (*presented.token_subprotocols, token)
    return replace(presented, subprotocols=others, token_subprotocols=tokens)


def plain_token(presented: Presented, *, token_in_url: bool) -> str | None:
    """Give the token that is presented: in the header, else as subprotocol, else in the URL.

    Without *token_in_url* only a signed one is taken from there, of which the caller has to see
    that it allows no more than to read along.  Gives None if there is none; raises `Malformed`,
    without the token, for what can be none.
    """
    headers = [value for value in presented.authorization if not _is_foreign(value)]
    if headers:
        return _from_header(_only(headers, "Authorization"))
    if presented.token_subprotocols:
        return _from_subprotocol(_only(presented.token_subprotocols, "token subprotocol"))
    signed = [token for token in presented.query_tokens if is_signed(token)]
    if signed or (token_in_url and presented.query_tokens):
        token = _filled(_only(presented.query_tokens, "token in the URL"), "?token=<token>")
        if is_cursor(token):
            raise Malformed("found a cursor in the URL, expected it in a header")
        return token
    return None


def _listed(values: Iterable[str]) -> list[str]:
    return [item.strip() for value in values for item in value.split(",") if item.strip()]


def _is_foreign(value: str) -> bool:
    """Tell whether *value* is meant for somebody else, as a proxy that asks for Basic."""
    scheme, *rest = value.split(maxsplit=1) or [""]
    return bool(rest) and scheme.lower() not in _SCHEMES


def _only(values: Iterable[str], what: str) -> str:
    first, *others = values
    if others:
        raise Malformed(f"found {1 + len(others)} times {what}, expected one")
    return first


def _from_header(value: str) -> str:
    words = value.split()
    if len(words) != 2:
        raise Malformed(f"found {len(words)} words in Authorization, expected 'Bearer <token>'")
    return words[1]


def _from_subprotocol(value: str) -> str:
    encoded = value.removeprefix(TOKEN_SUBPROTOCOL)
    expected = f"{TOKEN_SUBPROTOCOL}<base64url of the token>"
    try:
        return _filled(base64url.decode(encoded).decode(), expected)
    except ValueError:
        # Without its cause: a UnicodeDecodeError holds the bytes.
        raise Malformed(f"found no base64url in the subprotocol, expected {expected}") from None


def _filled(token: str, expected: str) -> str:
    if not token:
        raise Malformed(f"found an empty token, expected {expected}")
    return token
