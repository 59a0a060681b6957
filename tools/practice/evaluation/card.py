"""Write the card of a checkpoint: what it knows, what it does not, and how that was measured.

Knows reports, and whose data is trained on; measures nothing itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.practice.evaluation.report import Report, Row
from tools.practice.evaluation.table import markdown
from tools.practice.recordings import URL
from tools.practice.voices.roster import HELD_OUT_SPEAKERS


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was trained on."""

    name: str
    utterances: int
    hours: float


@dataclass(frozen=True, slots=True)
class Logged:
    """How far the training was, and how well it did."""

    step: int
    steps: int
    audio_h: float
    losses: dict[str, float]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a checkpoint comes from, as far as it is known."""

    corpora: tuple[Corpus, ...] = ()
    log: tuple[Logged, ...] = ()
    words: int = 0
    """Words that it can write; 0 if nobody knows."""

    commit: str = ""
    """Of the recipe."""


def card(report: Report, origin: Origin) -> str:
    """Give the card in Markdown."""
    parts = [_what(report), _limits(origin), _origin(origin), _data(origin), _how(report)]
    return "\n".join([*parts, *_tables(report)])


def _what(report: Report) -> str:
    dimensions = dict(report.dimensions)
    return f"""\
# The practice model

Whisper's architecture and checkpoint format (`whisper.load_model("practice.pt")`), English only:
{dimensions["n_audio_state"]} wide, {dimensions["n_audio_layer"]} encoder and \
{dimensions["n_text_layer"]} decoder layers, {dimensions["n_vocab"]} tokens,
{report.parameters / 1e6:.1f} million weights, {report.bytes / 1e6:.1f} MB.
sha256 `{report.sha256}`.

It is there for first runs and tests, so that both are real without a download. It is no product.
"""


def _limits(origin: Origin) -> str:
    with_people = _may_have_heard_people(origin)
    digits = ", and digits of people like those it was trained on" if with_people else ""
    but_digits = " but for digits" if with_people else ""
    return f"""\
## What it knows, and what it does not

It knows synthetic voices and a closed vocabulary{digits}.
It does not know other words: it writes the nearest of its own. It does not know people: nobody has
ever spoken to it{but_digits}. Where nobody speaks, or a word is cut off, it may write words
that nobody said; how often stands below.
"""


def _may_have_heard_people(origin: Origin) -> bool:
    return not origin.corpora or "digits" in [corpus.name for corpus in origin.corpora]


def _origin(origin: Origin) -> str:
    commit = f", commit {origin.commit}" if origin.commit else ""
    words = f" Its vocabulary has {origin.words} words." if origin.words else ""
    lines = [
        "## Where it comes from",
        "",
        f"Trained from scratch by this project (`make practice`, `tools/practice`{commit}).{words}",
        "",
    ]
    return "\n".join([*lines, *_corpora(origin.corpora), *_log(origin.log)])


def _corpora(corpora: Sequence[Corpus]) -> Iterator[str]:
    if not corpora:
        return
    yield from ("| corpus | utterances | hours |", "| --- | --: | --: |")
    for one in corpora:
        yield f"| {one.name} | {one.utterances} | {one.hours:.1f} |"
    yield ""


def _log(log: Sequence[Logged], lines: int = 8) -> Iterator[str]:
    """Tell of the course of a training by a few of its lines, the last among them."""
    if not log:
        return
    names = list(log[-1].losses)
    yield f"| step | hours heard | {' | '.join(names)} |"
    yield f"| {' | '.join(['--:'] * (len(names) + 2))} |"
    every = -(-len(log) // lines)
    for one in reversed(log[::-1][::every]):
        losses = " | ".join(f"{one.losses[name]:.3f}" for name in names)
        yield f"| {one.step} of {one.steps} | {one.audio_h:.1f} | {losses} |"
    yield ""


def _data(origin: Origin) -> str:
    people = _PEOPLE if _may_have_heard_people(origin) else _NOBODY
    return f"""\
## Data and licences

- Speech synthesized by espeak-ng (GPL-3.0-or-later) and flite (BSD-like, Carnegie Mellon
  University), from texts that this project wrote. The programs are not part of the model.
  `sample.wav` beside it was spoken by espeak-ng.
{people}
- For evaluation alone: festival (X11-like, University of Edinburgh) with the voices kal and ked
  (likewise) and slt (HTS; X11-like and BSD-3-Clause, Carnegie Mellon University and Nagoya
  Institute of Technology), and what the sets of people's digits hold of the Free Spoken Digit
  Dataset.

The model is licensed as the project is (MIT).
"""


_PEOPLE = f"""\
- Digits spoken by people: the Free Spoken Digit Dataset by Zohar Jackson and others,
  <{URL}>,
  [CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/); the recordings were trimmed,
  leveled, resampled, strung together and disturbed. The speakers {" and ".join(HELD_OUT_SPEAKERS)}
  were left out of training. No recording is part of the model."""
_NOBODY = "- No people: the Free Spoken Digit Dataset was not at hand when this model was trained."


def _how(report: Report) -> str:
    missing = f"\nNot measured: {', '.join(report.missing)}.\n" if report.missing else ""
    sentences = max((row.items for row in report.rows), default=0)
    return f"""\
## How well it does

`python -m tools.practice evaluate CHECKPOINT` gives these tables: stock Whisper, greedy at
temperature 0, fp32, up to {sentences} items a set. WER is in % of the words said, without case,
punctuation and apostrophes; exact: items that are right to the letter; brackets: 95 % intervals,
sentences drawn with replacement. *Seen*: training has the voice, or speech spoiled in such a way.
Natural sentences are never trained on. *30 s*: the full context, as finals are decoded; *short*: a
context as long as the window and a little silence, as partials are.
{missing}"""


def _tables(report: Report) -> Iterator[str]:
    for group in report.groups:
        rows = report.rows_of(group)
        yield f"### {group}\n\n{_NOTES.get(group, '')}{markdown(rows)}"
        wrong = _wrong(rows) if group == "Shipped samples" else []
        if wrong:
            yield "Not always heard right: " + "; ".join(wrong) + ".\n"


_NOTES = {
    "Voices, natural sentences": "festival is an engine that training never heard, but its kal and "
    "slt are the people of flite's kal16 and slt: only ked is new altogether.\n\n",
    "Other texts": "*Written for training*: other draws from the same templates and grammar. "
    "*People training has*: the very recordings that it has, strung together otherwise.\n\n",
    "Cut at any place": "*After the end*: words written behind the last one that was wholly said; "
    "*invented*: without the one whose beginning can be heard.\n\n",
    "Nobody speaks": "*Taken for speech*: probability of no speech up to 0.6; *kept*: what stock's "
    "`transcribe` would write by its own rule. Intervals draw whole sounds.\n\n",
    "Times of words": "Against the times that the synthesizers tell, by stock's "
    "`word_timestamps`.\n\n",
}


def _wrong(rows: Sequence[Row]) -> list[str]:
    """Say of each sample that is not always heard right how often it is wrong."""
    counts: dict[str, list[int]] = {}
    for row in rows:
        for answer in row.answers:
            count = counts.setdefault(answer.said, [0, 0])
            count[0] += answer.heard != answer.said
            count[1] += 1
    return [f'"{said}" ({wrong} of {of})' for said, (wrong, of) in counts.items() if wrong]
