"""The events of Realtime that tell of items, in the shapes of `openai.types.realtime`.

Knows field names; knows nothing of when an event is told, nor of its id.
"""

from collections.abc import Mapping
from typing import TypeAlias

Event: TypeAlias = Mapping[str, object]
"""What is told, without its id."""

COMMIT_EMPTY = "input_audio_buffer_commit_empty"

_BUFFER = "input_audio_buffer"
_TRANSCRIPTION = "conversation.item.input_audio_transcription"


def fault(
    kind: str, code: str, message: str, param: str | None = None, event_id: str | None = None
) -> Event:
    """Tell of an error; *event_id* is that of the client's event."""
    error = {"type": kind, "code": code, "message": message, "param": param, "event_id": event_id}
    return {"type": "error", "error": error}


def speech_started(item: str, seconds: float) -> Event:
    """Tell when the voice of what will be *item* began."""
    start_ms = round(seconds * 1_000)
    return {"type": f"{_BUFFER}.speech_started", "item_id": item, "audio_start_ms": start_ms}


def speech_stopped(item: str, seconds: float) -> Event:
    """Tell when it ended."""
    end_ms = round(seconds * 1_000)
    return {"type": f"{_BUFFER}.speech_stopped", "item_id": item, "audio_end_ms": end_ms}


def committed(item: str, previous: str | None) -> Event:
    """Tell that the audio of *item* is all there."""
    return {"type": f"{_BUFFER}.committed", "item_id": item, "previous_item_id": previous}


def added(item: str, previous: str | None) -> Event:
    """Tell of an item that waits for its transcript."""
    shown = _shown(item, "in_progress", None)
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": shown}


def created(item: str, previous: str | None) -> Event:
    """Tell of an item as the beta did, once and for all."""
    shown = _shown(item, "completed", None)
    return {"type": "conversation.item.created", "previous_item_id": previous, "item": shown}


def done(item: str, transcript: str) -> Event:
    """Tell of an item with its transcript."""
    return {"type": "conversation.item.done", "item": _shown(item, "completed", transcript)}


def delta(item: str, text: str) -> Event:
    """Tell what comes behind the deltas before."""
    kind = f"{_TRANSCRIPTION}.delta"
    return {"type": kind, "item_id": item, "content_index": 0, "delta": text}


def completed(item: str, transcript: str, seconds: float) -> Event:
    """Tell what was said in *seconds* of audio."""
    return {
        "type": f"{_TRANSCRIPTION}.completed",
        "item_id": item,
        "content_index": 0,
        "transcript": transcript,
        "usage": {"type": "duration", "seconds": round(seconds, 3)},
    }


def failed(item: str, code: str, message: str) -> Event:
    """Tell that *item* will have no transcript."""
    error = {"type": "server_error", "code": code, "message": message, "param": None}
    kind = f"{_TRANSCRIPTION}.failed"
    return {"type": kind, "item_id": item, "content_index": 0, "error": error}


def _shown(item: str, status: str, transcript: str | None) -> Event:
    return {
        "id": item,
        "object": "realtime.item",
        "type": "message",
        "role": "user",
        "status": status,
        "content": [{"type": "input_audio", "transcript": transcript}],
    }
