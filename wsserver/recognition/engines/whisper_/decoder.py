"""Tokens to hidden states over caches of our own: Whisper's decoder, written out.

Knows nothing of how tokens are chosen.  One pass takes any number of new tokens for each row, on
a cache filled to any length, so that a prompt, a single step and a draft to be verified are the
same thing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from wsserver.recognition.engines.whisper_.weights import Attention, DecoderWeights

Heads = tuple[tuple[int, int], ...]
"""Pairs of layer and head whose cross-attention tells when a token was spoken."""


def _audible(heard: Sequence[Tensor]) -> Tensor | None:
    """Say which positions each row has heard; None where all have heard as many."""
    lengths = [len(features) for features in heard]
    if len(set(lengths)) == 1:
        return None
    ends = torch.tensor(lengths, device=heard[0].device)
    places = torch.arange(max(lengths), device=ends.device)
    return (places < ends[:, None])[:, None, None]


class Cache:
    """Keys and values of every row; the first *rows* rows are alive.

    Memory is taken for the whole context at once and never grows.  `lengths` says how far a row
    is filled; what lies beyond is never seen, so to shorten a row is to forget its last tokens.
    """

    def __init__(self, weights: DecoderWeights, heard: Iterable[Tensor], heads: Heads) -> None:
        """Project what each row *heard*, shape (positions, state), once for all passes to come.

        Rows may have heard unlike lengths; what pads them is never attended to.
        """
        rows = list(heard)
        features = pad_sequence(rows, batch_first=True)
        self.audible = _audible(rows)
        """Which positions a row attends to, shape (rows, 1, 1, positions); None for all."""
        self.rows = len(rows)
        self.lengths = [0] * self.rows
        self.heads = heads
        context = (self.rows, len(weights.positions))
        self.keys, self.values, self.cross_keys, self.cross_values = ([] for _ in range(4))
        for block in weights.blocks:
            # Zeros, because what a mask hides is still multiplied, and 0 * NaN is NaN.
            blank = features.new_zeros(*context, features.shape[2])
            self.keys.append(block.attention.split(blank))
            self.values.append(torch.zeros_like(self.keys[-1]))
            self.cross_keys.append(block.cross.split(block.cross.key(features)))
            self.cross_values.append(block.cross.split(block.cross.value(features)))
        width = self.keys[0].shape[-1]
        self.queries = features.new_empty(*context, len(heads), width)
        """What the alignment heads asked at each position, shape (rows, context, heads, width)."""

    def remove(self, row: int) -> None:
        """Let *row* go; the last row takes its place."""
        self.rows -= 1
        last = self.rows
        self.lengths[row] = self.lengths[last]
        del self.lengths[last]
        if row == last:
            return
        for tensor in (*self.cross_keys, *self.cross_values):
            tensor[row] = tensor[last]
        if self.audible is not None:
            self.audible[row] = self.audible[last]
        for tensor in (*self.keys, *self.values, self.queries):
            tensor[row, : self.lengths[row]] = tensor[last, : self.lengths[row]]

    def attention(self, row: int, start: int, positions: int) -> Tensor:
        """Give the alignment heads' softmax over the first *positions* of the audio.

        One line for each token from *start* on: shape (heads, tokens, positions), float.
        """
        asked = self.queries[row, start : self.lengths[row]].float()
        keys = [self.cross_keys[layer][row, :positions, head] for layer, head in self.heads]
        scores = torch.einsum("thd,hpd->htp", asked, torch.stack(keys).float())
        return torch.softmax(scores * asked.shape[-1] ** -0.5, dim=-1)


@dataclass(frozen=True, slots=True)
class Pass:
    """New tokens of all rows, laid end to end; the tensors have one entry for each token."""

    tokens: Tensor
    rows: Tensor
    columns: Tensor
    """A token's place among the new tokens of its row."""

    positions: Tensor
    """A token's place in the context of its row."""

    mask: Tensor
    """Which cached positions a token sees, shape (rows, 1, columns, cached)."""

    counts: tuple[int, ...]
    """New tokens of each row."""

    def pad(self, x: Tensor) -> Tensor:
        """Lay tokens out by row: (tokens, heads, width) to (rows, heads, columns, width)."""
        padded = x.new_zeros(self.mask.shape[0], self.mask.shape[2], *x.shape[1:])
        padded[self.rows, self.columns] = x
        return padded.transpose(1, 2)

    def pack(self, x: Tensor) -> Tensor:
        """Undo `pad` and join the heads: (rows, heads, columns, width) to (tokens, state)."""
        return x.transpose(1, 2)[self.rows, self.columns].flatten(1)


