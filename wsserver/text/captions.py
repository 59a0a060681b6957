"""Turn finals into caption files, SubRip (.srt) and WebVTT (.vtt).

Knows finals and the rules of the two formats; knows nothing of files, sessions or players.

WebVTT is W3C's "WebVTT: The Web Video Text Tracks Format"; SubRip has no standard, and what
ffmpeg and VLC read is taken for it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from wsserver.messages import Final

LINE_CHARACTERS = 42
CUE_LINES = 2

_SHORTEST_CUE_MS = 1
_INVISIBLE = ("Cc", "Cs")
"""Control characters and lone surrogates; joiners and direction marks stay."""

_TOKEN = re.compile(rf"\s*\S{{1,{LINE_CHARACTERS}}}")
"""A word with the space before it; what is longer than a line, as is usual in languages that
write no spaces, is cut to lines."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines that stand on the screen together."""

    start_ms: int
    end_ms: int
    """Always after the start, never after the next cue's start."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    """With the space before it, if there is one."""

    start: float
    end: float


def cues(finals: Iterable[Final]) -> list[Cue]:
    """Cut finals, in their order, into cues of at most two lines of 42 characters.

    Times are those of the words; a final without words spreads its text evenly over its time.
    """
    made: list[Cue] = []
    for final in finals:
        for lines in _pages(_lines(_tokens(final))):
            made.append(_cue(lines, made[-1].end_ms if made else 0))
    return made


def to_srt(finals: Iterable[Final]) -> str:
    """Write finals as a SubRip file.

    The format has no escapes and entities would be shown as they are, so `<` and `&` stand for
    themselves; only an arrow, which some readers take for a line of times, is shortened.
    """
    blocks = (
        f"{number}\n{_times(cue, ',')}\n{_text(cue, lambda line: line.replace('-->', '->'))}\n"
        for number, cue in enumerate(cues(finals), 1)
    )
    return "\n".join(blocks)


def to_vtt(finals: Iterable[Final]) -> str:
    """Write finals as a WebVTT file."""
    blocks = (f"{_times(cue, '.')}\n{_text(cue, _escape)}\n" for cue in cues(finals))
    return "\n".join(["WEBVTT\n", *blocks])


def _tokens(final: Final) -> Iterator[_Token]:
    if not final.words:
        yield from _spread(_printable(final.text), final.start, final.end)
        return
    for word in final.words:
        yield from _spread(_printable(word.text), word.start, word.end)


def _spread(text: str, start: float, end: float) -> Iterator[_Token]:
    """Give every token of *text* a share of the time by its length."""
    per_character = (end - start) / max(1, len(text))
    for match in _TOKEN.finditer(text):
        yield _Token(
            match[0], start + match.start() * per_character, start + match.end() * per_character
        )


def _lines(tokens: Iterable[_Token]) -> Iterator[list[_Token]]:
    line: list[_Token] = []
    length = 0
    for token in tokens:
        if line and length + len(token.text) > LINE_CHARACTERS:
            yield line
            line, length = [], 0
        line.append(token)
        length += len(token.text if length else token.text.lstrip())
    if line:
        yield line


def _pages(lines: Iterable[list[_Token]]) -> Iterator[list[list[_Token]]]:
    page: list[list[_Token]] = []
    for line in lines:
        page.append(line)
        if len(page) == CUE_LINES:
            yield page
            page = []
    if page:
        yield page


def _cue(lines: list[list[_Token]], not_before_ms: int) -> Cue:
    start_ms = max(_ms(lines[0][0].start), not_before_ms)
    end_ms = max(_ms(lines[-1][-1].end), start_ms + _SHORTEST_CUE_MS)
    texts = ("".join(token.text for token in line).strip() for line in lines)
    return Cue(start_ms, end_ms, tuple(texts))


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _printable(text: str) -> str:
    """Make every space a plain one and drop what cannot be seen.

    A blank line would end the cue in both formats; a form feed or NUL is in neither.
    """
    spaced = re.sub(r"\s+", " ", text)
    return "".join(each for each in spaced if unicodedata.category(each) not in _INVISIBLE)


def _times(cue: Cue, point: str) -> str:
    return f"{_clock(cue.start_ms, point)} --> {_clock(cue.end_ms, point)}"


def _clock(time_ms: int, point: str) -> str:
    seconds, ms = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _text(cue: Cue, escape: Callable[[str], str]) -> str:
    return "\n".join(escape(line) for line in cue.lines)


def _escape(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
