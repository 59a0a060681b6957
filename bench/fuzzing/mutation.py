"""Spoil bytes: what a hostile or broken peer makes of valid traffic.

Knows bytes and chance; knows nothing of what they mean.
"""

import re
from collections.abc import Callable, Sequence
from random import Random

LONGEST = 20_000
"""Bytes of an input; more of the same finds nothing new."""

_SEVERAL = 4
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")

NUMBERS = (
    b"0", b"-0", b"-1", b"1e999", b"-1e999", b"1e-999", b"NaN", b"Infinity", b"0.1", b"007",
    b"0x10", b"255", b"65536", b"2147483648", b"-9223372036854775809", b"18446744073709551616",
    b"9" * 400, b"9" * 4_301, b"1" + b"0" * 5_000,
)  # fmt: skip

PIECES = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\x1b[31m",
    b"\xc2\x9b31m", b"\r\n", b"\n", b"\r\n\r\n", b"\t", b'"', b"\\", b"\\ud800", b"\\u0000", b"{",
    b"}", b"[" * 300, b"]" * 300, b'{"a":' * 300, b"null", b"true", b'"type":"start"', b",", b":",
    b"=", b"%0a", b"%00", b"../", b"'; --", b"${x}", b"%s%n", b"wsc_", b"token.", b"Bearer ",
    b"A" * 3_000, b"\xe0\xb8\xb9" * 50, b"\x1e", b"\x80", b"\x7f", b"__proto__", b"resume",
)  # fmt: skip

Change = Callable[[Random, bytes], bytes]


def mutate(chance: Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Change *data* in some places, perhaps with parts of *others*; sometimes leave it alone."""
    for _ in range(chance.randrange(_SEVERAL)):
        data = chance.choice(_CHANGES)(chance, data)
    if others and chance.random() < 0.1:
        data = _splice(chance, data, chance.choice(others))
    return data[:LONGEST]


def _flip(chance: Random, data: bytes) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _insert(chance: Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(PIECES) + data[at:]


def _insert_noise(chance: Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.randbytes(chance.randint(1, 9)) + data[at:]


def _delete(chance: Random, data: bytes) -> bytes:
    first, last = _range(chance, data)
    return data[:first] + data[last:]


def _repeat(chance: Random, data: bytes) -> bytes:
    first, last = _range(chance, data)
    return data[:last] + data[first:last] * chance.randint(1, 3) + data[last:]


def _swap(chance: Random, data: bytes) -> bytes:
    (first, middle), last = _range(chance, data), chance.randint(0, len(data))
    last = max(middle, last)
    return data[:first] + data[middle:last] + data[first:middle] + data[last:]


def _cut_off(chance: Random, data: bytes) -> bytes:
    return data[: chance.randint(0, len(data))]


def _exaggerate(chance: Random, data: bytes) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    number = chance.choice(found)
    return data[: number.start()] + chance.choice(NUMBERS) + data[number.end() :]


def _splice(chance: Random, data: bytes, other: bytes) -> bytes:
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def _range(chance: Random, data: bytes) -> tuple[int, int]:
    first = chance.randint(0, len(data))
    return first, min(len(data), first + chance.randint(0, 40))


_CHANGES: tuple[Change, ...] = (
    _flip, _insert, _insert_noise, _delete, _repeat, _swap, _cut_off, _exaggerate,
)  # fmt: skip
