"""What a row will probably say next, judged by what was heard before.

Knows nothing of tensors or caches.  A guess costs time where it is wrong and never changes what
is said: the loop keeps of it only what it would have chosen itself.
"""

from collections.abc import Sequence

_TOLD_APART = 4
"""Tokens after which a place in the draft is certain enough; more are not compared."""

_REACH = 4
"""How many tokens off a place may be for each token that speaks for it: a lone word that comes
again at the other end of the sentence says little."""

_PER_MATCH = 12
"""Tokens guessed for each one that speaks for the place, and for the place itself.

Measured on one core at the dimensions of tiny.en, a pass costs 4 ms and 0.3 ms for each line; so
where one token in ten is wrong, ten or twelve at a time are the cheapest."""


class Draft:
    """A former hypothesis, and where in it a row stands.

    After a difference the row is looked for again: first right behind the token that differed, as
    if one word had replaced another, then wherever the draft has what was sampled last.
    """

    def __init__(self, tokens: Sequence[int]) -> None:
        """Take the tokens of the former hypothesis; those that cannot be sampled left out."""
        self._tokens = tuple(tokens)
        self._next = 0
        self._verified = 0
        self._matches = len(self._tokens)

    def guess(self, most: int) -> tuple[int, ...]:
        """Give what probably follows, at most so many tokens; nothing once the draft is over."""
        likely = _PER_MATCH * (self._matches + 1)
        return self._tokens[self._next : self._next + min(most, likely)]

    def follow(self, sampled: Sequence[int], right: int) -> None:
        """Note what the row has *sampled* so far.

        Last came so many *right* tokens of the guess, and one more of the row's own.
        """
        self._next += right
        if right:
            self._verified = self._next
        self._next = self._place(sampled)
        self._matches = self._matching(sampled, self._next)

    def _place(self, sampled: Sequence[int]) -> int:
        """Find the place behind the last sampled token: where most speaks for it, and near."""
        expected = self._next + 1
        if self._matching(sampled, expected):
            return expected

        def worth(place: int) -> int:
            return _REACH * self._matching(sampled, place) - abs(place - expected)

        # At first the expected one, which wins where all are worth as little.
        places = [expected, *range(self._verified + 1, len(self._tokens) + 1)]
        likeliest: int = max(places, key=worth)
        return likeliest

    def _matching(self, sampled: Sequence[int], place: int) -> int:
        """Count the tokens before *place* that were also sampled last."""
        if place > len(self._tokens):
            return 0
        before = self._tokens[max(0, place - _TOLD_APART) : place]
        count = 0
        for drafted, said in zip(reversed(before), reversed(sampled), strict=False):
            if drafted != said:
                break
            count += 1
        return count
