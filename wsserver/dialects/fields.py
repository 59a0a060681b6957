"""Say what is wrong with the fields of a message, in words that all languages share.

Knows pydantic's errors; knows no single language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one field; nothing of what was found there."""

    kind: str
    """As pydantic calls it."""

    where: str
    """The way to the field, parted by dots."""

    message: str
    """Begins in lower case."""

    context: Mapping[str, Any] = field(default_factory=dict)
    """What pydantic has to say beyond."""

    def __str__(self) -> str:
        """Name the field and what is wrong with it."""
        return f"field {self.where!r:.60}: {self.message}"


def first_wrong(error: ValidationError, *place: str) -> Wrong:
    """Give the first thing that is wrong, in a message that stands at *place*."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in (*place, *first["loc"]))
    message = first["msg"][:1].lower() + first["msg"][1:]
    return Wrong(first["type"], where, message, first.get("ctx", {}))
