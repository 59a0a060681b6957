"""Check the promises on a model of your own: `wsserver verify --model NAME|PATH [--audio DIR]`.

Knows the engine, stock Whisper and how utterances are cut; knows nothing of sockets or sessions.
"""

import difflib
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from wsserver import sound_file
from wsserver.audio.endpointer import DICTATION
from wsserver.audio.intake import Intake
from wsserver.audio.pcm import Format
from wsserver.audio.segmenter import SpeechEvent, UtteranceEnded
from wsserver.errors import BadAudio, ConfigError
from wsserver.recognition import models
from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines.whisper_.engine import WhisperEngine
from wsserver.recognition.engines.whisper_.load import load
from wsserver.recognition.engines.whisper_.stock import stock_decode
from wsserver.recognition.silero import SileroVoice
from wsserver.self_check import SAMPLE
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Hypothesis, Priority, Window
from wsserver.text.stabilizer import normalize

_SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".aiff")
HOP_SAMPLES = SAMPLE_RATE // 2
SHORTEST = 2 * HOP_SAMPLES


@dataclass(slots=True)
class Findings:
    """What was found on one model."""

    finals: int = 0
    differing: list[str] = field(default_factory=list)
    """Finals that stock decodes otherwise: ours, then stock's."""

    update_ratios: list[float] = field(default_factory=list)
    """Stock's time over ours for the same partial window."""

    update_ms: list[float] = field(default_factory=list)
    words: int = 0
    words_off: int = 0
    """Words by which the last partial, in its short context, differs from the final."""


def verify(spec: EngineSpec, folder: Path | None, console: Console) -> bool:
    """Print one table; True if every final equals stock's.

    Raises `ModelError` for the model and `BadAudio` for files that cannot be read.
    """
    windows = list(_utterances(_files(folder)))
    if not windows:
        raise BadAudio("found no speech in the audio, expected some")
    with console.status("Loading the model …"):
        engine = load(spec)
        stock = models.load(models.find(spec.model), engine.info.device)
    findings = Findings()
    for window in track(windows, "Decoding by both", console=console, transient=True):
        (final,) = engine.recognize([window])
        reference = stock_decode(stock, window)
        findings.finals += 1
        if (final.tokens, final.text) != (tuple(reference.tokens), reference.text):
            findings.differing.append(f"{final.text!r} / {reference.text!r}")
        last = _update(engine, window, findings, lambda partial: stock_decode(stock, partial))
        _compare(final, last, findings)
    console.print(_table(engine, findings))
    return not findings.differing


def _files(folder: Path | None) -> list[Path]:
    if folder is None:
        return [SAMPLE]
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SOUNDS)
    if not files:
        raise ConfigError(f"found no sound file in {folder}, expected {', '.join(_SOUNDS)}")
    return files


def _utterances(files: list[Path]) -> Iterator[Window]:
    """Cut every file as a session would."""
    voice, options = SileroVoice(), DecodeOptions()
    for path in files:
        with sound_file.open_sound(path) as sound:
            intake = Intake(Format.of("f32le", sound.block_rate, 1), DICTATION, voice)
            events: list[SpeechEvent] = []
            for block in sound.blocks():
                events += intake.push(block.tobytes())
            events += intake.cut()
        for number, event in enumerate(events):
            if isinstance(event, UtteranceEnded):
                yield Window(path.name, number, Priority.FINAL, event.start, event.audio, options)


def _update(
    engine: WhisperEngine, window: Window, findings: Findings, by_stock: Callable[[Window], object]
) -> Hypothesis | None:
    """Let the window grow by hops; time the last update of each second against stock."""
    ends = range(SHORTEST, len(window.audio) + HOP_SAMPLES, HOP_SAMPLES)
    heard: Hypothesis | None = None
    for before, end in pairwise(ends):
        grown = replace(window, audio=window.audio[:end], exact=False, priority=Priority.PARTIAL)
        grown = replace(grown, draft=heard.tokens if heard else ())
        began = time.perf_counter()
        (heard,) = engine.recognize([grown])
        took = time.perf_counter() - began
        if before % SAMPLE_RATE == 0:
            began = time.perf_counter()
            by_stock(grown)
            findings.update_ms.append(took * 1000)
            findings.update_ratios.append((time.perf_counter() - began) / took)
    return heard


def _compare(final: Hypothesis, last: Hypothesis | None, findings: Findings) -> None:
    """Count how many words of the final its last partial, in a short context, got otherwise."""
    if last is None:
        return
    said, read = ([normalize(word.text) for word in each.words] for each in (final, last))
    blocks = difflib.SequenceMatcher(None, said, read, autojunk=False).get_matching_blocks()
    findings.words += len(said)
    findings.words_off += len(said) - sum(block.size for block in blocks)


def _table(engine: WhisperEngine, findings: Findings) -> Table:
    info = engine.info
    table = Table(title=f"{info.model}, {info.precision} on {info.device}", show_header=False)
    same = findings.finals - len(findings.differing)
    table.add_row("finals equal to stock's decoding", f"{same} of {findings.finals}")
    for pair in findings.differing:
        table.add_row("  ours / stock's", pair)
    if findings.update_ms:
        ms, ratio = map(statistics.median, (findings.update_ms, findings.update_ratios))
        table.add_row("one update of a partial, median", f"{ms:.0f} ms")
        table.add_row("stock's decode of the same window", f"{ratio:.1f} times as long")
    if findings.words:
        off = f"{findings.words_off} of {findings.words}"
        table.add_row("words of finals that the last partial had otherwise", off)
    return table
