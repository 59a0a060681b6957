"""Cut a final into tokens, which no line cuts further, with their widths and times.

Knows characters of all scripts; knows nothing of languages, lines or cues.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wsserver.messages import Final

_INVISIBLE = ("Cc", "Cs")
"""Control characters and lone surrogates; joiners and direction marks stay."""

_RUN = re.compile(r"(\s*)(\S+)")
_SPACELESS = re.compile("[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]")
"""Thai, Lao, Tibetan, Burmese and Khmer: narrow letters, but no spaces between words."""

_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7af]")
"""Wide letters, but spaces between words."""

_CLINGING = re.compile(
    "[\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff"  # joiners, selectors and skin tones
    "\u0e30\u0e32\u0e33\u0e45\u0e46\u0eb0\u0eb2\u0eb3\u0ec6"  # vowels behind, in Thai and Lao
    "\u3005\u303b\u309d\u309e\u30fc-\u30fe"  # marks of repetition and length
    "\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e"  # small kana
    "\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee\u30f5\u30f6]"
)
"""What no line begins with: the class NS of Unicode's UAX #14, "Line Breaking Algorithm", and what
is one character to its reader."""

_LEADING = re.compile("[\u200d\u0e40-\u0e44\u0ec0-\u0ec4]")
"""What no line ends with: the joiner, and vowels that are written before their consonant."""

_MARKS = ("Mn", "Mc", "Me")
_CLOSING = ("Pe", "Pf", "Po", "Pd")
_OPENING = ("Ps", "Pi")
_WIDE = ("W", "F")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a character of a script that writes no spaces."""

    text: str
    """With a space before it, if there is one."""

    width: int
    """Columns, without that space."""

    start: float
    end: float

    @property
    def is_spaced(self) -> bool:
        """Whether a space stands before it."""
        return self.text.startswith(" ")


def tokens(final: Final, most_columns: int) -> list[Token]:
    """Cut *final* into tokens of at most *most_columns*.

    Times are those of the words; a final without words spreads its text evenly over its time.
    """
    text, times = _timed(final)
    made = []
    for run in _RUN.finditer(text):
        first, space = run.start(2), run[1][:1]
        for piece in _pieces(run[2], most_columns):
            last = first + len(piece)
            made.append(Token(space + piece, width(piece), times[first][0], times[last - 1][1]))
            first, space = last, ""
    return made


def width(text: str) -> int:
    """Count the columns of *text*: two for a wide character, none for a mark (UAX #11)."""
    return len(text) if text.isascii() else sum(_columns(each) for each in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _timed(final: Final) -> tuple[str, list[tuple[float, float]]]:
    """Give the text that is shown and the time of each of its characters."""
    said = [(word.text, word.start, word.end) for word in final.words or ()]
    texts: list[str] = []
    times: list[tuple[float, float]] = []
    for text, start, end in said or [(final.text, final.start, final.end)]:
        texts.append(printable(text))
        times += _spread(texts[-1], start, end)
    return "".join(texts), times


def _spread(text: str, start: float, end: float) -> list[tuple[float, float]]:
    """Give every character its share, but the space before a word none."""
    spaces = len(text) - len(text.lstrip())
    count = len(text) - spaces
    each = (end - start) / max(1, count)
    spoken = [(start + i * each, start + (i + 1) * each) for i in range(count)]
    return [(start, start)] * spaces + spoken


def printable(text: str) -> str:
    """Make every space a plain one and drop what cannot be seen.

    A blank line would end the cue in both formats; a form feed or NUL is in neither.
    """
    spaced = re.sub(r"\s+", " ", text)
    return "".join(each for each in spaced if unicodedata.category(each) not in _INVISIBLE)


def _pieces(run: str, most_columns: int) -> Iterator[str]:
    """Cut what stands between two spaces where a line may end.

    What is no word by itself is joined, as Latin letters in the midst of Chinese ones.
    """
    if run.isascii() and len(run) <= most_columns:
        yield run
        return
    word: list[str] = []
    for cluster in _clusters(run):
        if word and (is_letter_a_word(cluster) or is_letter_a_word(word[-1])):
            yield from _filled(word, most_columns)
            word = []
        word.append(cluster)
    yield from _filled(word, most_columns)


def _filled(clusters: Iterable[str], most_columns: int) -> Iterator[str]:
    """Join clusters to pieces that fill a line; what is wider all by itself is cut."""
    piece, columns = "", 0
    for cluster in clusters:
        for part in [cluster] if width(cluster) <= most_columns else cluster:
            if piece and columns + width(part) > most_columns:
                yield piece
                piece, columns = "", 0
            piece += part
            columns += width(part)
    if piece:
        yield piece


def _clusters(run: str) -> list[str]:
    """Join characters between which no line may end in any script."""
    edges = [i for i in range(1, len(run)) if not (_clings(run[i]) or _leads(run[i - 1]))]
    return [run[a:b] for a, b in zip([0, *edges], [*edges, len(run)], strict=True)]


def _clings(character: str) -> bool:
    category = unicodedata.category(character)
    return category in _MARKS or category in _CLOSING or bool(_CLINGING.match(character))


def _leads(character: str) -> bool:
    return unicodedata.category(character) in _OPENING or bool(_LEADING.match(character))


def is_letter_a_word(cluster: str) -> bool:
    """Tell whether a line may end before and after *cluster* without a space there."""
    letter = next((each for each in cluster if each.isalpha()), cluster[0])
    if _HANGUL.match(letter):
        return False
    return bool(_SPACELESS.match(letter)) or unicodedata.east_asian_width(letter) in _WIDE
