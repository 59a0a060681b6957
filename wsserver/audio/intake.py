"""Take a client's bytes in: decode, resample, cut into utterances.

Knows the declared format and the voice; knows nothing of messages, windows or text.
"""

from wsserver.audio.endpointer import Endpointing
from wsserver.audio.pcm import Format, decode
from wsserver.audio.resampler import Resampler
from wsserver.audio.segmenter import Segmenter, SpeechEvent, Utterance
from wsserver.speech import VoiceModel


class Intake:
    """The sound bank of one session, from bytes to utterances."""

    def __init__(self, audio_format: Format, endpointing: Endpointing, voice: VoiceModel) -> None:
        self._format = audio_format
        self._resampler = Resampler(audio_format.sample_rate)
        self._segmenter = Segmenter(voice, endpointing)
        self.received = 0
        """Samples at 16 kHz that came out of the resampler so far."""

        self.replaced = 0
        """Samples that were no numbers and became silence."""

    def push(self, data: bytes) -> list[SpeechEvent]:
        """Take a chunk; raise `BadAudio` if it is no whole number of samples."""
        decoded = decode(data, self._format)
        self.replaced += decoded.replaced
        samples = self._resampler.push(decoded.samples)
        self.received += len(samples)
        return self._segmenter.push(samples)

    def cut(self) -> list[SpeechEvent]:
        """End what is being said by order, with everything that was pushed."""
        tail = self._resampler.flush()
        self.received += len(tail)
        return self._segmenter.push(tail) + self._segmenter.cut()

    def open_utterance(self) -> Utterance | None:
        """Give the utterance that is being spoken, up to now."""
        return self._segmenter.open_utterance()

    def through(self, cut: int) -> int:
        """Give the client samples (per channel) before the 16 kHz index *cut*, which only grows."""
        through = self._resampler.to_client(cut)
        self._resampler.forget(cut)
        return through
