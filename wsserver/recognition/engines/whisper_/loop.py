"""A batch of rows from their openings to their ends.

Knows nothing of windows or words.  Rows of unlike prompt, language and length run side by side;
a row that is done leaves the batch, and no row's result depends on its neighbors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from torch import Tensor

from wsserver.recognition.engines.whisper_.decoder import Cache, plan, run
from wsserver.recognition.engines.whisper_.sampling import (
    Choice,
    Filters,
    Request,
    Row,
    choose,
    row_of,
)
from wsserver.recognition.engines.whisper_.timing import Attention
from wsserver.recognition.engines.whisper_.weights import DecoderWeights

_MOST_LINES = {"cpu": 64, "cuda": 4096}
"""Tokens chosen in one pass at most, by device.

Memory: each takes 200 KB of logits, several times over.  Time: measured on one core with 8 rows
and drafts of which a tenth is wrong, 64 are a fifth faster than 256, which verify in vain what
lies behind the first difference."""


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
        """Decode one request for each row of an empty *cache*; uses the cache up.

        A draft saves passes and changes nothing: what is chosen behind a right guess is what a
        step of its own would have chosen, but for the rounding of a float.
        """
        rows = [row_of(request, self.weights.device) for request in requests]
        alive = list(rows)
        self._look_ahead(alive)
        logits = self._begin(cache, rows)
        while alive:
            lines = [row for row in alive for _ in range(row.lines)]
            logits = self.filters.apply(logits, _sampled(alive))
            self._settle(cache, alive, choose(logits, lines))
            if alive:
                self._look_ahead(alive)
                logits = self._step(cache, alive)
        return [_trace(row) for row in rows]

    def _look_ahead(self, rows: Sequence[Row]) -> None:
        most = _MOST_LINES.get(self.weights.device.type, _MOST_LINES["cpu"]) // len(rows)
        for row in rows:
            row.look_ahead(most)

    def _begin(self, cache: Cache, rows: Sequence[Row]) -> Tensor:
        """Feed openings and guesses; give their logits and note the chance of no speech."""
        step = plan([(*row.request.opening.tokens, *row.guess) for row in rows], cache)
        hidden = run(self.weights, cache, step)
        ends = list(accumulate(step.counts))
        starts = [
            end - count + row.request.opening.start
            for end, count, row in zip(ends, step.counts, rows, strict=True)
        ]
        places = [
            place
            for end, row in zip(ends, rows, strict=True)
            for place in range(end - row.lines, end)
        ]
        # Both in one go, because reading the embedding costs more than multiplying by it.
        logits = self.weights.logits(hidden[[*starts, *places]])
        at_start = logits[: len(rows)].softmax(dim=-1)[:, self.marks.no_speech]
        for row, probability in zip(rows, at_start.tolist(), strict=True):
            row.no_speech_prob = probability
        return logits[len(rows) :]

    def _settle(self, cache: Cache, alive: list[Row], choices: Sequence[Choice]) -> None:
        """Give each row its tokens; a row that is done leaves *cache* and *alive*."""
        ends = list(accumulate(row.lines for row in alive))
        # From the last to the first, because the last row moves into a gap.
        for place in reversed(range(len(alive))):
            row, end = alive[place], ends[place]
            right, done = row.verify(choices[end - row.lines : end], self.marks.end)
            cache.lengths[place] -= len(row.guess) - right
            if done:
                start, positions = row.request.opening.start, row.request.positions
                row.attention = cache.attention(place, start, positions).cpu().numpy()
                cache.remove(place)
                alive[place] = alive[-1]
                del alive[-1]

    def _step(self, cache: Cache, rows: Sequence[Row]) -> Tensor:
        step = plan([(row.tokens[-1], *row.guess) for row in rows], cache)
        return self.weights.logits(run(self.weights, cache, step))


def _sampled(rows: Sequence[Row]) -> list[int]:
    """Say for each line of a pass how many sampled tokens of its row it stands behind."""
    return [len(row.tokens) + ahead for row in rows for ahead in range(row.lines)]


def _trace(row: Row) -> Trace:
    assert row.attention is not None
    return Trace(tuple(row.tokens), tuple(row.logprobs), row.no_speech_prob, row.attention)
