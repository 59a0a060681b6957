"""What a receiver is told of a final.

Knows messages and JSON; knows nothing of receivers.
"""

import json
from dataclasses import asdict, dataclass

from wsserver.messages import Final

TYPE = "transcript.final"


@dataclass(frozen=True, slots=True)
class Source:
    """Where finals come from: one connection of one session."""

    session: str
    generation: int
    token_name: str


def event_id(source: Source, final: Final) -> str:
    """Give what the event is known by, however often it is sent; without a full stop."""
    return f"{source.session}-{source.generation}-{final.utterance}"


def body(source: Source, final: Final, timestamp: str) -> bytes:
    """Give the JSON of *final*, which came at *timestamp* (UTC, ISO 8601)."""
    data = {
        "session": source.session,
        "generation": source.generation,
        "token": source.token_name,
        "utterance": final.utterance,
        "text": final.text,
        "start": final.start,
        "end": final.end,
        "language": final.language,
        "words": None if final.words is None else [asdict(word) for word in final.words],
        "reason": final.reason,
    }
    told = {name: value for name, value in data.items() if value is not None}
    event = {"type": TYPE, "timestamp": timestamp, "data": told}
    return json.dumps(event, separators=(",", ":")).encode()
