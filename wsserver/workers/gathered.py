"""Put the numbers of all workers together, each with its worker's label.

Knows Prometheus' text format; knows nothing of what is counted.

Not added up: Prometheus adds up itself, and knows from each one's counters when its worker was
started again.  A sum would fall then, and look like the traffic of all the time before.
"""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

LABEL = "worker"
ENGINE, WEBHOOKS = 0, -1
"""In the place of a worker: the engine that all share, and the webhooks that one sends for all."""

_PREFIX = "wsserver_engine_"
_WEBHOOKS = "wsserver_webhooks_waiting"
_BATCHES = tuple(f"{_PREFIX}{name}" for name in ("batch", "audio", "failures"))
"""Of the engine itself; what else is said of it, each worker says of its own queue."""


def gathered(texts: Mapping[int, str], accept: str) -> tuple[bytes, str]:
    """Give *texts* as one, and its content type, in the form that *accept* asks for.

    Every number gets the label `worker`, but those of `ENGINE` and `WEBHOOKS`.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gathered(texts))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Gathered(Collector):
    def __init__(self, texts: Mapping[int, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterator[Metric]:
        """Give every family once."""
        families: dict[str, Metric] = {}
        for worker, text in sorted(self._texts.items()):
            label = {} if worker in (ENGINE, WEBHOOKS) else {LABEL: str(worker)}
            for family in filter(self._of(worker), text_string_to_metric_families(text)):
                empty = Metric(family.name, family.documentation, family.type)
                one = families.setdefault(family.name, empty)
                one.samples += [
                    sample._replace(labels=sample.labels | label) for sample in family.samples
                ]
        yield from families.values()

    def _of(self, worker: int) -> Callable[[Metric], bool]:
        """Tell what to take of a worker's numbers, or of what all share."""
        if worker == ENGINE:
            return lambda family: family.name.startswith(_PREFIX)
        if worker == WEBHOOKS:
            return lambda family: family.name == _WEBHOOKS
        elsewhere = _BATCHES if ENGINE in self._texts else ()
        if WEBHOOKS in self._texts:
            elsewhere += (_WEBHOOKS,)
        return lambda family: not family.name.startswith(elsewhere)
