"""What a gateway and a replica say to each other: a head in JSON, and the samples beside it.

Knows bytes and the values in them; knows no network.  Nothing here is a pickle, which would let
whoever reaches a replica run what he likes.

Samples go as they are, not as spectrograms.  Nearly all clients send 16-bit PCM at 16 kHz, and that
arrives here as it came, at 2 bytes a sample: 160 kB for 5 s of speech, and 0.5 kB for all else.  A
spectrogram of 80 float16 values a frame is half of that (80 kB for 5 s; with the 128 of large-v3
it is 128 kB), but it is not exact, so that finals would not be stock Whisper's any more; it differs
from model to model, so that gateways would have to know which one is served; and they would do the
work of it.  Other audio goes in 32 bits where an exact answer is due, in 16 where it is not.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from wsserver.errors import BadMessage, EngineError, EngineLost, EngineUnavailable
from wsserver.recognition.costs import Finite, Prices
from wsserver.recognition.pool import NOBODY, Demand
from wsserver.recognition.runner import Result
from wsserver.speech import (
    LONGEST_WINDOW,
    DecodeOptions,
    EngineInfo,
    Hypothesis,
    Priority,
    Samples,
    Window,
)

VERSION = 1
"""Of all that is said here; replicas and gateways of one release understand each other."""

CONTENT_TYPE = "application/octet-stream"
MOST_BYTES = 512 * 2**20
"""Of a message: more than the largest batch takes, 256 windows of 30 s in 32 bits."""

_PREFIX = struct.Struct("<4sHI")
"""A name, the version, and the bytes of the head; then the head, then the samples."""

_NAME = b"wsrc"
_SCALE = 32_768
_LOWEST, _HIGHEST = -32_768, 32_767
_T = TypeVar("_T")

Coding: TypeAlias = Literal["s16", "f32"]
_TYPES: Mapping[Coding, np.dtype[Any]] = {"s16": np.dtype("<i2"), "f32": np.dtype("<f4")}


@dataclass(frozen=True, slots=True)
class Request:
    """To a replica: decode these; without any it only asks for a report."""

    gateway: str
    """A name that no other gateway has, and this one keeps until it ends."""

    windows: tuple[Window, ...] = ()
    demand: Demand = NOBODY
    """What the gateway's sessions ask for, of all replicas together."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a gateway asked for."""

    demand: Demand
    age_seconds: Finite
    """Since it said so: of two replicas' words of a gateway the later counts."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a replica tells of itself with every answer."""

    replica: str
    """A name that no other replica has."""

    info: EngineInfo
    ready: bool
    """False while its engine is started again; windows wait then, and not for long."""

    prices: Prices
    """What batches cost there."""

    waiting_seconds: Finite = 0.0
    """Predicted work in the finals and partials that wait there."""

    busy: Finite = 0.0
    """Part of the time that its engine worked lately."""

    replicas: int = 0
    """How many there are in all, as far as it knows; 0 if it does not."""

    demands: Mapping[str, Asked] = field(default_factory=dict)
    """What each gateway asked for, of those that were here lately."""


@dataclass(frozen=True, slots=True)
class Reply:
    """From a replica: one result for each window, in their order."""

    results: tuple[Result, ...]
    report: Report


@dataclass(frozen=True, slots=True)
class _WindowHead:
    session: str
    utterance: int
    priority: Priority
    start: int
    samples: int
    coding: Coding
    options: DecodeOptions
    exact: bool
    draft: tuple[int, ...]
    alone: bool = False


@dataclass(frozen=True, slots=True)
class _RequestHead:
    gateway: str
    windows: tuple[_WindowHead, ...]
    demand: Demand


@dataclass(frozen=True, slots=True)
class _Answer:
    fate: Literal["heard", "dropped", "failed", "lost", "untried"]
    reason: str = ""
    hypothesis: Hypothesis | None = None


@dataclass(frozen=True, slots=True)
class _ReplyHead:
    answers: tuple[_Answer, ...]
    report: Report


_REQUEST = TypeAdapter(_RequestHead)
_REPLY = TypeAdapter(_ReplyHead)


def pack_request(request: Request) -> bytes:
    """Write *request*."""
    heads, blobs = [], []
    for window in request.windows:
        coding, blob = _code(window)
        heads.append(_head_of(window, coding))
        blobs.append(blob)
    return _pack(_RequestHead(request.gateway, tuple(heads), request.demand), blobs)


