"""The native wire language `dictation.v1`: JSON text frames and binary audio to messages and back.

Knows messages and JSON; knows nothing of sessions, sockets or audio.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from wsserver import messages
from wsserver.dialects.fields import first_wrong
from wsserver.errors import BadMessage

SUBPROTOCOL = "dictation.v1"
"""What a client asks for, and the server answers, in `Sec-WebSocket-Protocol`."""

_STRICT = ConfigDict(extra="forbid", strict=True)
_TextFromClient = Annotated[
    messages.Start | messages.Flush | messages.Finish | messages.Keepalive,
    Field(discriminator="type"),
]
_FromServer = Annotated[messages.ServerMessage, Field(discriminator="type")]
_client: TypeAdapter[messages.ClientMessage] = TypeAdapter(_TextFromClient, config=_STRICT)
_server: TypeAdapter[messages.ServerMessage] = TypeAdapter(_FromServer)


def read_client(frame: str | bytes) -> messages.ClientMessage:
    """Translate a client's frame; raise `BadMessage` saying what was found and expected."""
    if isinstance(frame, bytes):
        return messages.Audio(data=frame)
    try:
        return _client.validate_json(frame)
    except ValidationError as error:
        raise BadMessage(_explain(error)) from None


def write_client(message: messages.ClientMessage) -> str | bytes:
    """Translate a message to the frame that a client sends."""
    if isinstance(message, messages.Audio):
        return message.data
    return _client.dump_json(message, exclude_none=True).decode()


def read_server(frame: str) -> messages.ServerMessage:
    """Translate a server's frame; raise `BadMessage` if it is none."""
    try:
        return _server.validate_json(frame)
    except ValidationError as error:
        raise BadMessage(_explain(error)) from None


def write_server(message: messages.ServerMessage) -> str:
    """Translate a message to the frame that a server sends."""
    return _server.dump_json(message, exclude_none=True).decode()


class NativeTranslator:
    """One connection's translation; a message each way for every frame."""

    def greet(self) -> Iterable[messages.ClientMessage]:
        """Wait for the client to begin."""
        return ()

    def read(self, frame: str | bytes) -> Iterable[messages.ClientMessage]:
        """Translate a client's frame; raise `BadMessage`."""
        return (read_client(frame),)

    def write(self, message: messages.ServerMessage) -> Iterable[str]:
        """Translate a message to its frame."""
        return (write_server(message),)


def schema() -> dict[str, Any]:
    """Give the JSON Schema of all text frames, keyed `client` and `server`."""
    return {"client": _client.json_schema(), "server": _server.json_schema()}


def _explain(error: ValidationError) -> str:
    wrong = first_wrong(error)
    match wrong.kind:
        case "json_invalid":
            return "expected a JSON object, found text that is no JSON"
        case "dict_type" | "dataclass_type" | "model_attributes_type":
            return "expected a JSON object, found another JSON value"
        case "union_tag_not_found":
            return "expected a field 'type', found none"
        case "union_tag_invalid":
            found, expected = wrong.context["tag"], wrong.context["expected_tags"]
            return f"unknown type {found!r:.60}, expected {expected}"
        case "unexpected_keyword_argument":
            return f"unknown field {wrong.where!r:.60}"
        case _:
            return str(wrong)
