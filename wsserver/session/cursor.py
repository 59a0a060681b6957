"""Everything that the rest of a session depends on, as one value, and how a session begins with it.

Knows what a session is made of; knows nothing of keys, tokens or expiry.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from wsserver.audio.intake import Stance
from wsserver.errors import BadCursor, BadMessage
from wsserver.messages import Start, Warn
from wsserver.speech import EngineInfo
from wsserver.text.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place between two utterances from which a session can go on, here or elsewhere."""

    session: str
    generation: int
    """1 for the connection that opened the session, one more for each that resumed it."""

    start: Start
    """As the session was opened."""

    model: str
    """The one that listened."""

    stance: Stance = Stance()
    utterance: int = 0
    """The latest before this place."""

    transcript: Transcript = Transcript()


@dataclass(frozen=True, slots=True)
class Resumption:
    """How cursors become text that only servers of one key can read, and cursors again."""

    seal: Callable[[Cursor], str]
    unseal: Callable[[str], Cursor]
    """Raises `BadCursor`, and `TakenOver` if a newer connection holds the session."""

    is_required: bool = False
    """True if this connection may do nothing else than resume."""


def first_cursor(start: Start, session: str, info: EngineInfo) -> Cursor:
    """Give the place where a new session begins."""
    transcript = Transcript(language=start.language)
    return Cursor(
        session=session, generation=1, start=start, model=info.model, transcript=transcript
    )


def opening_cursor(start: Start, resumption: Resumption | None) -> Cursor | None:
    """Give the cursor that *start* resumes from, None if it opens a new session.

    Raises `BadMessage` if *start* says more than where to resume, `BadCursor` if it cannot.
    """
    if start.resume is None:
        if resumption and resumption.is_required:
            raise BadCursor("found a new session, expected that of the cursor in the handshake")
        return None
    if start != Start(resume=start.resume):
        raise BadMessage("found other fields beside 'resume', expected it alone")
    if resumption is None:
        raise BadCursor("found a cursor where no session can be resumed")
    return resumption.unseal(start.resume)


def next_generation(cursor: Cursor, info: EngineInfo) -> Cursor:
    """Give the place where the session goes on with the model of *info*.

    Another model does not know the tokens of this one, and perhaps not the language.
    """
    cursor = replace(cursor, generation=cursor.generation + 1)
    if cursor.model == info.model:
        return cursor
    language = cursor.transcript.language
    known = language if language in info.languages else cursor.start.language
    return replace(cursor, model=info.model, transcript=Transcript(language=known))


def model_change(before: Cursor, after: Cursor) -> Warn | None:
    """Warn of another model, None if it is the same."""
    if before.model == after.model:
        return None
    return Warn(
        code="model_changed",
        message=f"found a session of model {before.model!r:.80}, goes on with {after.model!r:.80}",
    )
