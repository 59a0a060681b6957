"""Take a client's bytes in: decode, resample, cut into utterances.

Knows the declared format and the voice; knows nothing of messages, windows or text.
"""

from dataclasses import dataclass

from wsserver.audio.clock import BEGINNING, Place
from wsserver.audio.endpointer import Endpointing
from wsserver.audio.pcm import Format, decode
from wsserver.audio.resampler import Resampler
from wsserver.audio.segmenter import Cut, Segmenter, SpeechEvent, Utterance
from wsserver.speech import Question, Samples, VoiceModel


@dataclass(frozen=True, slots=True)
class Stance:
    """Where a stream stands after a cut: whoever knows it can go on there."""

    place: Place = BEGINNING
    in_speech: bool = False
    """True if somebody spoke when the cut was made."""

    through: int = 0
    """Client samples (per channel) before the cut, which only grow."""

    resend_from: int = 0
    """The first client sample (per channel) that is needed to go on, at most *through*."""


@dataclass(frozen=True, slots=True, eq=False)
class _Ahead:
    """A chunk that is about to come, and what it will be."""

    data: bytes
    replaced: int
    samples: Samples
    resampler: Resampler
    """As it will be."""


class Intake:
    """The sound bank of one session, from bytes to utterances, from any *stance* on."""

    def __init__(
        self,
        audio_format: Format,
        endpointing: Endpointing,
        voice: VoiceModel,
        stance: Stance = Stance(),
    ) -> None:
        self._format = audio_format
        self._resampler = Resampler(audio_format.sample_rate, stance.place)
        self._segmenter = Segmenter(voice, endpointing, stance.place.index, stance.in_speech)
        self._ahead: _Ahead | None = None
        self.received = stance.place.index
        """Samples at 16 kHz since the session's beginning that came out of the resampler."""

        self.replaced = 0
        """Samples that were no numbers and became silence."""

    @property
    def is_voiced(self) -> bool:
        """True if there was voice since the last cut, and silence not for long enough to cut."""
        return self._segmenter.is_voiced

    def foresee(self, data: bytes) -> Question | None:
        """Give what the voice model is asked first when *data* is pushed; None if nothing.

        Nothing of it is taken.  Raises `BadAudio` as `push` does.
        """
        decoded = decode(data, self._format)
        resampler, samples = self._resampler.ahead(decoded.samples)
        self._ahead = _Ahead(data, decoded.replaced, samples, resampler)
        return self._segmenter.foresee(samples)

    def push(self, data: bytes) -> list[SpeechEvent]:
        """Take a chunk; raise `BadAudio` if it is no whole number of samples."""
        samples = self._samples(data)
        self.received += len(samples)
        return self._segmenter.push(samples)

    def cut(self) -> list[SpeechEvent]:
        """End what is being said by order, with everything that was pushed."""
        self._ahead = None
        tail = self._resampler.flush()
        self.received += len(tail)
        return self._segmenter.push(tail) + self._segmenter.cut()

    def _samples(self, data: bytes) -> Samples:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.data is data:
            self._resampler = ahead.resampler
            self.replaced += ahead.replaced
            return ahead.samples
        decoded = decode(data, self._format)
        self.replaced += decoded.replaced
        return self._resampler.push(decoded.samples)

    def open_utterance(self) -> Utterance | None:
        """Give the utterance that is being spoken, up to now."""
        return self._segmenter.open_utterance()

    def stance(self, cut: Cut) -> Stance:
        """Say where the stream stands after *cut*; the cuts have to be asked for in order."""
        place = self._resampler.place(cut.cut)
        self._resampler.forget(cut.cut)
        return Stance(
            place=place,
            in_speech=cut.in_speech,
            through=self._resampler.to_client(cut.cut),
            resend_from=self._resampler.needs(place),
        )
