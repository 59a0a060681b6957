"""What the server and its engine process say to each other: pickles behind their length.

Knows no process, no socket and no model.  Only the two ends of a private socket pair speak this;
a pickle from anybody else must never get here.
"""

import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from wsserver.errors import DictationError
from wsserver.speech import Engine, EngineInfo, Hypothesis, Window

LENGTH = struct.Struct("!Q")
"""Precedes each pickle and counts its bytes."""


@dataclass(frozen=True, slots=True)
class Build:
    """To the child, once: load the engine."""

    factory: Callable[[], Engine]


@dataclass(frozen=True, slots=True)
class Ready:
    """From the child: the engine is loaded."""

    info: EngineInfo


@dataclass(frozen=True, slots=True)
class Failed:
    """From the child: the engine cannot be loaded, for a reason that it knows."""

    error: DictationError


@dataclass(frozen=True, slots=True)
class Batch:
    """To the child: decode these windows together."""

    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """From the child: what the engine returned for the batch."""

    hypotheses: tuple[Hypothesis, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """From the child: the engine raised; the child goes on."""

    reason: str


Frame: TypeAlias = Build | Ready | Failed | Batch | Heard | Raised


def pack(frame: Frame) -> bytes:
    """Write *frame* with its length before it."""
    payload = pickle.dumps(frame, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(payload)) + payload


def unpack(payload: bytes) -> Frame:
    """Read a frame whose length was taken off."""
    frame: Frame = pickle.loads(payload)  # noqa: S301  # see the module's docstring
    return frame
