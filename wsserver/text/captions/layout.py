"""Choose where lines and cues end, by dynamic programming over a table of costs.

Knows tokens and how long they are spoken; knows nothing of what is before or after a final.

A final is laid out by itself, so what was served of a story that goes on never changes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from wsserver.text.captions.costs import (
    COSTS,
    CUE_LINES,
    END_COSTS,
    LINE_COLUMNS,
    LONGEST_SECONDS,
    reading_seconds,
)
from wsserver.text.captions.phrases import Joint, joint, phrases
from wsserver.text.captions.tokens import Token

Line = Sequence[Token]
Page = tuple[Line, ...]
"""The lines of a cue."""


class _Final:
    """Sums over the tokens of a final, so that each candidate costs the same to judge.

    A line from token *first* to before *last* has `until[last] - begin[first]` columns.
    """

    def __init__(self, tokens: Sequence[Token], language: str | None) -> None:
        self.tokens = tokens
        known = phrases(language)
        self.joints = [joint(left, right, known) for left, right in pairwise(tokens)]
        self.silences = [max(0.0, right.start - left.end) for left, right in pairwise(tokens)]
        self.ends = [self._end(i) for i in range(len(self.joints))]
        spaces = [token.is_spaced for token in tokens]
        self.until = [
            0,
            *accumulate(token.width + space for token, space in zip(tokens, spaces, strict=True)),
        ]
        self.begin = [until + space for until, space in zip(self.until, spaces, strict=False)]
        kept = zip(self.joints, self.silences, strict=True)
        self._kept = [0.0, *accumulate(_together(each, silence) for each, silence in kept)]

    def _end(self, i: int) -> float:
        is_paused = self.silences[i] >= COSTS.pause_seconds
        return END_COSTS[self.joints[i]] * (COSTS.paused if is_paused else 1)

    def split_cost(self, split: int, top_heavy: int) -> float:
        """Give the cost of a second line that is *top_heavy* columns shorter than the upper one."""
        slope = COSTS.top_heavy if top_heavy > 0 else -COSTS.bottom_heavy
        cost = self.ends[split - 1] + slope * top_heavy + COSTS.second_line
        # A sentence that ends with the line does not end within it.
        return cost - (COSTS.sentence if self.joints[split - 1] is Joint.SENTENCE else 0)

    def together(self, first: int, last: int) -> float:
        """Give what it costs that these stand in one cue."""
        return self._kept[last - 1] - self._kept[first]


def lay_out(tokens: Sequence[Token], language: str | None) -> list[Page]:
    """Give the cheapest pages of at most two lines of 42 columns, in order, of all *tokens*."""
    final = _Final(tokens, language)
    best: list[float] = [0.0]
    steps: list[tuple[int, int]] = [(0, 0)]
    for last in range(1, len(tokens) + 1):
        choices = [(best[first] + cost, first, split) for first, split, cost in _cues(final, last)]
        cost, first, split = min(choices)
        best.append(cost)
        steps.append((first, split))
    return _pages(tokens, steps)


def _pages(tokens: Sequence[Token], steps: list[tuple[int, int]]) -> list[Page]:
    pages: list[Page] = []
    last = len(tokens)
    while last:
        first, split = steps[last]
        lines = (tokens[first:split], tokens[split:last])
        pages.append(tuple(line for line in lines if line))
        last = first
    return pages[::-1]


def _cues(final: _Final, last: int) -> list[tuple[int, int, float]]:
    """Give every cue that can end before *last*: its first token, its split and its cost."""
    found = []
    for first in range(last - 1, -1, -1):
        columns = final.until[last] - final.begin[first]
        if columns > CUE_LINES * LINE_COLUMNS + 1:
            break
        split, cost = _split(final, first, last)
        if split is not None:
            found.append((first, split, cost + _cost(final, first, last, columns)))
    return found


def _split(final: _Final, first: int, last: int) -> tuple[int | None, float]:
    """Give where the second line begins (*last* if there is none) and what that costs."""
    begin, until = final.begin[first], final.until
    if until[last] - begin <= LINE_COLUMNS:
        return last, 0.0
    found: list[tuple[float, int]] = []
    for split in range(bisect_right(until, begin + LINE_COLUMNS) - 1, first, -1):
        lower = until[last] - final.begin[split]
        if lower > LINE_COLUMNS:
            break
        found.append((final.split_cost(split, until[split] - begin - lower), split))
    if not found:
        return None, 0.0
    cost, best = min(found)
    return best, cost


def _cost(final: _Final, first: int, last: int, columns: int) -> float:
    """Give what a cue costs beside its split."""
    tokens = final.tokens
    cost = COSTS.cue + final.together(first, last)
    cost += COSTS.too_long * max(0.0, tokens[last - 1].end - tokens[first].start - LONGEST_SECONDS)
    if last - first < len(tokens):
        cost += COSTS.stub * max(0, COSTS.stub_columns - columns)
    if last < len(tokens):
        available = tokens[last].start - tokens[first].start
        cost += COSTS.cue_end * final.ends[last - 1]
        cost += COSTS.hurry * max(0.0, reading_seconds(columns) - available)
    return cost


def _together(each: Joint, silence: float) -> float:
    cost = COSTS.silence * max(0.0, silence - COSTS.pause_seconds)
    return cost + (COSTS.sentence if each is Joint.SENTENCE else 0)
