"""What streaming costs in words: errors, words taken back, seconds until a word stands.

    python -m bench.quality [--model NAME|PATH] [--audio DIR]

Streams each recording through a session as a server without load would, faster than speech and the
same in every run, and compares its finals with what is said and with stock Whisper's `transcribe`
of the whole file.  Seconds are seconds of audio: no machine's speed is in them.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from whisper.model import Whisper

from bench.quality_corpus import Recording, Sound, own_recordings, read, recordings_in
from bench.quality_stream import Heard, Listener, hear
from bench.quality_words import Errors, Spoken, Steadiness, steadiness, word_errors, words_of
from bench.report import save
from wsserver.config import Config
from wsserver.errors import OperatorError
from wsserver.recognition import models
from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines.whisper_.engine import WhisperEngine
from wsserver.recognition.engines.whisper_.load import load
from wsserver.recognition.silero import SileroVoice


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one recording."""

    file: str
    seconds: float
    heard: Heard
    full: Heard
    """The same with the full context for partials."""

    streamed: Errors | None
    """Finals against what is said."""

    one_shot: Errors | None
    """Stock's transcription of the whole file against what is said."""

    between: Errors
    """Finals against stock's transcription: the price of streaming."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Who hears in all ways."""

    engine: WhisperEngine
    stock: Whisper
    language: str | None

    def judge(self, recording: Recording) -> Judged:
        """Hear one recording as a stream and as a whole."""
        sound = read(recording.path)
        short, full = (self._hear(sound, full_context) for full_context in (False, True))
        whole = words_of(self._whole(sound))
        finals = _finals(short)
        said = None if recording.said is None else words_of(recording.said)
        return Judged(
            file=recording.path.name,
            seconds=sound.seconds,
            heard=short,
            full=full,
            streamed=None if said is None else word_errors(said, finals),
            one_shot=None if said is None else word_errors(said, whole),
            between=word_errors(whole, finals),
        )

    def _hear(self, sound: Sound, full_context: bool) -> Heard:
        listener = Listener(self.engine, SileroVoice(), Config(), self.language, full_context)
        return hear(sound.blocks, sound.sample_rate, listener)

    def _whole(self, sound: Sound) -> str:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            heard = self.stock.transcribe(sound.samples, language=self.language, fp16=False)
        return str(heard["text"])


def _finals(heard: Heard) -> tuple[str, ...]:
    return tuple(word for one in heard.utterances for word in one.final.words)


def _steadiness(all_heard: Iterable[Heard]) -> Steadiness:
    utterances: list[Spoken] = [one for heard in all_heard for one in heard.utterances]
    return steadiness(utterances)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def _rate(errors: Errors | None) -> str:
    return "-" if errors is None else _percent(errors.edits, errors.words)


def _middle(seconds: tuple[float, ...], percentile: float = 50) -> str:
    return f"{np.percentile(seconds, percentile):.2f}" if seconds else "-"


def _sum(errors: Iterable[Errors | None]) -> Errors:
    return sum((each for each in errors if each is not None), Errors())


def by_file(judged: list[Judged], title: str) -> Table:
    """Tell of every file, and of all."""
    table = Table(title=title, caption=_CAPTION, caption_justify="left")
    table.add_column("file", overflow="fold")
    for name in ("s", "WER", "whole", "between", "taken back", "revised", "first", "commit"):
        table.add_column(name, justify="right", min_width=min(7, len(name)))
    for each in judged:
        errors = each.streamed, each.one_shot, each.between
        table.add_row(each.file, f"{each.seconds:.1f}", *_row(errors, _steadiness([each.heard])))
    columns = zip(*((each.streamed, each.one_shot, each.between) for each in judged), strict=True)
    streamed, one_shot, between = map(_sum, columns)
    seconds = sum(each.seconds for each in judged)
    whole = _steadiness(each.heard for each in judged)
    table.add_section()
    table.add_row("in total", f"{seconds:.1f}", *_row((streamed, one_shot, between), whole))
    return table


def _row(errors: tuple[Errors | None, ...], steady: Steadiness) -> list[str]:
    return [
        *map(_rate, errors),
        _percent(steady.taken_back, steady.words),
        _percent(steady.revised, steady.committed),
        _middle(steady.first_word_s),
        _middle(steady.committed_s),
    ]


_CAPTION = (
    "WER in % of the words: of the finals, and of stock's transcription of the whole file; between:"
    " the finals against that transcription.  Taken back: words of a reading that the next one did"
    " not have in their place, per 100 words spoken.  Revised: committed words that the final"
    " changed, in %.  First: from the start of an utterance to its first word; commit: from the end"
    " of a word until it is committed or final; medians in seconds of audio."
)


def by_context(short: Steadiness, full: Steadiness) -> Table:
    """Tell what the short context of partials costs."""
    table = Table("partials", title="Short context against the full 30 s, for partials")
    table.add_column("short", justify="right")
    table.add_column("full", justify="right")
    rows = zip(_partials(short), _partials(full), strict=True)
    for (name, ours), (_, theirs) in rows:
        table.add_row(name, ours, theirs)
    return table


def _partials(steady: Steadiness) -> list[tuple[str, str]]:
    return [
        ("readings", str(steady.readings)),
        ("wrong words, as beginnings of their final, %", _rate(steady.partial)),
        ("words taken back, per 100 spoken", _percent(steady.taken_back, steady.words)),
        ("committed words taken back", str(steady.taken_back_committed)),
        ("committed words revised by the final, %", _percent(steady.revised, steady.committed)),
        ("tentative words in a reading, mean", f"{steady.tentative / (steady.readings or 1):.2f}"),
        ("first word, s, p50", _middle(steady.first_word_s)),
        ("word to its first showing, s, p50", _middle(steady.shown_s)),
        ("word to its first showing, s, p95", _middle(steady.shown_s, 95)),
        ("word to commit, s, p50", _middle(steady.committed_s)),
        ("word to commit, s, p95", _middle(steady.committed_s, 95)),
    ]


def _saved(judged: Judged) -> dict[str, object]:
    values = dataclasses.asdict(judged) | {
        "heard": dataclasses.asdict(_steadiness([judged.heard])),
        "full": dataclasses.asdict(_steadiness([judged.full])),
    }
    return values | {"held_back": judged.heard.held_back}


@click.command()
@click.option("--model", default="practice", show_default=True)
@click.option("--audio", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--language", default="en", show_default=True, help="A code, or auto.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out"))
def main(model: str, audio: Path | None, language: str, out: Path) -> None:
    """Measure what streaming costs in words."""
    console = Console()
    try:
        recordings = recordings_in(audio) if audio else own_recordings()
        engine = load(EngineSpec(model=model))
    except OperatorError as error:
        raise click.ClickException(str(error)) from None
    stock = models.load(models.find(model), engine.info.device)
    judge = Judge(engine, stock, None if language == "auto" else language)
    judged = [judge.judge(each) for each in track(recordings, "Hearing", console=console)]
    console.print(by_file(judged, f"{engine.info.model}, {len(judged)} recordings"))
    short, full = (each.heard for each in judged), (each.full for each in judged)
    console.print(by_context(_steadiness(short), _steadiness(full)))
    held_back = sum(each.heard.held_back for each in judged)
    console.print(f"Finals that a guard held back: {held_back}")
    save([_saved(each) for each in judged], out / "quality.json")


if __name__ == "__main__":
    main()
