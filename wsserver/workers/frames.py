"""What a supervisor and its workers tell each other.

Knows the values; knows nothing of how they travel.
"""

from dataclasses import dataclass

from wsserver.config import Config
from wsserver.messages import Final
from wsserver.self_check import SelfCheck
from wsserver.speech import EngineInfo
from wsserver.webhooks.event import Source


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker has to do; it answers with `Serving` once it does."""

    number: int
    """From 1 on; whoever takes the place of another has the same."""

    config: Config
    own_token: str
    """With which the server dictates to itself."""

    checked: SelfCheck | None
    """What came of that, if it is over."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A worker takes connections."""

    url: str
    socket_url: str
    network_urls: list[str]
    wyoming_url: str | None
    info: EngineInfo
    """What hears, as it finds it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The server has dictated to itself: workers let people in."""

    check: SelfCheck


@dataclass(frozen=True, slots=True)
class Ping:
    """A worker shall answer, with nothing: one whose event loop stands still does not."""


@dataclass(frozen=True, slots=True)
class Drain:
    """A worker shall come to an end, and then to its own."""


@dataclass(frozen=True, slots=True)
class OwnNumbers:
    """A worker shall give what it has counted, in Prometheus' text format."""


@dataclass(frozen=True, slots=True)
class AllNumbers:
    """A worker wants what all have counted: a text by the worker's number, 0 for the engine's."""


@dataclass(frozen=True, slots=True)
class PassOn:
    """A worker wants a final told to those who want to hear of it; True once it is on the disk."""

    source: Source
    final: Final
