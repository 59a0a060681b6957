"""What viewers of a room are told: the messages of the wire language `captions.v1`.

Knows no JSON and no bytes on a wire; `dialects/` does.  Times are seconds since the story began.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from wsserver.messages import TimedWord


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where the viewer is; always the first message."""

    type: Literal["room"] = "room"
    room: str
    title: str | None = None
    story: str
    """Names this story; numbers mean something within it alone."""

    first: int
    """The number of the oldest final that is still kept; one more than *finals* if none is."""

    finals: int
    """How many there were so far."""

    live: bool
    """Whether anybody is connected to speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """What was said in an utterance; never changed, never repeated.

    It takes the place of the session's partial of the same utterance or an earlier one.
    """

    type: Literal["final"] = "final"
    number: int
    """From 1, in the order in which they became final."""

    session: str
    utterance: int
    text: str
    start: float
    end: float
    language: str | None = None
    words: tuple[TimedWord, ...] | None = None
    """Present when the speaker asked for words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What is heard so far of an utterance; replaces the session's partial before it.

    An empty one takes it away: nothing came of the utterance.
    """

    type: Literal["partial"] = "partial"
    session: str
    utterance: int
    text: str
    committed: int
    """Characters of *text* that are not expected to change any more."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The first speaker came, or the last one went."""

    type: Literal["live"] = "live"
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """There is nothing more to come."""

    type: Literal["closed"] = "closed"
    reason: str
    """`ended` by its owner, or the viewer's token has `expired`."""


Caption: TypeAlias = Room | Final | Partial | Live | Closed
