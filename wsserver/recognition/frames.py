"""What the server and its engine process say to each other: pickles, with the audio beside them.

Knows no process, no socket and no model.  Only the two ends of a private socket pair speak this;
a pickle from anybody else must never get here.
"""

import pickle
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from wsserver.errors import DictationError
from wsserver.speech import Engine, EngineInfo, Hypothesis, Window

LENGTH = struct.Struct("!Q")
"""A frame is the number of its parts, then each part after its length in bytes.

The first part is the pickle, the others are the arrays in it, which are neither pickled nor copied
on their way (PEP 574).
"""


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


def pack(frame: Frame) -> list[bytes | memoryview]:
    """Write *frame* as chunks to be sent one after the other."""
    buffers: list[pickle.PickleBuffer] = []
    payload = pickle.dumps(frame, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(payload), *(buffer.raw() for buffer in buffers)]
    chunks: list[bytes | memoryview] = [LENGTH.pack(len(parts))]
    for part in parts:
        chunks += [LENGTH.pack(len(part)), part]
    return chunks


def unpack(parts: Sequence[bytes | bytearray]) -> Frame:
    """Read a frame from its parts; its arrays share their memory."""
    payload, *buffers = parts
    frame: Frame = pickle.loads(payload, buffers=buffers)  # noqa: S301  # see the module's docstring
    return frame
