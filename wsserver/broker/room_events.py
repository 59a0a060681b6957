"""What gateways tell each other of a room, and how it is written.

Knows events and bytes; knows nothing of Redis, viewers or clocks.

An event is a line of words and, where there is text, JSON behind it.  The first two words are the
birth of what Redis knows of the room and the event's place in it; a partial has neither.
"""

import logging
from dataclasses import dataclass, replace
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from wsserver import messages
from wsserver.rooms import captions
from wsserver.rooms.story import as_told

logger = logging.getLogger(__name__)

UNREADABLE = "…"
"""In the place of a final that Redis has and nobody can read."""

_MS = 1000

_finals: TypeAdapter[messages.Final] = TypeAdapter(messages.Final)
_partials: TypeAdapter[messages.Partial] = TypeAdapter(messages.Partial)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session has begun, or goes on."""

    session: str
    generation: int
    offset: float
    """The story's seconds at the session's second 0."""

    utterance: int
    """The latest that is final."""

    gateway: str
    """Where it is connected; - where it is not."""


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance is final."""

    session: str
    utterance: int
    told: captions.Final | None
    """None if nothing came of it."""


@dataclass(frozen=True, slots=True)
class Left:
    """A session's connection is gone."""

    session: str
    generation: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What is heard so far."""

    session: str
    generation: int
    gateway: str
    partial: messages.Partial


@dataclass(frozen=True, slots=True)
class Changed:
    """Something else, for which one has to look."""


Event: TypeAlias = Opened | Said | Left | Heard | Changed


@dataclass(frozen=True, slots=True)
class Told:
    """An event and its place."""

    born: str
    seq: int
    event: Event


@dataclass(frozen=True, slots=True)
class Look:
    """A room as Redis knows it, and some of its finals."""

    story: str
    born: str
    seq: int
    last: int
    base: int
    """The number up to which finals were copied from a gateway when Redis had forgotten them."""

    owner: str
    began_ms: int | None
    now_ms: int
    sessions: tuple[Opened, ...]
    finals: tuple[captions.Final, ...]


def write_final(final: messages.Final) -> bytes:
    """Write what the room needs of *final*, in its session's time; empty if it has no text."""
    if not final.text:
        return b""
    needed = replace(final, reason=None, through=0, resend_from=0, cursor=None)
    return _finals.dump_json(needed, exclude_none=True)


def write_told(told: captions.Final) -> tuple[str, bytes]:
    """Write a final that has its number, and its times, as head and body."""
    final = messages.Final(
        utterance=told.utterance,
        text=told.text,
        start=told.start,
        end=told.end,
        language=told.language,
        words=told.words,
        through=0,
    )
    return f"{told.session} 0 {told.utterance} {told.number} 0", write_final(final)


def write_partial(gateway: str, session: str, generation: int, partial: messages.Partial) -> bytes:
    """Write a partial, in its session's time."""
    head = f"- 0 partial {gateway} {session} {generation}\n".encode()
    return head + _partials.dump_json(partial)


def read(data: bytes) -> Told:
    """Read an event; raise ValueError if it is none."""
    head, _, body = data.partition(b"\n")
    born, seq, kind, *words = head.decode().split(" ")
    return Told(born, int(seq), _event(kind, words, body))


def read_look(fields: dict[bytes, bytes], found: list[tuple[bytes, bytes]], now_ms: int) -> Look:
    """Read what Redis knows; *found* are head and body of finals.

    Raises ValueError; but not for a final's text, which would keep all others from being read.
    """
    known = {name.decode(): value.decode() for name, value in fields.items()}
    began = known.get("began")
    return Look(
        story=known["story"],
        born=known["born"],
        seq=int(known.get("seq", 0)),
        last=int(known["last"]),
        base=int(known["base"]),
        owner=known.get("owner", ""),
        began_ms=int(began) if began else None,
        now_ms=now_ms,
        sessions=tuple(
            _course(name.removeprefix("s:"), value.split(" "))
            for name, value in known.items()
            if name.startswith("s:")
        ),
        finals=tuple(_stored(head.decode().split(" "), body) for head, body in found),
    )


def _event(kind: str, words: list[str], body: bytes) -> Event:
    match kind, words:
        case "opened", [session, *course]:
            return _course(session, course)
        case "final", [session, _, utterance, *_]:
            return Said(session, int(utterance), _final(words, body) if body else None)
        case "left", [session, generation]:
            return Left(session, int(generation))
        case "partial", [gateway, session, generation]:
            try:
                partial = _partials.validate_json(body)
            except ValidationError:  # which quotes what was said, and this goes to the log
                raise ValueError("found no partial") from None
            return Heard(session, int(generation), gateway, partial)
    return Changed()


def _course(session: str, words: list[str]) -> Opened:
    generation, offset_ms, utterance, gateway = words[:4]
    return Opened(session, int(generation), int(offset_ms) / _MS, int(utterance), gateway)


def _stored(words: list[str], body: bytes) -> captions.Final:
    try:
        return _final(words, body)
    except ValueError:
        session, _, utterance, number, offset_ms = words
        logger.warning("number %s of a room cannot be read and is shown as %s", number, UNREADABLE)
        empty = messages.Final(
            utterance=int(utterance), text=UNREADABLE, start=0.0, end=0.0, through=0
        )
        return as_told(empty, session, int(number), int(offset_ms) / _MS)


def _final(words: list[str], body: bytes) -> captions.Final:
    session, _, _, number, offset_ms = words
    try:
        final = _finals.validate_json(body)
    except ValidationError:  # as above
        raise ValueError("found no final") from None
    return as_told(final, session, int(number), int(offset_ms) / _MS)
