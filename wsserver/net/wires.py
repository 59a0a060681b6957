"""The two ways to a viewer, WebSocket frames and server-sent events: JSON to bytes for the wire.

Knows the form of frames, chunks and events; knows no connection.

Bytes and not calls, because they are the same for all viewers: so a message is written once.
"""

from collections.abc import Callable
from dataclasses import dataclass

from websockets.frames import Frame, Opcode

from wsserver.rooms.captions import Caption, Final


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """One way."""

    write: Callable[[Caption, bytes, str], bytes]
    """Takes a message, its JSON and the story's name."""

    sign_of_life: bytes | None = None
    """What is sent when there is nothing else; None where that has to be a message."""


def _frame(_: Caption, text: bytes, __: str) -> bytes:
    return Frame(Opcode.TEXT, text).serialize(mask=False)


def _event(caption: Caption, text: bytes, story: str) -> bytes:
    name = f"id: {story}:{caption.number}\n" if isinstance(caption, Final) else ""
    return chunk(b"event: %s\n%sdata: %s\n\n" % (caption.type.encode(), name.encode(), text))


def chunk(data: bytes) -> bytes:
    """Give *data* as a chunk of an answer without a length (RFC 9112, section 7.1)."""
    return b"%x\r\n%s\r\n" % (len(data), data)


FRAMES = Wire(_frame)
"""A ping would be no sign of life: browsers answer it, but their pages never hear of it."""

EVENTS = Wire(_event, chunk(b":\n\n"))
