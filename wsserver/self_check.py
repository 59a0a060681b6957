"""Dictate a bundled sample through the server's own socket, as a client would.

Knows the client and the sample; knows nothing of how the server is built.
"""

import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from wsserver import client, sound_file
from wsserver.messages import Final, Start

SAMPLE = Path(__file__).parent / "practice" / "sample.wav"
SAID = "My uncle sold his house by the sea."


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What came of it."""

    heard: str
    seconds: float
    """From the open session to the last message."""

    audio_seconds: float

    @property
    def is_right(self) -> bool:
        """True if what was heard is what is said in the sample."""
        return self.heard == SAID


async def self_check(url: str, token: str) -> SelfCheck:
    """Dictate the sample as fast as it goes; raise a `DictationError` if that fails."""
    with sound_file.open_sound(SAMPLE) as sound:
        start = Start(sample_rate=sound.block_rate, partials=False)
        blocks = map(sound_file.to_s16le, sound.blocks())
        async with client.connect(url, token, start, _own_certificate()) as dictation:
            began = time.perf_counter()
            async with dictation.feeding(blocks):
                finals = [message async for message in dictation if isinstance(message, Final)]
        seconds = time.perf_counter() - began
    heard = " ".join(final.text for final in finals)
    return SelfCheck(heard, seconds, sound.info.seconds or 0.0)


def _own_certificate() -> ssl.SSLContext:
    """Take whatever certificate the server shows: it is this process that shows it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
