"""Read the plain tokens of an older JSON configuration, and keep only their hashes.

Knows no files.  The older format was never written down, so the shapes that are common are taken.
"""

import json
from collections.abc import Iterator
from typing import TypeAlias

from wsserver.errors import ConfigError
from wsserver.net.tokens import Token, hash_token

SHORTEST = 8
"""Characters; a shorter value is more likely another setting than a token, or is guessed."""

LONGEST_NAME = 16
"""Characters; a longer name beside a shorter token is more likely the token itself."""

_ACCEPTED = (
    'a list of tokens, {"tokens": [...]}, {"tokens": {"name": "token"}}, {"name": "token"}, '
    'or a list of {"name": ..., "token": ...}'
)

_Entry: TypeAlias = tuple[object, object]
"""A name and a token, as they were found."""


def import_tokens(json_text: str) -> list[Token]:
    """Give a token for every plain one in *json_text*, with the scope `speak` and no limits.

    Raises `ConfigError`, which says what was found and what is accepted.  It counts the entries
    instead of naming them, since a name may turn out to be a token.
    """
    try:
        value = json.loads(json_text)
    except json.JSONDecodeError as error:
        # Without its cause: a JSONDecodeError holds the whole text.
        raise ConfigError(
            f"found no JSON (line {error.lineno}, column {error.colno}), expected {_ACCEPTED}"
        ) from None
    tokens = [_token(entry, number) for number, entry in enumerate(_entries(value), 1)]
    _check_distinct("name", [token.name for token in tokens])
    _check_distinct("token", [token.hash for token in tokens])
    return tokens


def _entries(value: object) -> Iterator[_Entry]:
    if isinstance(value, dict) and "tokens" in value:
        value = value["tokens"]
    if not isinstance(value, dict | list):
        raise ConfigError(f"found {_kind(value)}, expected {_ACCEPTED}")
    if not value:
        raise ConfigError(f"found {_kind(value)} without tokens, expected {_ACCEPTED}")
    return iter(value.items()) if isinstance(value, dict) else map(_listed, enumerate(value, 1))


def _listed(numbered: tuple[int, object]) -> _Entry:
    number, item = numbered
    unnamed = f"imported-{number}"
    if not isinstance(item, dict):
        return unnamed, item
    if "token" not in item:
        raise ConfigError(f"found no key 'token' in entry {number}, expected {_ACCEPTED}")
    return item.get("name", unnamed), item["token"]


def _token(entry: _Entry, number: int) -> Token:
    name, plain = entry
    if not isinstance(plain, str):
        raise ConfigError(f"found {_kind(plain)} in entry {number}, expected {_ACCEPTED}")
    if not isinstance(name, str) or not name:
        raise ConfigError(f"found no name in entry {number}, expected a string that is not empty")
    if len(name) > max(LONGEST_NAME, len(plain)):
        raise ConfigError(
            f"found a name longer than its token in entry {number}, "
            'expected {"name": "token"} and not the other way round'
        )
    if len(plain) < SHORTEST or plain.split() != [plain]:
        raise ConfigError(
            f"found {len(plain)} characters in entry {number}, "
            f"expected a token of at least {SHORTEST} without spaces"
        )
    return Token(name=name, hash=hash_token(plain))


def _check_distinct(what: str, values: list[str]) -> None:
    first: dict[str, int] = {}
    for number, value in enumerate(values, 1):
        if first.setdefault(value, number) != number:
            raise ConfigError(
                f"found the same {what} in the entries {first[value]} and {number}, "
                "expected each once"
            )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return "nothing" if value is None else names.get(type(value), "a number")
