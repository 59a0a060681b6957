"""Ask a gate without an event loop: where there is one gateway nobody ever waits."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from wsserver.dialects.native import SUBPROTOCOL
from wsserver.net.admission import Gate
from wsserver.net.credentials import Presented
from wsserver.net.places import Lease
from wsserver.net.refusal import Refusal
from wsserver.net.tokens import Scope, Token

T = TypeVar("T")


def at_once(asked: Coroutine[Any, Any, T]) -> T:
    """Give what *asked* comes to; it must not wait for anything."""
    try:
        asked.send(None)
    except StopIteration as answer:
        found: T = answer.value
        return found
    asked.close()
    raise AssertionError("it waits")


class Prompt:
    """A gate that answers at once."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gate, name)

    def admit(
        self,
        presented: Presented,
        scope: Scope = "speak",
        subprotocol: str | None = SUBPROTOCOL,
        *,
        resumes: bool = False,
    ) -> Lease:
        return at_once(self.gate.admit(presented, scope, subprotocol, resumes=resumes))

    def admit_as(self, token: Token, peer: str) -> Lease:
        return at_once(self.gate.admit_as(token, peer))

    def judge(
        self, presented: Presented, scope: Scope = "speak", *, resumes: bool = False
    ) -> Refusal | None:
        return at_once(self.gate.judge(presented, scope, resumes=resumes))
