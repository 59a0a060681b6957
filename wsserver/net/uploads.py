"""Take in a form with a file, which goes to the disk as it comes.

Knows multipart bodies; knows nothing of what their fields mean.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from aiohttp import BodyPartReader, web

from wsserver.errors import BadMessage, TooLarge
from wsserver.net.whole_file import in_thread

FILE = "file"
"""The name of the part that holds the file."""

FIELD_LIMIT_BYTES = 65_536
"""For the names and values of all other parts together."""

_FIELD_BYTES = 64
"""What each of them counts beside."""

CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that has come in whole."""

    fields: tuple[tuple[str, str], ...]
    """Names and values in their order, without the file."""

    file: BinaryIO | None
    """At its beginning."""


@asynccontextmanager
async def upload(request: web.Request, body_limit_bytes: int) -> AsyncIterator[Upload]:
    """Give the form in the body, and forget the file when the context ends.

    Raises `BadMessage` for a body that is none, `TooLarge` for more than *body_limit_bytes*.
    """
    if request.content_type != "multipart/form-data":
        found = request.content_type
        raise BadMessage(f"found a body of type {found:.60}, expected multipart/form-data")
    with tempfile.TemporaryFile() as file:
        reader = _Reader(request, cast("BinaryIO", file), body_limit_bytes)
        try:
            await reader.read()
        except (ValueError, RuntimeError, AssertionError):  # all that aiohttp says of a broken one
            raise BadMessage("found a form that is broken") from None
        file.seek(0)
        yield Upload(tuple(reader.fields), cast("BinaryIO", file) if reader.has_file else None)


class _Reader:
    """Reads one body."""

    def __init__(self, request: web.Request, file: BinaryIO, limit_bytes: int) -> None:
        self.fields: list[tuple[str, str]] = []
        self.has_file = False
        self._request = request
        self._file = file
        self._limit_bytes = limit_bytes
        self._read_bytes = 0
        self._field_bytes = 0

    async def read(self) -> None:
        """Read it to its end."""
        async for part in await self._request.multipart():
            if not isinstance(part, BodyPartReader):
                raise BadMessage("found a form within a form, expected fields and a file")
            if part.name == FILE:
                await self._keep_file(part)
            else:
                await self._keep_field(part)

    async def _keep_file(self, part: BodyPartReader) -> None:
        if self.has_file:
            raise BadMessage("found a second file, expected one")
        self.has_file = True
        async for chunk in self._chunks(part):
            await in_thread(self._file.write, chunk)

    async def _keep_field(self, part: BodyPartReader) -> None:
        name, value = part.name or "", bytearray()
        self._count_field(len(name) + _FIELD_BYTES)
        async for chunk in self._chunks(part):
            self._count_field(len(chunk))
            value += chunk
        self.fields.append((name, value.decode(errors="replace")))

    def _count_field(self, count: int) -> None:
        self._field_bytes += count
        if self._field_bytes > FIELD_LIMIT_BYTES:
            expected = f"expected at most {FIELD_LIMIT_BYTES} bytes beside the file"
            raise TooLarge(f"found a longer form, {expected}")

    async def _chunks(self, part: BodyPartReader) -> AsyncIterator[bytes]:
        while not part.at_eof():
            chunk = await part.read_chunk(CHUNK_BYTES)
            self._read_bytes += len(chunk)
            if self._read_bytes > self._limit_bytes:
                raise TooLarge(f"expected a body of at most {self._limit_bytes} bytes")
            yield chunk
