"""Take what a client sends; what came together is taken together.

Knows a connection and its translator; knows nothing of what becomes of the messages.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import groupby
from typing import Protocol, runtime_checkable

from wsserver.dialects.dialect import Told, Translator
from wsserver.errors import ClientError, TooLarge
from wsserver.messages import Audio
from wsserver.net.delivery import Connection
from wsserver.net.idleness import Idleness

SLICE_BYTES = 32_768
"""A session takes a long frame in slices, so that nobody else's frames wait for it, and short ones
together up to that.

A multiple of every sample size: a frame of odd length still shows as one, in its last slice.
"""

MOST_TOGETHER = 50
"""Frames that are taken together; a flood of tiny ones would hold up the event loop."""

_WHOLE_BYTES = 8
"""A multiple of it holds whole samples, whatever the format: it can be put before other audio."""


@runtime_checkable
class Foreknowing(Protocol):
    """A connection that says what `recv` would do."""

    @property
    def has_message(self) -> bool:
        """True if it surely gives a frame without waiting."""
        ...


class Inflow:
    """All messages of one client, in their order."""

    def __init__(
        self,
        connection: Connection,
        translator: Translator,
        frame_bytes: int,
        turn: Callable[[], Awaitable[None]],
        idleness: Idleness,
    ) -> None:
        """Take frames up to *frame_bytes*; with audio wait for its *turn*, while more may come."""
        self._connection = connection
        self._foreknowing = connection if isinstance(connection, Foreknowing) else None
        self._translator = translator
        self._frame_bytes = frame_bytes
        self._turn = turn
        self._idleness = idleness
        self._fault: ClientError | None = None
        """What was wrong with a frame behind others, which come first."""

    async def next(self) -> Sequence[Told]:
        """Wait for a frame; give what it says, and what others say that are there by then.

        Raises a `ClientError` for a frame that is wrong, once all before it have been given, and
        `ConnectionClosed` at the end.
        """
        if fault := self._fault:
            self._fault = None
            raise fault
        told = await self._read()
        if _is_audio(told):
            await self._turn()
            told += await self._read_more(_size(told))
        return told if len(told) == 1 else list(_joined(told))

    async def _read_more(self, size: int) -> list[Told]:
        more: list[Told] = []
        for _ in range(1, MOST_TOGETHER):
            if size >= SLICE_BYTES or not (self._foreknowing and self._foreknowing.has_message):
                break
            try:
                told = await self._read()
            except ClientError as error:
                self._fault = error
                break
            more += told
            if not _is_audio(told):
                break
            size += _size(told)
        return more

    async def _read(self) -> list[Told]:
        self._idleness.begin()
        frame = await self._connection.recv()
        self._idleness.end()
        if len(frame) > self._frame_bytes:
            raise TooLarge(
                f"found a frame of {len(frame)} bytes, expected at most {self._frame_bytes}"
            )
        return list(self._translator.read(frame))


def _is_audio(told: Sequence[Told]) -> bool:
    return bool(told) and isinstance(told[-1], Audio)


def _size(told: Sequence[Told]) -> int:
    return sum(len(item.data) for item in told if isinstance(item, Audio))


def _joined(told: Sequence[Told]) -> Iterator[Told]:
    """Put audio together that surely ends between two samples; give all else as it is."""
    for is_whole, items in groupby(told, _is_whole):
        if is_whole:
            yield Audio(data=b"".join(item.data for item in items if isinstance(item, Audio)))
        else:
            yield from items


def _is_whole(item: Told) -> bool:
    return isinstance(item, Audio) and len(item.data) % _WHOLE_BYTES == 0
