"""Logits to tokens: stock's filters, then the best token or a seeded draw.

Knows nothing of audio or caches.  A row's draw depends on its own logits and seed alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, TypeAlias

import torch
from torch import Tensor
from torch.distributions import Categorical

from wsserver.recognition.engines.whisper_.draft import Draft
from wsserver.recognition.engines.whisper_.timing import Attention
from wsserver.recognition.engines.whisper_.tokens import Opening

Choice: TypeAlias = tuple[int, float]
"""A token and its log probability."""


_CACHED = 32
"""Lines of logits that fit a processor's cache; more at a time take twice as long for each."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What must not be sampled, as indexes of tokens."""

    always: Tensor
    at_first: Tensor
    """What must not be the first sampled token of a row either."""

    def apply(self, logits: Tensor, sampled: Sequence[int]) -> Tensor:
        """Filter *logits*, shape (n, n_vocab), in place.

        Each line stands behind so many *sampled* tokens of its row: lines may be different
        positions of one row, as when a draft is verified.
        """
        logits.index_fill_(1, self.always, -torch.inf)
        for line, count in enumerate(sampled):
            if count == 0:
                logits[line].index_fill_(0, self.at_first, -torch.inf)
        return logits


def filters(always: Sequence[int], at_first: Sequence[int], device: torch.device) -> Filters:
    """Make filters out of the forbidden tokens."""
    tensors = (
        torch.tensor(tokens, dtype=torch.long, device=device) for tokens in (always, at_first)
    )
    return Filters(*tensors)


@dataclass(frozen=True, slots=True)
class Request:
    """How one row is to be decoded."""

    opening: Opening
    limit: int
    """Tokens that may be sampled at most."""

    positions: int
    """Positions of the audio that hold the window; the rest is padding."""

    temperature: float = 0.0
    seed: int = 0
    draft: tuple[int, ...] = ()
    """Tokens of the vocabulary that are likely; ignored where tokens are drawn."""


@dataclass(slots=True)
class Row:
    """A request on its way through the loop."""

    request: Request
    draft: Draft
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    """One for each sampled token, with that of the end if it was reached."""

    no_speech_prob: float = float("nan")
    attention: Attention | None = None
    """What the alignment heads looked at, once the row is done."""

    generator: torch.Generator | None = None
    guess: tuple[int, ...] = ()
    """Tokens that the next pass verifies, behind the last sampled one."""

    @property
    def lines(self) -> int:
        """Say how many tokens the next pass chooses: one behind each of the guess, one before."""
        return len(self.guess) + 1

    def look_ahead(self, most: int) -> None:
        """Guess at most so many tokens, and none that could only be followed by the limit."""
        self.guess = self.draft.guess(min(most, self.request.limit - len(self.tokens) - 1))

    def agreed(self, chosen: Sequence[int]) -> int:
        """Say how much of the guess is what was *chosen*, from its start on."""
        agreed = 0
        while agreed < len(self.guess) and self.guess[agreed] == chosen[agreed]:
            agreed += 1
        return agreed

    def verify(self, choices: Sequence[Choice], end: int) -> tuple[int, bool]:
        """Take *choices*, one for each line, up to the first that the guess missed.

        Returns how much of the guess was right, and whether the row is done.
        """
        agreed = self.agreed([token for token, _ in choices])
        right, done = 0, self.take(*choices[0], end)
        while not done and right < agreed:
            right += 1
            done = self.take(*choices[right], end)
        self.draft.follow(self.tokens, right)
        return right, done

    def take(self, token: int, logprob: float, end: int) -> bool:
        """Take the next sampled token; say whether the row is done."""
        self.logprobs.append(logprob)
        if token == end:
            return True
        self.tokens.append(token)
        return len(self.tokens) == self.request.limit


def row_of(request: Request, device: torch.device) -> Row:
    """Start a row, with a generator of its own if it is to be drawn."""
    row = Row(request, Draft(() if request.temperature > 0 else request.draft))
    if request.temperature > 0:
        row.generator = torch.Generator(device).manual_seed(request.seed)
    return row


def sampled_before(rows: Sequence[Row]) -> list[int]:
    """Say for each line of a pass how many sampled tokens of its row it stands behind."""
    return [len(row.tokens) + ahead for row in rows for ahead in range(row.lines)]


def lines_kept(rows: Sequence[Row], chosen: Sequence[int]) -> list[int]:
    """Give the lines whose *chosen* token its row will take: up to the first that was missed."""
    kept: list[int] = []
    start = 0
    for row in rows:
        agreed = row.agreed(chosen[start : start + row.lines])
        kept += range(start, start + agreed + 1)
        start += row.lines
    return kept


class Scores(Protocol):
    """Lines with a score for every token."""

    def chances(self, lines: int, token: int) -> list[float]:
        """Give the probability of *token* behind each of the first *lines*, before any filter."""
        ...

    def beyond(self, lines: int) -> Self:
        """Give the rest without the first *lines*."""
        ...

    def choose(self, filters: Filters, rows: Sequence[Row]) -> list[Choice]:
        """Choose a token for each line of *rows*; give it with its log probability."""
        ...


@dataclass(frozen=True, slots=True)
class Logits:
    """Scores in float, shape (lines, n_vocab)."""

    logits: Tensor

    def chances(self, lines: int, token: int) -> list[float]:
        """Give the probability of *token* behind each of the first *lines*, before any filter."""
        chances: list[float] = self.logits[:lines].softmax(dim=-1)[:, token].tolist()
        return chances

    def beyond(self, lines: int) -> "Logits":
        """Give the rest without the first *lines*."""
        return Logits(self.logits[lines:])

    def choose(self, filters: Filters, rows: Sequence[Row]) -> list[Choice]:
        """Choose a token for each line of *rows*; give it with its log probability."""
        filtered = filters.apply(self.logits, sampled_before(rows))
        return choose(filtered, [row for row in rows for _ in range(row.lines)])


def choose(logits: Tensor, rows: Sequence[Row]) -> list[Choice]:
    """Choose a token for each line of filtered *logits*; give it with its log probability.

    The *rows* are those of the lines; a row that draws has one line.
    """
    chosen = best(logits)
    for line, row in enumerate(rows):
        if row.generator is not None:
            chosen[line] = _draw(logits[line], row.request.temperature, row.generator)
    # The log probability is that at temperature 1 even for a draw, as in stock.
    parts = zip(torch.split(logits, _CACHED), torch.split(chosen, _CACHED), strict=True)
    logprobs = torch.cat(
        [part.log_softmax(dim=-1).gather(1, best[:, None]) for part, best in parts]
    )
    return list(zip(chosen.tolist(), logprobs[:, 0].tolist(), strict=True))


def best(logits: Tensor) -> Tensor:
    """Give the first of the likeliest tokens of each line."""
    if logits.device.type != "cpu":
        return logits.argmax(dim=-1)
    # Measured: numpy is ten times faster than torch, which takes a tenth of a step for it.
    return torch.from_numpy(logits.numpy().argmax(axis=-1))


def _draw(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    # The very steps of torch's Categorical.sample, which has no generator to be handed in.
    odds = Categorical(logits=logits / temperature, validate_args=False).probs
    return torch.multinomial(odds[None], 1, replacement=True, generator=generator)[0, 0]
