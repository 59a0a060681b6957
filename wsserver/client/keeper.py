"""Keep what was sent until it is final, so that a broken connection loses none of it.

Knows messages and positions; knows nothing of sockets.  Positions are client samples (per channel)
since the session began.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from wsserver.messages import Audio, Finish, Flush

Kept: TypeAlias = Audio | Flush | Finish


@dataclass(frozen=True, slots=True)
class _Order:
    """A cut by order, which is a part of what was sent: it has to come again at its place."""

    at: int
    """Bytes of audio before it."""

    message: Flush | Finish


class Keeper:
    """What one session sent and may have to send again."""

    def __init__(self, sample_bytes: int) -> None:
        """Begin with nothing; a sample of all channels takes so many bytes."""
        self._sample_bytes = sample_bytes
        self._chunks: deque[bytes] = deque()
        self._orders: deque[_Order] = deque()
        self._first = self._end = self._done = 0  # bytes

    @property
    def end(self) -> int:
        """Samples so far."""
        return self._end // self._sample_bytes

    @property
    def samples(self) -> int:
        """How many samples are kept."""
        return (self._end - self._first) // self._sample_bytes

    @property
    def unfinished(self) -> bytes:
        """The audio that is not final yet."""
        return b"".join(message.data for message in self._audio(max(self._done, self._first)))

    def push(self, message: Kept) -> None:
        """Keep what is sent now."""
        if isinstance(message, Audio):
            self._chunks.append(message.data)
            self._end += len(message.data)
        else:
            self._orders.append(_Order(self._end, message))

    def begin(self, position: int) -> None:
        """Begin at *position*, with nothing kept: the session was another program's before."""
        self._first = self._end = position * self._sample_bytes

    def settle(self, through: int, resend_from: int) -> None:
        """All before *through* is final, and nothing before *resend_from* has to come again."""
        self._done = max(self._done, through * self._sample_bytes)
        needed = resend_from * self._sample_bytes
        while self._chunks and self._first + len(self._chunks[0]) <= needed:
            self._first += len(self._chunks.popleft())

    def answer(self) -> None:
        """Forget the oldest flush: it was answered."""
        if self._orders and isinstance(self._orders[0].message, Flush):
            self._orders.popleft()

    def rest(self, resend_from: int) -> list[Kept]:
        """Give what has to be sent again, in order, after the server has asked for *resend_from*.

        A flush whose cut is final already, but not its answer, comes where the session stands.
        """
        orders = deque((max(order.at, self._done), order.message) for order in self._orders)
        at, rest = resend_from * self._sample_bytes, list[Kept]()
        for audio in self._audio(at):
            data = audio.data
            while orders and orders[0][0] < at + len(data):
                place, message = orders.popleft()
                rest += [Audio(data=data[: place - at]), message] if place > at else [message]
                at, data = max(place, at), data[max(place - at, 0) :]
            rest.append(Audio(data=data))
            at += len(data)
        return [*rest, *(message for _, message in orders)]

    def _audio(self, begin: int) -> Iterator[Audio]:
        """Give the kept audio from the byte *begin* on."""
        at = self._first
        for chunk in self._chunks:
            if at + len(chunk) > begin:
                yield Audio(data=chunk[max(begin - at, 0) :])
            at += len(chunk)
