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

from wsserver.recognition.engines.whisper_.weights import (
    Attention,
    CrossAttention,
    DecoderWeights,
)

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


_ROOM = 64
"""Tokens that a row has room for at first.  What is taken must be cleared, and of a partial most
would never be used."""


class Cache:
    """Keys and values of every row; the first *rows* rows are alive.

    `lengths` says how far a row is filled; what lies beyond is never seen, so to shorten a row is
    to forget its last tokens.
    """

    def __init__(self, weights: DecoderWeights, heard: Iterable[Tensor], heads: Heads) -> None:
        """Project what each row *heard*, shape (positions, state), once for all passes to come.

        Rows may have heard unlike lengths; what pads them is never attended to.
        """
        rows = list(heard)
        self.audible = _audible(rows)
        """Which positions a row attends to, shape (rows, 1, 1, positions); None for all."""
        self.rows = len(rows)
        self.lengths = [0] * self.rows
        self.context = len(weights.positions)
        self.device = weights.device
        self.asking = {
            layer: torch.tensor(
                [head for of_layer, head in heads if of_layer == layer], device=self.device
            )
            for layer, _ in sorted(heads)
        }
        """The alignment heads of each layer that has some."""
        self.keys, self.values, self.cross_keys, self.cross_values = ([] for _ in range(4))
        self.queries: dict[int, Tensor] = {}
        """What they asked at each position, shape (rows, room, heads, width)."""
        for layer, block in enumerate(weights.blocks):
            keys, values = _together(rows, block.cross)
            self.cross_keys.append(keys)
            self.cross_values.append(values)
            # Zeros, because what a mask hides is still multiplied, and 0 * NaN is NaN.
            blank = keys.new_zeros(self.rows, min(_ROOM, self.context), *keys.shape[2:])
            self.keys.append(blank)
            self.values.append(torch.zeros_like(blank))
            if layer in self.asking:
                self.queries[layer] = blank.new_empty(
                    *blank.shape[:2], len(self.asking[layer]), blank.shape[3]
                )

    def make_room(self, length: int) -> None:
        """Let every row take so many tokens, in twice the room at least."""
        room = self.keys[0].shape[1]
        if length <= room:
            return
        more = min(max(length, 2 * room), self.context) - room

        def grown(tensor: Tensor) -> Tensor:
            return F.pad(tensor[: self.rows], (0, 0, 0, 0, 0, more))

        self.keys = [grown(keys) for keys in self.keys]
        self.values = [grown(values) for values in self.values]
        self.queries = {layer: grown(queries) for layer, queries in self.queries.items()}

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
        for tensor in (*self.keys, *self.values, *self.queries.values()):
            tensor[row, : self.lengths[row]] = tensor[last, : self.lengths[row]]

    def attention(self, row: int, start: int, positions: int) -> Tensor:
        """Give the alignment heads' softmax over the first *positions* of the audio.

        One line for each token from *start* on: shape (heads, tokens, positions), float.
        """
        end = self.lengths[row]
        asked = torch.cat([of[row, start:end] for of in self.queries.values()], dim=1)
        keys = [
            self.cross_keys[layer][row, :positions, heads] for layer, heads in self.asking.items()
        ]
        scores = torch.einsum("thd,phd->htp", asked.float(), torch.cat(keys, dim=1).float())
        return torch.softmax(scores * asked.shape[-1] ** -0.5, dim=-1)


def _together(heard: Sequence[Tensor], cross: CrossAttention) -> tuple[Tensor, Tensor]:
    """Give keys and values of all rows, shape (rows, positions, heads, width)."""
    # Row by row, because what one row needs stays in a processor's cache.
    joined = cross.joined(heard[0])[None]
    if len(heard) > 1:
        longest = max(map(len, heard))
        first, joined = joined, joined.new_zeros(len(heard), longest, joined.shape[2])
        joined[0, : len(heard[0])] = first[0]
        for row, features in enumerate(heard[1:], start=1):
            joined[row, : len(features)] = cross.joined(features)
    keys, values = joined.chunk(2, dim=-1)
    return cross.split(keys), cross.split(values)


