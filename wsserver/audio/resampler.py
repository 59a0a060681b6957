"""Bring a client's samples to 16 kHz, chunk by chunk.

Knows nothing of encodings, channels or what is in the audio.
"""

import numpy as np
from soxr import ResampleStream

from wsserver.audio.clock import Clock
from wsserver.speech import SAMPLE_RATE, Samples

_NOTHING = np.zeros(0, np.float32)


class Resampler:
    """Resample one stream; how it is split into chunks does not change a bit of the result.

    *position* and *client* are where the stream begins: 0, unless it goes on where another ended.
    """

    def __init__(self, sample_rate: int, position: int = 0, client: int = 0) -> None:
        self._stream: ResampleStream | None = None
        if sample_rate != SAMPLE_RATE:
            # HQ is soxr's default: 20 bits of precision, and 12 to 100 ms of delay, the more the
            # lower the rate.
            self._stream = ResampleStream(sample_rate, SAMPLE_RATE, 1, "float32", "HQ")
        self._clock = Clock(sample_rate, position, client)

    def push(self, samples: Samples) -> Samples:
        """Take mono *samples* at the client's rate, shape (n,); give what is ready at 16 kHz."""
        resampled = self._resample(samples)
        self._clock.advance(len(resampled), len(samples))
        return resampled

    def flush(self) -> Samples:
        """Give the tail that the filter still holds, and start anew."""
        tail = self._resample(_NOTHING, last=True)
        if self._stream is not None:
            self._stream.clear()
        self._clock.advance(len(tail), 0)
        self._clock.mark()
        return tail

    def to_client(self, index: int) -> int:
        """Give the client samples (per channel) that all lie before the 16 kHz *index*.

        Monotone, and right over any number of flushes.
        """
        return self._clock.to_client(index)

    def forget(self, before: int) -> None:
        """Promise to ask `to_client` for no index below *before* any more."""
        self._clock.forget(before)

    def _resample(self, samples: Samples, last: bool = False) -> Samples:
        if self._stream is None:
            return samples
        resampled: Samples = self._stream.resample_chunk(samples, last)
        # A filter overshoots at edges; inside the server samples stay within [-1, 1].
        return np.clip(resampled, -1, 1)
