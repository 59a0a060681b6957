"""Tokens to pieces of text: where a word begins and which tokens it is made of.

Knows nothing of times.  Cuts where stock's `split_to_word_tokens` cuts, but also knows what to do
with bytes that are no UTF-8, where stock raises or drops letters.
"""

import codecs
import string
from collections.abc import Iterator, Sequence
from typing import Any

_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that stock takes letter by letter."""

Piece = tuple[str, int]
"""Text and the number of tokens it is made of."""


def split(tokenizer: Any, tokens: Sequence[int], language: str) -> list[Piece]:
    """Split *tokens* into words; joined they are the decoded text, to the letter."""
    words: list[Piece] = []
    place = 0
    for text, count in _letters(tokenizer, tokens):
        special = tokens[place] >= tokenizer.eot
        place += count
        if not words or special or language in _UNSPACED or _begins_word(text):
            words.append((text, count))
        else:
            before, counted = words[-1]
            words[-1] = (before + text, counted + count)
    return words


def _begins_word(text: str) -> bool:
    return text.startswith(" ") or text.strip() in string.punctuation


def _letters(tokenizer: Any, tokens: Sequence[int]) -> Iterator[Piece]:
    """Cut *tokens* wherever no letter is left half finished; timestamps have no text."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    text, count = "", 0
    for token in tokens:
        count += 1
        if token < tokenizer.timestamp_begin:
            text += decoder.decode(tokenizer.encoding.decode_single_token_bytes(token))
        if text and not decoder.getstate()[0]:
            yield text, count
            text, count = "", 0
    if count:
        yield text + decoder.decode(b"", final=True), count
