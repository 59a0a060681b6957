"""`POST /stt`, as the older HTTP server had it: a sound file in, its text out.

Knows HTTP, sound files and conversations; knows nothing of sockets or engines.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import BinaryIO, TypeVar, cast

from aiohttp import web

from wsserver import messages, sound_file
from wsserver.errors import BadAudio, EngineError, EngineLost, ServerError, ShuttingDown, TooLarge
from wsserver.net.admission import Gate
from wsserver.net.conversation import Conversation, Host
from wsserver.net.middleware import presented_by
from wsserver.net.places import Lease
from wsserver.session.actions import Close
from wsserver.sound_file import SoundFile
from wsserver.speech import Priority

BLOCK_MS = 1_000
CHUNK_BYTES = 65_536
T = TypeVar("T")
_FAULTS = {error.code: error for error in (EngineError, EngineLost, ShuttingDown)}


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
        with self._gate.admit(presented_by(request)) as lease:
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
                await _in_thread(file.write, chunk)
            if file.tell() == 0:
                raise BadAudio("found an empty body, expected a WAV, FLAC or OGG file")
            file.seek(0)
            yield cast("BinaryIO", file)

    async def _hear(self, body: BinaryIO, lease: Lease) -> str:
        with sound_file.open_sound(body, "the body") as sound:
            recorder = self._host.record(lease.token.name)
            async with Conversation(self._host, Priority.BULK, None, recorder) as conversation:
                feeder = asyncio.create_task(self._feed(conversation, sound, lease))
                try:
                    texts = [final.text async for final in _finals(conversation, feeder)]
                finally:
                    feeder.cancel()
                    with suppress(asyncio.CancelledError):
                        await feeder
        return " ".join(text for text in texts if text)

    async def _feed(self, conversation: Conversation, sound: SoundFile, lease: Lease) -> None:
        rate = sound.block_rate
        conversation.receive(messages.Start(encoding="f32le", sample_rate=rate, partials=False))
        blocks = sound.blocks(BLOCK_MS)
        while (block := await _in_thread(next, blocks, None)) is not None:
            lease.spend(len(block) / rate)
            conversation.receive(messages.Audio(data=block.tobytes()))
            await conversation.room()
        conversation.receive(messages.Finish())


async def _in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Call *function* in a thread.

    Whoever is canceled meanwhile waits for the thread all the same: it works on a file that is
    closed next.
    """
    calling = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(calling)
    except asyncio.CancelledError:
        await asyncio.wait([calling])
        raise


async def _finals(
    conversation: Conversation, feeder: asyncio.Task[None]
) -> AsyncIterator[messages.Final]:
    """Give the finals as they come; raise what went wrong in the session or with its feeder."""
    feeder.add_done_callback(lambda task: _stop_on_fault(conversation, task))
    while not isinstance(item := await conversation.outbox.get(), Close):
        if isinstance(item, messages.Error):
            raise _FAULTS.get(item.code, ServerError)(item.message)
        if isinstance(item, messages.Final):
            yield item
    if feeder.done():
        feeder.result()


def _stop_on_fault(conversation: Conversation, feeder: asyncio.Task[None]) -> None:
    if not feeder.cancelled() and feeder.exception() is not None:
        conversation.outbox.put(Close(1011, "the file could not be read"))
