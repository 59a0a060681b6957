"""Where batches run, as the scheduler sees it: one engine beside it, or many on other machines.

Knows windows and what comes of them; knows no process, no network and no plan.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from wsserver.errors import EngineError
from wsserver.recognition.pool import Demand, Pool, Width
from wsserver.speech import EngineInfo, Hypothesis, Window

Result: TypeAlias = Hypothesis | EngineError | None
"""What came of a window.

An `EngineError` tells by its class what is to be done: `EngineUnavailable` that nobody tried,
`EngineLost` that an engine went down with the window, any other that engines tried in vain and
nobody should try again.  None: a partial or an early final that was dropped with an engine.
"""


class Runner(Protocol):
    """Where batches run: `process.EngineProcess` keeps these promises."""

    @property
    def alive(self) -> bool:
        """Tell whether batches are taken at all; for a moment `width` may be none all the same."""
        ...

    @property
    def width(self) -> Width:
        """Say how many batches may run at once."""
        ...

    @property
    def pool(self) -> Pool:
        """Say what is shared with others."""
        ...

    @property
    def info(self) -> EngineInfo:
        """Say which model hears."""
        ...

    def on_change(self, listener: Callable[[], None], /) -> None:
        """Call *listener* each time that `alive` or `width` may have changed."""
        ...

    def speak_for(self, demand: Callable[[], Demand], /) -> None:
        """Tell those who share the engines what *demand* gives, whenever there is an occasion."""
        ...

    async def start(self) -> None:
        """Wait until batches are taken."""
        ...

    async def stop(self) -> None:
        """Take no more batches."""
        ...

    def replace(self) -> None:
        """Start a new engine in place of the one there is."""
        ...

    def prove_with(self, window: Window, /) -> None:
        """Have every new engine decode *window* before it takes batches."""
        ...

    async def recognize(
        self, windows: Sequence[Window], timeout_seconds: float, /
    ) -> Sequence[Result]:
        """Decode *windows* as one batch, one result each; raise what all of them came to."""
        ...