def plan(new: Sequence[Sequence[int]], cache: Cache) -> Pass:
    """Lay out a pass that gives every living row its *new* tokens, at least one each."""
    counts = tuple(map(len, new))
    if len(counts) != cache.rows or 0 in counts:
        raise ValueError(f"expected new tokens for each of {cache.rows} rows, got {counts}")
    columns = [column for count in counts for column in range(count)]
    rows = [row for row, count in enumerate(counts) for _ in range(count)]
    places = [cache.lengths[row] + column for row, column in zip(rows, columns, strict=True)]
    tokens = [token for row in new for token in row]
    device = cache.queries.device
    flat = torch.tensor([tokens, rows, columns, places], device=device)
    # What pads a short row sees position 0, so that no softmax runs over nothing.
    last_seen = flat.new_zeros(len(counts), max(counts))
    last_seen[flat[1], flat[2]] = flat[3]
    mask = torch.arange(max(places) + 1, device=device) <= last_seen[:, None, :, None]
    return Pass(flat[0], flat[1], flat[2], flat[3], mask, counts)


def run(weights: DecoderWeights, cache: Cache, step: Pass) -> Tensor:
    """Run one pass and lengthen the cache by it; gives hidden states, shape (tokens, state)."""
    x = weights.embedding[step.tokens].float() + weights.positions[step.positions]
    x = x.to(weights.embedding.dtype)
    for layer, block in enumerate(weights.blocks):
        x = x + _attend_text(block.attention, x, cache, layer, step)
        x = x + _attend_audio(block.cross, x, cache, layer, step)
        x = x + block.mlp(x)
    cache.lengths = [
        length + count for length, count in zip(cache.lengths, step.counts, strict=True)
    ]
    return weights.norm(x)


def _attend_text(attention: Attention, x: Tensor, cache: Cache, layer: int, step: Pass) -> Tensor:
    x = attention.norm(x)
    keys, values = cache.keys[layer], cache.values[layer]
    keys[step.rows, step.positions] = attention.split(attention.key(x))
    values[step.rows, step.positions] = attention.split(attention.value(x))
    seen = (slice(cache.rows), slice(step.mask.shape[-1]))
    mixed = F.scaled_dot_product_attention(
        step.pad(attention.split(attention.query(x))),
        keys[seen].transpose(1, 2),
        values[seen].transpose(1, 2),
        attn_mask=step.mask,
    )
    return attention.out(step.pack(mixed))


def _attend_audio(attention: Attention, x: Tensor, cache: Cache, layer: int, step: Pass) -> Tensor:
    asked = attention.split(attention.query(attention.norm(x)))
    for slot, (of_layer, head) in enumerate(cache.heads):
        if of_layer == layer:
            cache.queries[step.rows, step.positions, slot] = asked[:, head]
    mixed = F.scaled_dot_product_attention(
        step.pad(asked),
        cache.cross_keys[layer][: cache.rows].transpose(1, 2),
        cache.cross_values[layer][: cache.rows].transpose(1, 2),
        attn_mask=None if cache.audible is None else cache.audible[: cache.rows],
    )
    return attention.out(step.pack(mixed))
