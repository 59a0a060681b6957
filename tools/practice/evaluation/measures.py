"""From trials to figures: what is counted for each kind of set.

Knows trials; knows nothing of models or of how figures are shown.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tools.practice.evaluation.figures import Figure, Part, share
from tools.practice.evaluation.trials import Kind, Trial
from tools.practice.evaluation.words import Comparison, compare, words_of
from tools.practice.speech import Word

NO_SPEECH = 0.6
"""From this probability on stock's `transcribe` takes a window for one without speech."""

SURE = -1.0
"""A mean log probability above which it keeps the text all the same."""

Trials = Sequence[Trial]


def figures(kind: Kind, trials: Trials) -> tuple[Figure, ...]:
    """Give the figures of a set of this kind."""
    return _OF_KIND[kind](trials)


def spoken(trials: Trials) -> tuple[Figure, ...]:
    """Wrong words; items that are right to the letter; items taken for ones without speech."""
    return (
        share("WER %", [_errors(trial) for trial in trials]),
        share("exact %", [_part(trial, trial.heard.text == trial.item.said) for trial in trials]),
        share("taken for silence %", [_part(trial, _is_silent(trial)) for trial in trials]),
    )


def cut(trials: Trials) -> tuple[Figure, ...]:
    """Wrong words where speech breaks off, and words that nobody said."""
    compared = [(trial, _compared(trial)) for trial in trials]
    return (
        share("WER %", [_errors(trial) for trial in trials]),
        share("too many words %", [_too_many(trial) for trial in trials]),
        share("words after the end %", [_after(t, c, len(c.after_end)) for t, c in compared]),
        share("invented after the end %", [_after(t, c, _invented(t, c)) for t, c in compared]),
    )


def silent(trials: Trials) -> tuple[Figure, ...]:
    """How often something is written though nobody speaks."""
    return (
        share("text %", [_part(trial, bool(trial.heard.text)) for trial in trials]),
        share("taken for speech %", [_part(trial, not _is_silent(trial)) for trial in trials]),
        share("kept by stock's rule %", [_part(trial, _is_kept(trial)) for trial in trials]),
    )


def timed(trials: Trials) -> tuple[Figure, ...]:
    """How far words lie from where they are said, in ms, of the words that were heard right."""
    starts, ends, matched, total = [], [], 0, 0
    for trial in trials:
        total += len(trial.item.words)
        for said, heard in _same_words(trial):
            matched += 1
            starts.append(abs(heard.start - said.start))
            ends.append(abs(heard.end - said.end))
    return (
        *_quantiles("start", starts),
        *_quantiles("end", ends),
        Figure("words matched %", 100 * matched / total if total else float("nan")),
    )


_OF_KIND: dict[Kind, Callable[[Trials], tuple[Figure, ...]]] = {
    Kind.SPOKEN: spoken,
    Kind.CUT: cut,
    Kind.SILENT: silent,
    Kind.TIMED: timed,
}


def _compared(trial: Trial) -> Comparison:
    return compare(words_of(trial.item.said), words_of(trial.heard.text))


def _errors(trial: Trial) -> Part:
    compared = _compared(trial)
    return Part(trial.item.sentence, compared.edits, compared.said)


def _part(trial: Trial, counts: bool) -> Part:
    return Part(trial.item.sentence, counts, 1)


def _too_many(trial: Trial) -> Part:
    said, heard = words_of(trial.item.said), words_of(trial.heard.text)
    return Part(trial.item.sentence, max(0, len(heard) - len(said)), len(said))


def _after(trial: Trial, compared: Comparison, counted: int) -> Part:
    return Part(trial.item.sentence, counted, compared.said)


def _invented(trial: Trial, compared: Comparison) -> int:
    """Count words after the end, but for the one whose beginning could be heard."""
    begun = words_of(trial.item.unfinished)
    finished = bool(begun) and compared.after_end[:1] == begun
    return len(compared.after_end) - finished


def _is_silent(trial: Trial) -> bool:
    return trial.heard.no_speech > NO_SPEECH


def _is_kept(trial: Trial) -> bool:
    """Say whether stock's `transcribe` would write it: there is text and no doubt of speech."""
    silent = _is_silent(trial) and trial.heard.mean_log_probability <= SURE
    return bool(trial.heard.text) and not silent


def _same_words(trial: Trial) -> list[tuple[Word, Word]]:
    said = [word for word in trial.item.words if words_of(word.text)]
    heard = [word for word in trial.heard.words if words_of(word.text)]
    plain = [tuple(words_of(word.text)[0] for word in words) for words in (said, heard)]
    return [(said[s], heard[h]) for s, h in compare(plain[0], plain[1]).same]


def _quantiles(name: str, errors_s: Sequence[float]) -> tuple[Figure, Figure]:
    middle, most = np.percentile(errors_s, [50, 90]) * 1000 if errors_s else (np.nan, np.nan)
    return (
        Figure(f"{name}, median ms", float(middle), digits=0),
        Figure(f"{name}, 90 % ms", float(most), digits=0),
    )