@dataclass(frozen=True, slots=True)
class Pass:
    """New tokens of all rows, laid end to end; the tensors have one entry for each token."""

    tokens: Tensor
    rows: Tensor
    columns: Tensor
    """A token's place among the new tokens of its row."""

    positions: Tensor
    """A token's place in the context of its row."""

    mask: Tensor | None
    """What hides a cached position from a token, shape (rows, 1, columns, cached), to be added;
    None where every token sees all."""

    counts: tuple[int, ...]
    """New tokens of each row."""

    reach: int
    """Cached positions that some token sees."""

    def pad(self, x: Tensor) -> Tensor:
        """Lay tokens out by row: (tokens, heads, width) to (rows, heads, columns, width)."""
        rows, columns = len(self.counts), max(self.counts)
        if rows * columns == len(x):
            return x.reshape(rows, columns, *x.shape[1:]).transpose(1, 2)
        padded = x.new_zeros(rows, columns, *x.shape[1:])
        padded[self.rows, self.columns] = x
        return padded.transpose(1, 2)

    def pack(self, x: Tensor) -> Tensor:
        """Undo `pad` and join the heads: (rows, heads, columns, width) to (tokens, state)."""
        laid = x.transpose(1, 2)
        if len(self.counts) * max(self.counts) == len(self.tokens):
            return laid.flatten(0, 1).flatten(1)
        return laid[self.rows, self.columns].flatten(1)

    def write(self, target: Tensor, x: Tensor) -> None:
        """Put each token's *x* at its position in its row of *target*."""
        if len(self.counts) == 1:
            target[0, self.reach - len(x) : self.reach] = x
        else:
            target[self.rows, self.positions] = x


def plan(new: Sequence[Sequence[int]], cache: Cache) -> Pass:
    """Lay out a pass that gives every living row its *new* tokens, at least one each."""
    counts = tuple(map(len, new))
    if len(counts) != cache.rows or 0 in counts:
        raise ValueError(f"expected new tokens for each of {cache.rows} rows, got {counts}")
    columns = [column for count in counts for column in range(count)]
    rows = [row for row, count in enumerate(counts) for _ in range(count)]
    places = [cache.lengths[row] + column for row, column in zip(rows, columns, strict=True)]
    tokens = [token for row in new for token in row]
    flat = torch.tensor([tokens, rows, columns, places], device=cache.device)
    reach = max(places) + 1
    cache.make_room(reach)
    mask = None
    if set(places) != {reach - 1}:
        # What pads a short row sees position 0, so that no softmax runs over nothing.
        last_seen = flat.new_zeros(len(counts), max(counts))
        last_seen[flat[1], flat[2]] = flat[3]
        hidden = torch.arange(reach, device=cache.device) > last_seen[:, None, :, None]
        mask = torch.zeros_like(hidden, dtype=cache.keys[0].dtype)
        mask.masked_fill_(hidden, -torch.inf)
    return Pass(flat[0], flat[1], flat[2], flat[3], mask, counts, reach)


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
    query, key, value = attention.project(attention.norm(x), 3)
    keys, values = cache.keys[layer], cache.values[layer]
    step.write(keys, key)
    step.write(values, value)
    seen = (slice(cache.rows), slice(step.reach))
    mixed = F.scaled_dot_product_attention(
        step.pad(query),
        keys[seen].transpose(1, 2),
        values[seen].transpose(1, 2),
        attn_mask=step.mask,
    )
    return attention.out(step.pack(mixed))


def _attend_audio(
    attention: CrossAttention, x: Tensor, cache: Cache, layer: int, step: Pass
) -> Tensor:
    asked = attention.split(attention.query(attention.norm(x)))
    if layer in cache.asking:
        step.write(cache.queries[layer], asked[:, cache.asking[layer]])
    mixed = F.scaled_dot_product_attention(
        step.pad(asked),
        cache.cross_keys[layer][: cache.rows].transpose(1, 2),
        cache.cross_values[layer][: cache.rows].transpose(1, 2),
        attn_mask=None if cache.audible is None else cache.audible[: cache.rows],
    )
    return attention.out(step.pack(mixed))
