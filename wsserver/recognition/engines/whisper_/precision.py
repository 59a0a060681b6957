"""The precision that partials are heard in: the one asked for, or the fastest on this machine.

Knows weights and clocks; knows nothing of windows.  Finals are never heard in it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from whisper.model import Whisper

from wsserver.errors import ModelError
from wsserver.recognition.engines.whisper_.decoder import Cache, plan, run
from wsserver.recognition.engines.whisper_.encoder import (
    bears_short_context,
    encode_all,
    short_context,
)
from wsserver.recognition.engines.whisper_.integers import adds_exactly
from wsserver.recognition.engines.whisper_.weights import Weights, weights_of
from wsserver.speech import SAMPLE_RATE

logger = logging.getLogger(__name__)

TYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
"""What stock's weights are cast to."""

_FASTER = {"cpu": ("int8", "bf16"), "cuda": ("fp16", "bf16")}
"""What may be faster for partials, the likeliest first."""

_WORTH = 1.2
"""How many times as fast as the precision of finals another must be to be worth its rounding."""

_PATIENCE_S = 1.0
"""After so long no further update is begun; float32 and the likeliest other have to do."""

_ROUNDS = 5
_WINDOW = 8 * SAMPLE_RATE
_LINES = 28
"""Tokens of a usual partial: 3.5 for each second of the window."""


def check_finals(precision: str, device: str) -> None:
    """Raise `ModelError` if finals cannot be heard in *precision* on *device*."""
    known = ("fp32",) if device == "cpu" else tuple(TYPES)
    if precision not in known:
        raise ModelError(
            f"precision is {precision}, but the device is {device}; use {' or '.join(known)}"
        )


def check_partials(precision: str, device: str) -> None:
    """Raise `ModelError` if partials cannot be heard in *precision* on *device*."""
    known = ("auto", "fp32", *_FASTER[device])
    if precision not in known:
        raise ModelError(
            f"partials is {precision}, but the device is {device}; use {' or '.join(known)}"
        )
    if precision == "int8" and not adds_exactly():
        raise ModelError("partials is int8, but this processor cannot add it exactly; use auto")


def weights_in(stock: Whisper, precision: str) -> Weights:
    """Give the weights of *stock* in a precision."""
    if precision == "int8":
        return weights_of(stock, torch.float32, rounded=True)
    return weights_of(stock, TYPES[precision])


@dataclass(slots=True)
class _Contest:
    """Precisions, their weights and what an update took in them at best, in milliseconds."""

    update: Callable[[Weights], None]
    clock: Callable[[], float]
    weights: dict[str, Weights] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)

    def enter(self, name: str, weights: Weights) -> None:
        """Take part with a first update."""
        self.weights[name] = weights
        self.took[name] = float("inf")
        self.repeat(name)

    def repeat(self, name: str) -> None:
        """Measure one more update; the first of all also warms up."""
        began = self.clock()
        self.update(self.weights[name])
        self.took[name] = min(self.took[name], (self.clock() - began) * 1000)


def fastest(stock: Whisper, plain: Weights, finals: str) -> tuple[str, Weights]:
    """Measure one update in each precision; give the fastest, by name and weights.

    It is that of *finals*, whose weights are *plain*, unless another is faster by a fifth.
    """
    device = plain.decoder.device.type
    with _undisturbed(device) as clock:
        contest = _compete(_Contest(partial(_update, stock.dims), clock), stock, plain, finals)
    took = contest.took
    best = min(took, key=lambda name: took[name])
    chosen = best if took[best] * _WORTH < took[finals] else finals
    told = ", ".join(f"{name} {ms:.1f} ms" for name, ms in took.items())
    logger.info("partials are heard in %s; on one %s an update takes in %s", chosen, device, told)
    return chosen, contest.weights[chosen]


def _compete(contest: _Contest, stock: Whisper, plain: Weights, finals: str) -> _Contest:
    deadline = time.perf_counter() + _PATIENCE_S
    contest.enter(finals, plain)
    for name in _FASTER[plain.decoder.device.type]:
        late = len(contest.took) > 1 and time.perf_counter() > deadline
        if name != finals and not late and (name != "int8" or adds_exactly()):
            contest.enter(name, weights_in(stock, name))
    for name in [*contest.took] * _ROUNDS:
        if time.perf_counter() < deadline:
            contest.repeat(name)
    return contest


@contextmanager
def _undisturbed(device: str) -> Iterator[Callable[[], float]]:
    """Give a clock that whatever else runs on the machine does not touch.

    On a processor it counts the time of one thread: several wait for each other as soon as a core
    is busy with something else, which then decides what seems fast.
    """
    if device != "cpu":
        yield time.perf_counter
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield time.thread_time
    finally:
        torch.set_num_threads(threads)


def _update(dims: Any, weights: Weights) -> None:
    """Encode a window and verify a draft, without the choice of tokens, which costs alike."""
    device = weights.decoder.device
    bears = bears_short_context(dims)
    longest = dims.n_audio_ctx
    positions = short_context(_WINDOW, longest, device.type) if bears else longest
    with torch.inference_mode():
        features = encode_all(weights.encoder, [torch.zeros(dims.n_mels, 2 * positions)])
        cache = Cache(weights.decoder, features, ())
        hidden = run(weights.decoder, cache, plan([range(_LINES)], cache))
        hidden[-1, -1].item()  # waits for a GPU
