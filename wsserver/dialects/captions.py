"""The wire language `captions.v1` of those who read along: messages to JSON and back.

Knows messages and JSON; knows nothing of rooms, sockets or event streams.
"""

from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from wsserver.errors import BadMessage
from wsserver.rooms.captions import Caption

SUBPROTOCOL = "captions.v1"
"""What a viewer asks for, and the server answers, in `Sec-WebSocket-Protocol`."""

_captions: TypeAdapter[Caption] = TypeAdapter(Annotated[Caption, Field(discriminator="type")])


def write(caption: Caption) -> bytes:
    """Translate a message to JSON in one line."""
    return _captions.dump_json(caption, exclude_none=True)


def read(text: str | bytes) -> Caption:
    """Translate JSON to a message; raise `BadMessage` if it is none."""
    try:
        return _captions.validate_json(text)
    except ValidationError:
        raise BadMessage("found no message of captions.v1") from None


def schema() -> dict[str, Any]:
    """Give the JSON Schema of all messages."""
    return _captions.json_schema()