def unpack_request(body: bytes) -> Request:
    """Read what `pack_request` wrote; raise `BadMessage` for anything else."""
    head, blobs = _unpack(body, _REQUEST)
    windows = tuple(_windows(head.windows, blobs))
    return Request(head.gateway, windows, head.demand)


def pack_reply(reply: Reply) -> bytes:
    """Write *reply*."""
    return _pack(_ReplyHead(tuple(map(_answer, reply.results)), reply.report), [])


def unpack_reply(body: bytes) -> Reply:
    """Read what `pack_reply` wrote; raise `BadMessage` for anything else."""
    head, blobs = _unpack(body, _REPLY)
    if blobs:
        raise BadMessage(f"found {len(blobs)} bytes after a reply, expected none")
    return Reply(tuple(map(_result, head.answers)), head.report)


def _pack(head: _RequestHead | _ReplyHead, blobs: Sequence[bytes]) -> bytes:
    text = to_json(head, inf_nan_mode="constants")
    return b"".join((_PREFIX.pack(_NAME, VERSION, len(text)), text, *blobs))


def _unpack(body: bytes, adapter: TypeAdapter[_T]) -> tuple[_T, memoryview]:
    if len(body) < _PREFIX.size:
        raise BadMessage(f"found {len(body)} bytes, expected at least {_PREFIX.size}")
    name, version, length = _PREFIX.unpack_from(body)
    if name != _NAME:
        raise BadMessage(f"found {name!r} at the beginning, expected {_NAME!r}")
    if version != VERSION:
        raise BadMessage(f"found version {version} of the protocol, expected {VERSION}")
    rest = memoryview(body)[_PREFIX.size :]
    if length > len(rest):
        raise BadMessage(f"found {len(rest)} bytes after the prefix, expected at least {length}")
    try:
        return adapter.validate_json(bytes(rest[:length])), rest[length:]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise BadMessage(f"found a damaged head: {path}: {first['msg']}") from None


def _head_of(window: Window, coding: Coding) -> _WindowHead:
    return _WindowHead(
        window.session,
        window.utterance,
        window.priority,
        window.start,
        len(window.audio),
        coding,
        window.options,
        window.exact,
        window.draft,
        window.alone,
    )


def _windows(heads: Sequence[_WindowHead], blobs: memoryview) -> Iterator[Window]:
    expected = sum(head.samples * _TYPES[head.coding].itemsize for head in heads)
    if expected != len(blobs):
        raise BadMessage(f"found {len(blobs)} bytes of samples, expected {expected}")
    at = 0
    for head in heads:
        if not 0 <= head.samples <= LONGEST_WINDOW:
            raise BadMessage(f"found {head.samples} samples, expected 0 to {LONGEST_WINDOW}")
        audio = np.frombuffer(blobs, _TYPES[head.coding], head.samples, at)
        at += audio.nbytes
        yield Window(
            head.session,
            head.utterance,
            head.priority,
            head.start,
            _decode(audio),
            head.options,
            head.exact,
            head.draft,
            head.alone,
        )


def _code(window: Window) -> tuple[Coding, bytes]:
    steps = window.audio * np.float32(_SCALE)
    whole = np.rint(steps)
    fits = bool(np.all((whole == steps) & (whole >= _LOWEST) & (whole <= _HIGHEST)))
    if window.exact and not fits:
        return "f32", window.audio.astype(_TYPES["f32"]).tobytes()
    return "s16", np.clip(whole, _LOWEST, _HIGHEST).astype(_TYPES["s16"]).tobytes()


def _decode(audio: np.ndarray[Any, np.dtype[Any]]) -> Samples:
    samples: Samples = audio.astype(np.float32)
    return samples / np.float32(_SCALE) if audio.dtype == _TYPES["s16"] else samples


def _answer(result: Result) -> _Answer:
    match result:
        case Hypothesis():
            return _Answer("heard", hypothesis=result)
        case None:
            return _Answer("dropped")
        case EngineUnavailable():
            return _Answer("untried", str(result))
        case EngineLost():
            return _Answer("lost", str(result))
        case EngineError():
            return _Answer("failed", str(result))


def _result(answer: _Answer) -> Result:
    match answer.fate:
        case "heard":
            if answer.hypothesis is None:
                raise BadMessage("found a window that was heard without what was heard")
            return answer.hypothesis
        case "dropped":
            return None
        case "untried":
            return EngineUnavailable(answer.reason)
        case "lost":
            return EngineLost(answer.reason)
        case "failed":
            return EngineError(answer.reason)
