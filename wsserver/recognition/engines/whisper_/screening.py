"""The best token of each line without scoring every token in float.

Knows the embedding and its rounding; knows nothing of rows, drafts or draws.

All tokens are scored with the embedding and the line rounded to eight bits, at a fifth of the cost.
What the rounding may be wrong by is bounded (Cauchy-Schwarz), so the best token in float is among
those whose score is within the bounds of the best score; these few are scored in float.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from wsserver.recognition.engines.whisper_.integers import products, round_rows, sums_exactly
from wsserver.recognition.engines.whisper_.sampling import (
    Choice,
    Filters,
    Row,
    best,
    lines_kept,
    sampled_before,
)

_BLOCK = 64
"""Tokens that are looked at together: the best of a block rules most blocks out."""

_MOST_CANDIDATES = 256
"""Tokens of a line that are scored in float one by one; with more, all are."""

_NEGLIGIBLE = 10.0
"""Nats below the best from which on a block has no part in the sum of probabilities.  Each token
there has less than 0.00005 of the best one's; with a trained model all of them together add some
hundredths at most."""


class _Scratch:
    """Memory for the scores of pass after pass: to get it anew would take longer than to score."""

    def __init__(self) -> None:
        self._sums, self._scores = torch.empty(0, 0, dtype=torch.int32), torch.empty(0, 0)

    def take(self, lines: int, tokens: int) -> tuple[Tensor, Tensor]:
        """Give room for whole sums and for scores; what was there before is lost."""
        if len(self._sums) < lines:
            self._sums = torch.empty(lines, tokens, dtype=torch.int32)
            self._scores = torch.empty(lines, tokens)
        return self._sums[:lines], self._scores[:lines]


@dataclass(frozen=True, slots=True)
class Screen:
    """An embedding, its rounding, and how far the one may be from the other."""

    embedding: Tensor
    """Shape (n_vocab, state), float32."""

    whole: Tensor
    """The same in whole numbers, with rows of zeros behind it that fill the last block."""

    scales: Tensor
    """What these are multiples of, shape (padded n_vocab,)."""

    norms: Tensor
    """Length of each token's row, shape (blocks, tokens)."""

    errors: Tensor
    """Length of what rounding took from it, shape (blocks, tokens)."""

    scratch: _Scratch

    def score(self, hidden: Tensor) -> "RoundedScores":
        """Score all tokens behind each line of *hidden*, shape (lines, state).

        The scores are valid until the next call.
        """
        hidden = hidden.float()
        rounded = round_rows(hidden)
        sums, scores = self.scratch.take(len(hidden), len(self.whole))
        scores.copy_(products(rounded.whole, self.whole, out=sums)).mul_(self.scales)
        scores[:, len(self.embedding) :] = -torch.inf
        exact = hidden / rounded.scales
        # Sums of floats are wrong by so much for each unit of the norms.
        noise = exact.norm(dim=1) * hidden.shape[1] * torch.finfo(torch.float32).eps
        lost = (exact - rounded.whole).norm(dim=1) + noise
        lengths = rounded.whole.float().norm(dim=1)
        return RoundedScores(self, hidden, scores, rounded.scales[:, 0], lost, lengths)


