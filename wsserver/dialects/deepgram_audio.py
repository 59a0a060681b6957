"""Make whole samples of the bytes that a client streams, and find out how they are written.

Knows a `Start` and WAV headers; knows nothing of frames or of what the samples say.
"""

from dataclasses import replace

from wsserver.dialects import wav_header
from wsserver.errors import UnsupportedFormat
from wsserver.messages import Start

_SAMPLE_BYTES = {"s16le": 2, "f32le": 4, "mulaw": 1, "alaw": 1}


class Stream:
    """The audio of one session; it may be cut anywhere, in the midst of a header or a sample."""

    def __init__(self, start: Start, *, is_contained: bool) -> None:
        """Take raw samples as *start* declares them, or a WAV file if they are *contained*."""
        self.start = start
        """What opens the session, once the stream *is_open*."""

        self.is_open = not is_contained
        """True once it is known how samples are written."""

        self.samples = 0
        """Samples (per channel) that came."""

        self._rest = b""

    def push(self, data: bytes) -> bytes:
        """Give the whole samples that *data* completes.

        Raises `UnsupportedFormat` for a beginning that is no header of a WAV that is served.
        """
        data = self._rest + data
        if not self.is_open and (header := _read_header(data)):
            self.start = replace(
                self.start,
                encoding=header.encoding,
                sample_rate=header.sample_rate,
                channels=header.channels,
            )
            self.is_open = True
            data = data[header.size_bytes :]
        step = _SAMPLE_BYTES[self.start.encoding] * self.start.channels
        samples = len(data) // step if self.is_open else 0
        self.samples += samples
        self._rest = data[samples * step :]
        return data[: samples * step]

    def seconds(self, samples: int) -> float:
        """Say how long so many samples last."""
        return samples / self.start.sample_rate


def _read_header(data: bytes) -> wav_header.WavHeader | None:
    try:
        return wav_header.parse(data)
    except UnsupportedFormat as error:
        expected = "or encoding and sample_rate in the URL"
        raise UnsupportedFormat(f"{error}, {expected}") from None
