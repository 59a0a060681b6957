"""`POST /stt`, as the older HTTP server had it: a sound file in, its text out.

Knows HTTP, sound files and conversations; knows nothing of sockets or engines.
"""

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO, cast

from aiohttp import web

from wsserver import sound_file
from wsserver.errors import BadAudio, TooLarge
from wsserver.messages import Final, Start
from wsserver.net.admission import Gate
from wsserver.net.host import Host
from wsserver.net.middleware import presented_by
from wsserver.net.places import Lease
from wsserver.net.whole_file import blocks, hearing, in_thread

CHUNK_BYTES = 65_536


class SpeechRoutes:
    """The routes that hear a whole file, at the lowest priority."""

    def __init__(self, host: Host, body_limit_bytes: int, gate: Gate) -> None:
        self._host = host
        self._body_limit_bytes = body_limit_bytes
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """Give `/stt`; with GET too, since the older server took a body there."""
        return [web.post("/stt", self.transcribe), web.get("/stt", self.transcribe)]

    async def transcribe(self, request: web.Request) -> web.Response:
        """Answer with the text of the file in the body, and how long that took in seconds.

        A file takes a place as a dictation does, and is let in by the same rules.
        """
        began = time.perf_counter()
        with await self._gate.admit(presented_by(request)) as lease:
            async with self._body(request) as body:
                text = await self._hear(body, lease)
        duration = round(time.perf_counter() - began, 3)
        return web.json_response({"text": text, "proc_duration": duration, "status": "success"})

    @asynccontextmanager
    async def _body(self, request: web.Request) -> AsyncIterator[BinaryIO]:
        with tempfile.TemporaryFile() as file:
            async for chunk in request.content.iter_chunked(CHUNK_BYTES):
                if file.tell() + len(chunk) > self._body_limit_bytes:
                    raise TooLarge(f"expected a body of at most {self._body_limit_bytes} bytes")
                await in_thread(file.write, chunk)
            if file.tell() == 0:
                raise BadAudio("found an empty body, expected a WAV, FLAC or OGG file")
            file.seek(0)
            yield cast("BinaryIO", file)

    async def _hear(self, body: BinaryIO, lease: Lease) -> str:
        with sound_file.open_sound(body, "the body") as sound:
            async with hearing(self._host, lease, Start(), blocks(sound)) as heard:
                texts = [item.text async for item in heard if isinstance(item, Final)]
        return " ".join(text for text in texts if text)
