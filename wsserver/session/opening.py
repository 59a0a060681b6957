"""Read what a client asks for against what this server can do, and answer.

Knows the formats and the model's languages; knows nothing of what follows.
"""

import re

from wsserver.audio.pcm import HIGHEST_RATE, LOWEST_RATE, Encoding, Format
from wsserver.errors import BadMessage, UnsupportedFormat
from wsserver.messages import Limits, Ready, Start
from wsserver.session.cursor import Cursor
from wsserver.speech import EngineInfo

MAX_PROMPT_CHARACTERS = 2_000
"""Prompt and hotwords together; Whisper itself keeps the last 223 tokens."""

MAX_NAME_CHARACTERS = 200
"""The id of a flush, which is kept until its answer."""

_HALF_PAIR = re.compile("[\ud800-\udfff]")
"""Python has it in a `str`, but no UTF-8 can say it (RFC 3629, section 3)."""


def audio_format(start: Start) -> Format:
    """Give the declared format; raise `UnsupportedFormat` if it is not served."""
    return Format.of(start.encoding, start.sample_rate, start.channels)


def check_language(start: Start, info: EngineInfo) -> None:
    """Raise `UnsupportedFormat` for a language or a task that the model does not know."""
    known = ", ".join(info.languages)
    if start.language is not None and start.language not in info.languages:
        raise UnsupportedFormat(
            f"found language {start.language!r:.20}, model {info.model} knows {known:.600}"
        )
    if start.task == "translate" and info.languages == ("en",):
        raise UnsupportedFormat(f"found task 'translate', model {info.model} knows English alone")


def prompt_text(start: Start) -> str:
    """Join hotwords and prompt to the text that stands before the speech."""
    hotwords = ", ".join(word.strip() for word in start.hotwords if word.strip())
    prompt = " ".join(part for part in (f"{hotwords}." if hotwords else "", start.prompt) if part)
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise BadMessage(
            f"found {len(prompt)} characters of prompt and hotwords, "
            f"expected at most {MAX_PROMPT_CHARACTERS}"
        )
    if _HALF_PAIR.search(prompt):
        raise BadMessage("found half a surrogate pair in prompt or hotwords, expected text")
    return prompt


def check_name(name: str | None) -> None:
    """Raise `BadMessage` for the id of a flush that is too long."""
    if name is not None and len(name) > MAX_NAME_CHARACTERS:
        raise BadMessage(
            f"found an id of {len(name)} characters, expected at most {MAX_NAME_CHARACTERS}"
        )


def ready(cursor: Cursor, sealed: str | None, info: EngineInfo, limits: Limits) -> Ready:
    """Answer to the `start` of a session that goes on at *cursor*."""
    return Ready(
        session=cursor.session,
        model=info.model,
        practice=info.practice,
        languages=info.languages,
        encodings=tuple(Encoding),
        sample_rates=(LOWEST_RATE, HIGHEST_RATE),
        limits=limits,
        generation=cursor.generation,
        cursor=sealed,
        through=cursor.stance.through,
        resend_from=cursor.stance.resend_from,
    )
