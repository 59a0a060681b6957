"""All wire languages of sessions beside the native one.

Knows their names; knows nothing of what they say.
"""

from wsserver.dialects import deepgram, openai_realtime, vosk
from wsserver.dialects.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (
    deepgram.DIALECT,
    openai_realtime.DIALECT,
    vosk.DIALECT,
)
"""One line each."""

AUDIO_REST = "openai-audio"
"""The name of the one that takes whole files over HTTP and has no session."""

NAMES = (*(dialect.name for dialect in DIALECTS), AUDIO_REST)
"""As the configuration calls them."""
