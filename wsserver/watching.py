"""Have every session and every batch followed by whoever is to know: metrics, traces, the log.

Knows who can follow; knows nothing of what they make of it.
"""

import os
from typing import TYPE_CHECKING

from wsserver import __version__
from wsserver.config import Config
from wsserver.errors import ConfigError
from wsserver.logs import SessionLines, SpokenWords
from wsserver.metrics import Metrics
from wsserver.recognition.metered import Metered
from wsserver.recognition.runner import Runner
from wsserver.traces.settings import TraceSettings, is_wanted
from wsserver.watch import Several, Watch

if TYPE_CHECKING:
    from wsserver.traces.export import Traces


class Watching:
    """All who follow what goes on in one server."""

    def __init__(self, config: Config, metrics: Metrics) -> None:
        """Raise a `ConfigError` for traces that cannot be made."""
        self._speech = config.log.speech
        self._metrics = metrics
        self._traces = _build_traces(config.traces)

    def watch(self) -> Watch:
        """Give what follows one connection."""
        watches = [self._metrics.watch(), SessionLines()]
        if self._traces:
            watches.append(self._traces.watch())
        if self._speech:
            watches.append(SpokenWords())
        return Several(watches)

    def metered(self, runner: Runner) -> Runner:
        """Have the batches of *runner* followed as well."""
        followed = Metered(runner, self._metrics)
        return Metered(followed, self._traces.windows) if self._traces else followed

    async def stop(self) -> None:
        """Bring what is still to be told, for a while."""
        if self._traces:
            await self._traces.stop()


def _build_traces(settings: TraceSettings) -> "Traces | None":
    if not is_wanted(settings, os.environ):
        return None
    try:
        from wsserver.traces.export import Traces  # of an extra, and slow to load
    except ModuleNotFoundError as error:
        expected = "expected what pip install 'wsserver[otel]' brings"
        raise ConfigError(f"traces: found no {error.name}, {expected}") from None
    return Traces(settings, __version__)
