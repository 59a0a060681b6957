"""Write cues as caption files, SubRip (.srt) and WebVTT (.vtt).

Knows the rules of the two formats; knows nothing of how cues come about.

WebVTT is W3C's "WebVTT: The Web Video Text Tracks Format"; SubRip has no standard, and what
ffmpeg and VLC read is taken for it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wsserver.messages import Final
from wsserver.text.captions.cues import Cue, cues

_RIGHT_TO_LEFT = ("R", "AL")
_STRONG = ("L", *_RIGHT_TO_LEFT)
_RIGHT_TO_LEFT_MARK = "\u200f"
_ARROW = re.compile("-{2,}>")


@dataclass(frozen=True, slots=True)
class Format:
    """How cues are written in files of one kind."""

    body: Callable[[Cue], str]
    """Writes the times and the text of a cue."""

    head: tuple[str, ...] = ()
    is_numbered: bool = False

    def join(self, bodies: Iterable[str]) -> str:
        """Give the file that has these bodies."""
        if self.is_numbered:
            bodies = (f"{number}\n{body}" for number, body in enumerate(bodies, 1))
        return "\n".join([*self.head, *bodies])


def to_srt(finals: Iterable[Final]) -> str:
    """Write finals as a SubRip file."""
    return srt(cues(finals))


def to_vtt(finals: Iterable[Final]) -> str:
    """Write finals as a WebVTT file."""
    return vtt(cues(finals))


def srt(cues: Iterable[Cue]) -> str:
    """Write cues as a SubRip file."""
    return SRT.join(map(SRT.body, cues))


def vtt(cues: Iterable[Cue]) -> str:
    """Write cues as a WebVTT file."""
    return VTT.join(map(VTT.body, cues))


def _srt(cue: Cue) -> str:
    """Write a cue of SubRip.

    The format has no escapes and entities would be shown as they are, so `<` and `&` stand for
    themselves; only an arrow, which some readers take for a line of times, is shortened.
    """
    return f"{_times(cue, ',')}\n{_text(cue, lambda line: _ARROW.sub('->', line))}\n"


def _vtt(cue: Cue) -> str:
    return f"{_times(cue, '.')}\n{_text(cue, _escape)}\n"


SRT = Format(_srt, is_numbered=True)
VTT = Format(_vtt, head=("WEBVTT\n",))


def directed(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Mark the lines of a cue in Arabic, Hebrew and the like that begin with other letters.

    Players order each line by its first strong character (rule P2 of Unicode's UAX #9), or from
    the left: without the mark a name in Latin letters at the beginning would turn the line around.
    """
    kinds = [unicodedata.bidirectional(each) for line in lines for each in line]
    rightward = kinds.count("L")
    if sum(kinds.count(kind) for kind in _RIGHT_TO_LEFT) <= rightward:
        return lines
    return tuple(line if _begins_right(line) else _RIGHT_TO_LEFT_MARK + line for line in lines)


def _begins_right(line: str) -> bool:
    kinds = (unicodedata.bidirectional(each) for each in line)
    return next((kind for kind in kinds if kind in _STRONG), "L") in _RIGHT_TO_LEFT


def _times(cue: Cue, point: str) -> str:
    return f"{_clock(cue.start_ms, point)} --> {_clock(cue.end_ms, point)}"


def _clock(time_ms: int, point: str) -> str:
    seconds, ms = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _text(cue: Cue, escape: Callable[[str], str]) -> str:
    return "\n".join(escape(line) for line in directed(cue.lines))


def _escape(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
