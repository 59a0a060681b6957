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
    Logits,
    Request,
    Row,
    Scores,
    row_of,
)
from wsserver.recognition.engines.whisper_.screening import Screen
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
    screen: Screen | None = None
    """Finds the likeliest token at less cost; without one every token is scored."""

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
        choices = self._begin(cache, rows)
        while True:
            self._settle(cache, alive, choices)
            if not alive:
                return [_trace(row) for row in rows]
            self._look_ahead(alive)
            choices = self._step(cache, alive)

    def _look_ahead(self, rows: Sequence[Row]) -> None:
        most = _MOST_LINES.get(self.weights.device.type, _MOST_LINES["cpu"]) // len(rows)
        for row in rows:
            row.look_ahead(most)

    def _begin(self, cache: Cache, rows: Sequence[Row]) -> list[Choice]:
        """Feed openings and guesses; choose, and note the chance of no speech."""
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
        scores = self._score(hidden[[*starts, *places]], rows)
        chances = scores.chances(len(rows), self.marks.no_speech)
        for row, chance in zip(rows, chances, strict=True):
            row.no_speech_prob = chance
        return scores.beyond(len(rows)).choose(self.filters, rows)

    def _step(self, cache: Cache, rows: Sequence[Row]) -> list[Choice]:
        step = plan([(row.tokens[-1], *row.guess) for row in rows], cache)
        return self._score(run(self.weights, cache, step), rows).choose(self.filters, rows)

    def _score(self, hidden: Tensor, rows: Sequence[Row]) -> Scores:
        # A draw needs every token's score, not only the best one's.
        if self.screen is not None and all(row.generator is None for row in rows):
            return self.screen.score(hidden)
        return Logits(self.weights.logits(hidden))

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


def _trace(row: Row) -> Trace:
    assert row.attention is not None
    return Trace(tuple(row.tokens), tuple(row.logprobs), row.no_speech_prob, row.attention)
