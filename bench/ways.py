"""The ways to hear one window again: stock's two, a peer's, and ours with what each leaves out.

Knows engines; knows nothing of clocks.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import whisper

from bench import forced, stock
from bench.setups import knows_partials
from wsserver.recognition.engines import EngineSpec
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Priority, Samples, Window

HOP_S = 0.5
SHARES = (1.0, 0.9, 0.7)
"""Of a draft that is right."""

USUAL_SHARE = 0.9
BATCH = 8
_PROMPT = 2
"""Tokens before the first: start of transcript and no timestamps."""

PRECISIONS = ("fp32", "bf16", "int8")
"""Of partials."""


@dataclass(frozen=True)
class Way:
    """One way to decode the window."""

    name: str
    decode: Callable[[], object]
    items: int = 1
    """Windows in one call."""


def ways_of(checkpoint: Path, seconds: float) -> tuple[list[Way], list[str]]:
    """Give the ways to hear *seconds* with *checkpoint*, and notes on what is left out."""
    noise = np.random.default_rng(3).normal(0, 0.1, round(seconds * SAMPLE_RATE))
    audio = noise.astype(np.float32)
    ways, notes = _stock(checkpoint, audio), []
    if find_spec("faster_whisper"):
        ways.append(_faster_whisper(checkpoint, audio))
    else:
        notes.append("faster-whisper is not installed: left out")
    spec = EngineSpec(model=str(checkpoint))
    for precision in PRECISIONS if knows_partials() else PRECISIONS[:1]:
        ways += _ours(_in_precision(spec, precision), audio, precision)
    return ways, notes


def _stock(checkpoint: Path, audio: Samples) -> list[Way]:
    model = whisper.load_model(str(checkpoint), device="cpu")
    return [
        Way("whisper.transcribe", partial(stock.transcribe, model, audio)),
        Way("whisper.decode, no timestamps", partial(stock.decode, model, audio)),
    ]


def _faster_whisper(checkpoint: Path, audio: Samples) -> Way:
    # By name, as neither is part of what the bench needs.
    peer = import_module("faster_whisper")
    convert = import_module("bench.ctranslate2_model").convert
    with TemporaryDirectory() as folder:
        converted = str(convert(checkpoint, Path(folder)))
        model = peer.WhisperModel(converted, "cpu", compute_type="int8")
    wanted = forced.tokens_in(len(audio)) + 1

    def hear() -> list[int]:
        # It decodes while its segments are read.
        segments, _ = model.transcribe(audio, **_peer_options(wanted))
        return [token for segment in segments for token in segment.tokens]

    if (found := len(hear())) != wanted:
        raise RuntimeError(f"faster-whisper decoded {found} tokens, expected {wanted} as all do")
    return Way("faster-whisper, int8", hear)


def _peer_options(tokens: int) -> dict[str, Any]:
    return {
        "language": "en",
        "beam_size": 1,
        "temperature": 0.0,
        "condition_on_previous_text": False,
        "without_timestamps": True,
        "compression_ratio_threshold": None,
        "log_prob_threshold": None,
        "no_speech_threshold": None,
        # CTranslate2 samples at most half of what it takes for the length of prompt and answer.
        "max_new_tokens": 2 * tokens - _PROMPT,
    }


def _in_precision(spec: EngineSpec, precision: str) -> EngineSpec:
    chosen: dict[str, Any] = {"partials": precision} if knows_partials() else {}
    return replace(spec, **chosen)


def _ours(spec: EngineSpec, audio: Samples, precision: str) -> list[Way]:
    engine = forced.build(spec, draft_share=1.0)
    window = Window("s", 1, Priority.PARTIAL, 0, audio, DecodeOptions("en"), exact=False)
    before = replace(window, audio=audio[: -round(HOP_S * SAMPLE_RATE)])
    draft = engine.recognize([before])[0].tokens
    ways = [Way(f"{precision}, no draft", partial(engine.recognize, [window]))]
    if precision == PRECISIONS[0]:
        final = replace(window, exact=True)
        ways.insert(
            0, Way(f"{precision}, 30 s context (a final)", partial(engine.recognize, [final]))
        )
    for share in SHARES:
        drafted = replace(window, draft=forced.wrong_in_places(draft, share))
        ways.append(
            Way(f"{precision}, draft {share:.0%} right", partial(engine.recognize, [drafted]))
        )
    drafted = replace(window, draft=forced.wrong_in_places(draft, USUAL_SHARE))
    batch = [replace(drafted, session=str(number)) for number in range(BATCH)]
    name = f"{precision}, draft {USUAL_SHARE:.0%} right, a batch of {BATCH}, per window"
    return [*ways, Way(name, partial(engine.recognize, batch), BATCH)]
