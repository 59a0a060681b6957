"""Make whole samples of the bytes that a client streams, and find out how they are written.

Knows a `Start` and WAV headers; knows nothing of frames or of what the samples say.
"""

from dataclasses import replace

from wsserver.dialects.wav_header import Unfinished, WavHeader, parse
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

        self._rest = bytearray()
        self._header_bytes = 0
        """What has to be there before the header is looked at (again)."""

    def push(self, data: bytes) -> bytes:
        """Give the whole samples that *data* completes.

        Raises `UnsupportedFormat` for a beginning that is no header of a WAV that is served.
        """
        self._rest += data
        if not self.is_open and len(self._rest) >= self._header_bytes:
            self._read_header()
        step = _SAMPLE_BYTES[self.start.encoding] * self.start.channels
        samples = len(self._rest) // step if self.is_open else 0
        self.samples += samples
        return self._take(samples * step)

    def seconds(self, samples: int) -> float:
        """Say how long so many samples last."""
        return samples / self.start.sample_rate

    def _read_header(self) -> None:
        data = self._take(len(self._rest))  # so that nothing is kept of what is refused
        match _parsed(data):
            case Unfinished(needs_bytes=count):
                self._rest, self._header_bytes = bytearray(data), count
            case header:
                self.start = replace(
                    self.start,
                    encoding=header.encoding,
                    sample_rate=header.sample_rate,
                    channels=header.channels,
                )
                self.is_open = True
                self._rest = bytearray(data[header.size_bytes :])

    def _take(self, count: int) -> bytes:
        taken = bytes(self._rest[:count])
        del self._rest[:count]
        return taken


def _parsed(data: bytes) -> WavHeader | Unfinished:
    try:
        return parse(data)
    except UnsupportedFormat as error:
        expected = "or encoding and sample_rate in the URL"
        raise UnsupportedFormat(f"{error}, {expected}") from None
