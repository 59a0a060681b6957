"""Write transcripts.

Knows where they are; knows nothing of sessions, of the event loop or of audio.
"""

import time
from collections.abc import Callable
from pathlib import Path

from wsserver.store.database import connect
from wsserver.store.journal import Journal


class Transcripts(Journal):
    """The writing end of what is kept."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("transcripts", lambda: connect(folder, create=True), clock)