@dataclass(frozen=True, slots=True)
class RoundedScores:
    """Some lines with the rounded scores of all tokens, in units of each line's scale."""

    screen: Screen
    hidden: Tensor
    scores: Tensor
    """Shape (lines, padded n_vocab)."""

    scales: Tensor
    lost: Tensor
    """Length of what rounding took from each line, in its scale."""

    lengths: Tensor
    """Length of each rounded line, in its scale."""

    def chances(self, lines: int, token: int) -> list[float]:
        """Give the probability of *token* behind each of the first *lines*, before any filter."""
        first = torch.arange(lines)
        exact = self.hidden[:lines] @ self.screen.embedding[token]
        chances: list[float] = (exact - self._log_sums(first)).exp().clamp(max=1).tolist()
        return chances

    def beyond(self, lines: int) -> "RoundedScores":
        """Give the rest without the first *lines*."""
        tensors = (self.hidden, self.scores, self.scales, self.lost, self.lengths)
        return RoundedScores(self.screen, *(tensor[lines:] for tensor in tensors))

    def choose(self, filters: Filters, rows: Sequence[Row]) -> list[Choice]:
        """Give for each line of *rows* the likeliest token that *filters* let through.

        It is the one that float32 scores give, or one that equals it but for their own rounding.
        The log probability is off by what rounding does to the other tokens' part in the sum, some
        hundredths; where a guess was missed before it is not computed at all.
        """
        sampled = sampled_before(rows)
        filters.apply(self.scores[:, : len(self.screen.embedding)], sampled)
        tokens, logits = self._likeliest(filters, sampled)
        chosen: list[int] = tokens.tolist()
        kept = torch.tensor(lines_kept(rows, chosen))
        logprobs = torch.full_like(logits, torch.nan)
        logprobs[kept] = (logits[kept] - self._log_sums(kept)).clamp(max=0)
        return list(zip(chosen, logprobs.tolist(), strict=True))

    def _likeliest(self, filters: Filters, sampled: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Give the best token of each line and its score in float."""
        embedding, hidden = self.screen.embedding, self.hidden
        lines, tokens = self._candidates()
        counts = torch.bincount(lines, minlength=len(hidden))
        few = counts[lines] <= _MOST_CANDIDATES
        lines, tokens = lines[few], tokens[few]
        exact = (hidden[lines] * embedding[tokens]).sum(dim=1)
        best_tokens, best_scores = torch.zeros_like(counts), torch.zeros_like(self.scales)
        # From the worst to the best, and of equal ones from the last to the first.
        order = torch.from_numpy(np.lexsort((-tokens.numpy(), exact.numpy())))
        best_tokens[lines[order]], best_scores[lines[order]] = tokens[order], exact[order]
        for line in (counts > _MOST_CANDIDATES).nonzero()[:, 0].tolist():
            full = filters.apply(hidden[line : line + 1] @ embedding.T, sampled[line : line + 1])
            best_tokens[line] = best(full)[0]
            best_scores[line] = full[0, best_tokens[line]]
        return best_tokens, best_scores

    def _candidates(self) -> tuple[Tensor, Tensor]:
        """Give all tokens that may be the best of their line, as pairs of line and token."""
        norms, errors, blocks = self.screen.norms, self.screen.errors, self._blocks()
        tops = blocks.amax(dim=2)
        line = torch.arange(len(blocks))
        top = torch.from_numpy(tops.numpy().argmax(axis=1))
        first = torch.from_numpy(blocks[line, top].numpy().argmax(axis=1))
        least = tops[line, top] - self._bound(line, norms[top, first], errors[top, first])
        bounds = torch.addr(self.lost.outer(norms.amax(dim=1)), self.lengths, errors.amax(dim=1))
        lines, at = (tops + bounds >= least[:, None]).nonzero(as_tuple=True)
        bounds = self._bound(lines[:, None], norms[at], errors[at])
        found, within = (blocks[lines, at] + bounds >= least[lines, None]).nonzero(as_tuple=True)
        return lines[found], at[found] * _BLOCK + within

    def _log_sums(self, lines: Tensor) -> Tensor:
        """Give the logarithm of the sum of the exponentials of a line's scores."""
        blocks = self._blocks()
        tops = blocks.amax(dim=2)[lines]
        top, scales = tops.amax(dim=1), self.scales[lines]
        heard, at = (tops >= (top - _NEGLIGIBLE / scales)[:, None]).nonzero(as_tuple=True)
        powers = (blocks[lines[heard], at] - top[heard, None]).mul_(scales[heard, None]).exp_()
        sums = torch.zeros_like(top).index_add_(0, heard, powers.sum(dim=1))
        logs: Tensor = top * scales + sums.log()
        return logs

    def _blocks(self) -> Tensor:
        return self.scores.view(len(self.scores), -1, _BLOCK)

    def _bound(self, lines: Tensor, norms: Tensor, errors: Tensor) -> Tensor:
        """Say how far the scores of tokens may be off."""
        return self.lost[lines] * norms + self.lengths[lines] * errors


def screen_of(embedding: Tensor) -> Screen | None:
    """Round an *embedding*, shape (n_vocab, state), once; None where it would not be exact."""
    if embedding.device.type != "cpu":
        return None
    embedding = embedding.float()
    rounded = round_rows(embedding)
    lost = embedding - rounded.whole * rounded.scales
    padding = -len(embedding) % _BLOCK
    whole = F.pad(rounded.whole, (0, 0, 0, padding))
    if not sums_exactly(whole):
        return None
    norms, errors = (
        # A little more, because a norm is rounded as well.
        F.pad(each.norm(dim=1) * (1 + 1e-4), (0, padding)).view(-1, _BLOCK)
        for each in (embedding, lost)
    )
    scales = F.pad(rounded.scales[:, 0], (0, padding))
    return Screen(embedding, whole, scales, norms, errors, _Scratch())
