"""Turn finals into captions: cues of one or two lines that can be read in their time.

Knows finals and what broadcasters ask of captions; knows nothing of files, sessions or players.

On the way: `tokens` cuts a final to what no line may cut further, `phrases` says how well a line
could end between two of them, `layout` chooses where lines and cues end by a table of `costs`,
`cues` gives the cues their times, `formats` writes them down, and `growing` adds to what is
written.

The rules are those of the BBC Subtitle Guidelines (cited as BBC with a section) and of the Netflix
Timed Text Style Guide (General Requirements and the guides for single languages, cited as Netflix
with the heading).
"""

from wsserver.text.captions.costs import CUE_LINES, LINE_COLUMNS
from wsserver.text.captions.cues import Cue, cues
from wsserver.text.captions.formats import SRT, VTT, Format, srt, to_srt, to_vtt, vtt
from wsserver.text.captions.growing import GrowingFile

__all__ = [
    "CUE_LINES",
    "LINE_COLUMNS",
    "SRT",
    "VTT",
    "Cue",
    "Format",
    "GrowingFile",
    "cues",
    "srt",
    "to_srt",
    "to_vtt",
    "vtt",
]
