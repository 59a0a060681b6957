"""What the rest of the server has to say about who comes in, and wants to hear of it.

Knows tokens; knows nothing of what asks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from wsserver.net.tokens import Token
from wsserver.peers import Alone, Peers

Condition: TypeAlias = Callable[[], str | None]
"""Says what stands in the way of a new session, or None."""


def _nothing() -> None:
    return None


def _pass_over(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the rest of the server has to say about new sessions."""

    ready: Condition = _nothing
    """What is still missing, as a model that loads; also told at `/readyz`."""

    ready_to_resume: Condition = _nothing
    """The same for a session that goes on: it may wait inside for what newcomers wait for outside.

    Its words come sooner so, and whoever speaks sees why they wait.
    """

    room: Condition = _nothing
    """Why one more session would be too many, as the lag it would bring."""

    refused: Callable[[str], None] = _pass_over
    """Is told the code of each refusal to open a session."""

    insider: Token | None = None
    """The server's own token; it enters before all is ready, to try whether it is."""

    peers: Peers = field(default_factory=Alone)
    """Other gateways, with which tokens have their limits in common."""
