"""Events of Wyoming as they stand on the wire.

Knows JSON; knows nothing of what events mean.

An event is a line of JSON, then as many bytes of data and of payload as the line says (the format
in github.com/OHF-Voice/wyoming).  A text frame is line and data together.
"""

import json
from typing import Annotated, Any, TypeVar

from annotated_types import Interval
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from wsserver.dialects.fields import first_wrong
from wsserver.errors import BadMessage

STOP = "audio-stop"
"""The event after which nothing more comes from a client."""

_Count = Annotated[int, Interval(ge=0, le=2**53)]  # as far as JSON itself goes (RFC 8259)
_Model = TypeVar("_Model", bound=BaseModel)


class Head(BaseModel):
    """The line that an event begins with."""

    model_config = ConfigDict(frozen=True, strict=True)

    type: str
    data: dict[str, Any] = Field(default_factory=dict)
    data_length: _Count | None = None
    payload_length: _Count | None = None


def read_head(line: str | bytes) -> Head:
    """Read the line that an event begins with; raise `BadMessage` if it is none."""
    return checked(Head, _parsed(line), "event")


def read_event(frame: str) -> tuple[str, dict[str, Any]]:
    """Give the type and the data of an event; raise `BadMessage` if *frame* is none."""
    line, _, data = frame.partition("\n")
    head = read_head(line)
    return head.type, head.data | (_object(_parsed(data)) if data else {})


def write_event(kind: str, /, **data: object) -> str:
    """Write an event; its data apart, for clients limit the length of the line."""
    body = json.dumps(data) if data else ""  # in ASCII: whatever a client had echoed can be sent
    length = {"data_length": len(body)} if body else {}
    return json.dumps({"type": kind, **length}) + "\n" + body


def _parsed(text: str | bytes) -> object:
    try:
        return from_json(text)  # unlike json, it knows that half a surrogate pair is no text
    except ValueError:
        raise BadMessage("expected a JSON object, found text that is no JSON") from None


def _object(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise BadMessage("expected a JSON object, found another JSON value")
    return found


def checked(model: type[_Model], found: object, place: str) -> _Model:
    """Give *found* as a *model*; raise `BadMessage` that names the field below *place*."""
    try:
        return model.model_validate(_object(found))
    except ValidationError as error:
        raise BadMessage(str(first_wrong(error, place))) from None
