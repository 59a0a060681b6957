"""What every wire language of a session has to say of itself.

Knows messages; knows no single language, no socket and no session.

A dialect is one file: a `Translator`, which is made for each connection and may keep a state, and
one `Dialect` that says where it is spoken.  All of it is pure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias, runtime_checkable

from wsserver.messages import ClientMessage, ServerMessage

Told: TypeAlias = ClientMessage | str
"""What a translator makes of a frame: messages for the session, and text frames that answer the
client at once, in this order.  An answer keeps its place behind what was sent before."""


class Translator(Protocol):
    """One connection's translation, both ways."""

    def greet(self) -> Iterable[Told]:
        """Begin, before the client has sent a frame."""
        ...

    def read(self, frame: str | bytes) -> Iterable[Told]:
        """Translate what the client sends.

        Raise a `ClientError` for what ends the session: `write` is then given an `Error`, behind
        the finals of what came before.  What the language forgives is answered by a frame instead.
        """
        ...

    def write(self, message: ServerMessage) -> Iterable[str]:
        """Translate what the session says to any number of text frames."""
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """What hears."""

    name: str
    languages: tuple[str, ...]
    """ISO 639-1 codes that it knows."""


@runtime_checkable
class Inquisitive(Protocol):
    """A translator that has to know what hears before the session is opened."""

    def meet(self, model: Model) -> None:
        """Take it in; called once, before `greet`."""
        ...


@runtime_checkable
class Dated(Protocol):
    """A translator that has to know when its session began."""

    def begin(self, now: datetime) -> None:
        """Take the time in, with its zone; called once, before `greet`."""
        ...


def _plain(status: int, code: str, message: str) -> Mapping[str, object]:
    return {"status": status, "code": code, "message": message}


def _no_key(_: Sequence[str]) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Dialect:
    """A wire language other than the native one."""

    name: str
    """How the configuration calls it."""

    paths: tuple[str, ...]
    """Where it is spoken."""

    open: Callable[[str], Translator]
    """Takes the query of the URL, undecoded and without `?`; raises `ClientError` before the
    upgrade for what is not served."""

    subprotocol: str | None = None
    """What is answered if it is offered."""

    aliases: tuple[str, ...] = ()
    """Other subprotocols, one of which is answered where *subprotocol* is not offered."""

    key: Callable[[Sequence[str]], str | None] = _no_key
    """Finds the token among the subprotocols that are offered, where the language puts it there."""

    refusal: Callable[[int, str, str], Mapping[str, object]] = _plain
    """Gives the JSON body of a refused handshake: of status, code and message."""

    statuses: Mapping[str, int] = field(default_factory=dict)
    """The HTTP status that goes with a code, where the language has another one than we."""

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """Say which may be answered, the first that is offered."""
        return () if self.subprotocol is None else (self.subprotocol, *self.aliases)
