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
from wsserver.recognition.engines.whisper_.sampling import Choice, Filters, best

_BLOCK = 64
"""Tokens that are looked at together: the best of a block rules most blocks out."""

_AT_ONCE = 64
"""Lines that are scored together; more take more memory than is quickly had."""

_MOST_CANDIDATES = 256
"""Tokens of a line that are scored in float one by one; with more, all are."""

_NEGLIGIBLE = 16.0
"""Nats below the best from which on a block has no part in the sum of probabilities: all of 50,000
tokens there would add less than 0.01."""


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

    def choose(self, hidden: Tensor, sampled: Sequence[int], filters: Filters) -> list[Choice]:
        """Give for each line of *hidden* the likeliest token that *filters* let through.

        It is the one that float32 scores give, or one that equals it but for their own rounding.
        The log probability lacks what rounding adds to the other tokens' probabilities: with real
        weights some thousandths.
        """
        choices: list[Choice] = []
        for start in range(0, len(hidden), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            choices += self._choose(hidden[some].float(), sampled[some], filters)
        return choices

    def chances(self, hidden: Tensor, token: int) -> list[float]:
        """Give the probability of *token* behind each line, before any filter."""
        lines = self._score(hidden.float())
        exact = hidden.float() @ self.embedding[token]
        chances: list[float] = (exact - lines.log_sums()).exp().clamp(max=1).tolist()
        return chances

    def _choose(self, hidden: Tensor, sampled: Sequence[int], filters: Filters) -> list[Choice]:
        lines = self._score(hidden)
        filters.apply(lines.scores[:, : len(self.embedding)], sampled)
        places, tokens = lines.candidates(self.norms, self.errors)
        counts = torch.bincount(places, minlength=len(hidden))
        few = counts[places] <= _MOST_CANDIDATES
        places, tokens = places[few], tokens[few]
        exact = (hidden[places] * self.embedding[tokens]).sum(dim=1)
        chosen = torch.zeros(len(hidden), dtype=torch.long)
        logits = torch.zeros(len(hidden))
        # From the worst to the best, and from the last to the first where two are equal.
        order = torch.from_numpy(np.lexsort((-tokens.numpy(), exact.numpy())))
        chosen[places[order]], logits[places[order]] = tokens[order], exact[order]
        for line in (counts > _MOST_CANDIDATES).nonzero()[:, 0].tolist():
            full = filters.apply(hidden[line : line + 1] @ self.embedding.T, sampled[line:][:1])
            chosen[line] = best(full)[0]
            logits[line] = full[0, chosen[line]]
        logprobs = (logits - lines.log_sums()).clamp(max=0)
        return list(zip(chosen.tolist(), logprobs.tolist(), strict=True))

    def _score(self, hidden: Tensor) -> "_Lines":
        rounded = round_rows(hidden)
        scores = products(rounded.whole, self.whole).float().mul_(self.scales)
        scores[:, len(self.embedding) :] = -torch.inf
        lost = hidden / rounded.scales - rounded.whole
        # Sums of floats are wrong by so much for each unit of the norms.
        width = hidden.shape[1]
        noise = (hidden / rounded.scales).norm(dim=1) * width * torch.finfo(torch.float32).eps
        return _Lines(
            scores,
            rounded.scales[:, 0],
            lost.norm(dim=1) + noise,
            rounded.whole.float().norm(dim=1),
        )


@dataclass(frozen=True, slots=True)
class _Lines:
    """Some lines with the rounded scores of all tokens, in units of each line's scale."""

    scores: Tensor
    """Shape (lines, padded n_vocab)."""

    scales: Tensor
    lost: Tensor
    """Length of what rounding took from each line."""

    lengths: Tensor
    """Length of each rounded line."""

    def candidates(self, norms: Tensor, errors: Tensor) -> tuple[Tensor, Tensor]:
        """Give all tokens that may be the best of their line, as pairs of line and token."""
        blocks = self.scores.view(len(self.scores), -1, _BLOCK)
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

    def log_sums(self) -> Tensor:
        """Give the logarithm of the sum of all tokens' probabilities, up to the same constant."""
        blocks = self.scores.view(len(self.scores), -1, _BLOCK)
        tops = blocks.amax(dim=2)
        top = tops.amax(dim=1)
        heard = tops >= (top - _NEGLIGIBLE / self.scales)[:, None]
        lines, at = heard.nonzero(as_tuple=True)
        powers = (blocks[lines, at] - top[lines, None]).mul_(self.scales[lines, None]).exp_()
        sums = torch.zeros(len(top)).index_add_(0, lines, powers.sum(dim=1))
        logs: Tensor = top * self.scales + sums.log()
        return logs

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
    return Screen(embedding, whole, F.pad(rounded.scales[:, 0], (0, padding)), norms, errors)
