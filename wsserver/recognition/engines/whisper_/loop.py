"""A batch of rows from their openings to their ends.

Knows nothing of windows or words.  Rows of unlike prompt, language and length run side by side;
a row that is done leaves the batch, and no row's result depends on its neighbors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from torch import Tensor

from wsserver.recognition.engines.whisper_.decoder import Cache, plan, run
from wsserver.recognition.engines.whisper_.sampling import Filters, Request, Row, choose, row_of
from wsserver.recognition.engines.whisper_.timing import Attention
from wsserver.recognition.engines.whisper_.weights import DecoderWeights


@dataclass(frozen=True, slots=True)
class Trace:
    """What a row sampled, and what the alignment heads looked at meanwhile."""

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    no_speech_prob: float
    attention: Attention
    """One line for each token fed from start of transcript on."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The tokens that mean something to the loop."""

    start: int
    end: int
    no_speech: int


@dataclass(frozen=True, slots=True)
class Decoder:
    """A model's decoder with its rules."""

    weights: DecoderWeights
    filters: Filters
    marks: Marks

    def language_logits(self, cache: Cache) -> Tensor:
        """Score what follows a bare start of transcript, shape (rows, n_vocab).

        Leaves the cache as empty as it was.
        """
        step = plan([[self.marks.start]] * cache.rows, cache)
        hidden = run(self.weights, cache, step)
        cache.lengths = [0] * cache.rows
        return self.weights.logits(hidden)

    def decode(self, cache: Cache, requests: Sequence[Request]) -> list[Trace]:
        """Decode one request for each row of an empty *cache*; uses the cache up."""
        rows = [row_of(request, self.weights.device) for request in requests]
        logits = self._begin(cache, rows)
        alive = list(rows)
        while alive:
            logits = self.filters.apply(logits, [len(row.tokens) for row in alive])
            self._settle(cache, alive, choose(logits, alive))
            if alive:
                logits = self._step(cache, alive)
        return [_trace(row) for row in rows]

    def _begin(self, cache: Cache, rows: Sequence[Row]) -> Tensor:
        """Feed the openings; give the logits behind them and note the chance of no speech."""
        step = plan([row.request.opening.tokens for row in rows], cache)
        hidden = run(self.weights, cache, step)
        ends = list(accumulate(step.counts))
        starts = [
            end - count + row.request.opening.start
            for end, count, row in zip(ends, step.counts, rows, strict=True)
        ]
        # Both in one go, because reading the embedding costs more than multiplying by it.
        logits = self.weights.logits(hidden[[*starts, *(end - 1 for end in ends)]])
        at_start = logits[: len(rows)].softmax(dim=-1)[:, self.marks.no_speech]
        for row, probability in zip(rows, at_start.tolist(), strict=True):
            row.no_speech_prob = probability
        return logits[len(rows) :]

    def _settle(self, cache: Cache, alive: list[Row], choices: Sequence[tuple[int, float]]) -> None:
        """Give each row its token; a row that is done leaves *cache* and *alive*."""
        # From the last to the first, because the last row moves into a gap.
        for place in reversed(range(len(alive))):
            row = alive[place]
            if row.take(*choices[place], self.marks.end):
                start, positions = row.request.opening.start, row.request.positions
                row.attention = cache.attention(place, start, positions).cpu().numpy()
                cache.remove(place)
                alive[place] = alive[-1]
                del alive[-1]

    def _step(self, cache: Cache, rows: Sequence[Row]) -> Tensor:
        hidden = run(self.weights, cache, plan([row.tokens[-1:] for row in rows], cache))
        return self.weights.logits(hidden)


def _trace(row: Row) -> Trace:
    assert row.attention is not None
    return Trace(tuple(row.tokens), tuple(row.logprobs), row.no_speech_prob, row.attention)
