"""Ask and answer between two processes of one server, both ways over one socket.

Knows envelopes; knows nothing of what is asked.

A message is its length and the pickle of an `_Envelope`: at both ends is the same program, run by
the same user.
"""

import asyncio
import itertools
import logging
import pickle
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from struct import Struct
from typing import Any, Self, TypeAlias

from wsserver.errors import DictationError, ServerError

logger = logging.getLogger(__name__)

_LENGTH = Struct("!I")

Answer: TypeAlias = Callable[[Any], Awaitable[Any]]
"""Gives what somebody who asks is to be told; a `DictationError` is raised where they are."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    call: int
    """0 where no answer is wanted."""

    content: object
    is_answer: bool = False


class Wire:
    """One end."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._calls = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._reading = asyncio.create_task(self._read(), name="read the wire")

    @classmethod
    async def open(cls, end: socket.socket, answer: Answer) -> Self:
        """Begin to listen at *end*, which is the wire's from now on."""
        reader, writer = await asyncio.open_unix_connection(sock=end)
        return cls(reader, writer, answer)

    def tell(self, content: object) -> None:
        """Say something that asks for no answer; to somebody who is gone it is said in vain."""
        self._send(_Envelope(0, content))

    async def ask(self, content: object) -> Any:
        """Give the answer; raise what answering raised, or `ConnectionError` if nobody does."""
        if self._reading.done():
            raise ConnectionResetError("the other end is gone")
        call = next(self._calls)
        self._asked[call] = answered = asyncio.get_running_loop().create_future()
        self._send(_Envelope(call, content))
        try:
            return await answered
        finally:
            del self._asked[call]

    async def ended(self) -> None:
        """Wait until the other end is gone."""
        await asyncio.wait([self._reading])

    async def close(self) -> None:
        """Hear and say nothing more; what was said is sent."""
        tasks = (self._reading, *self._answering)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    def _send(self, envelope: _Envelope) -> None:
        if self._writer.is_closing():
            return
        pickled = pickle.dumps(envelope)
        self._writer.write(_LENGTH.pack(len(pickled)) + pickled)

    async def _read(self) -> None:
        try:
            while True:
                self._take(await self._next())
        except (EOFError, OSError):
            pass  # the other end is gone
        finally:
            for answered in self._asked.values():
                if not answered.done():
                    answered.set_exception(ConnectionResetError("the other end is gone"))

    async def _next(self) -> _Envelope:
        (length,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
        envelope: _Envelope = pickle.loads(await self._reader.readexactly(length))  # noqa: S301
        return envelope

    def _take(self, envelope: _Envelope) -> None:
        if not envelope.is_answer:
            task = asyncio.create_task(self._reply(envelope))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
            return
        answered = self._asked.get(envelope.call)
        if answered is None or answered.done():  # whoever asked waits no more
            return
        if isinstance(envelope.content, DictationError):
            answered.set_exception(envelope.content)
        else:
            answered.set_result(envelope.content)

    async def _reply(self, envelope: _Envelope) -> None:
        try:
            content = await self._answer(envelope.content)
        except DictationError as error:
            content = error
        except Exception as error:  # this task answers one question, and never in silence
            logger.exception("a question could not be answered")
            content = ServerError(f"the other end raised {type(error).__name__}")
        if envelope.call:
            self._send(_Envelope(envelope.call, content, is_answer=True))
