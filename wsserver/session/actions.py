"""What a session decides, for the connection to carry out.

Knows messages and windows; knows nothing of who carries them.
"""

from dataclasses import dataclass
from typing import TypeAlias

from wsserver.messages import ServerMessage
from wsserver.speech import Window


@dataclass(frozen=True, slots=True)
class Send:
    """Tell the client."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class Recognize:
    """Have the window decoded, then hand the hypothesis to `Session.settle`."""

    window: Window
    doubt: str | None = None
    """The guard that did not believe what was heard there before, if one did not."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection; everything before this is sent first."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The session is this connection's from now on; one that held it before has to end."""

    session: str
    generation: int


Action: TypeAlias = Send | Recognize | Close | Hold
