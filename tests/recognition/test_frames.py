from collections.abc import Sequence

import numpy as np
import pytest

from wsserver.errors import ModelError
from wsserver.recognition.frames import LENGTH, Batch, Failed, Frame, Raised, pack, unpack
from wsserver.speech import DecodeOptions, Priority, Samples, Window


def window(audio: Samples) -> Window:
    return Window("s", 3, Priority.FINAL, 160, audio, DecodeOptions(prompt="hi"), draft=(1, 2))


def parts(chunks: Sequence[bytes | memoryview]) -> list[bytearray]:
    """Read chunks as the other end does: a count, then each part after its length."""
    stream = memoryview(b"".join(chunks))
    (count,) = LENGTH.unpack(stream[: LENGTH.size])
    found, at = [], LENGTH.size
    for _ in range(count):
        (length,) = LENGTH.unpack(stream[at : at + LENGTH.size])
        at += LENGTH.size
        found.append(bytearray(stream[at : at + length]))
        at += length
    assert at == len(stream)
    return found


def travel(frame: Frame) -> Frame:
    return unpack(parts(pack(frame)))


@pytest.mark.parametrize(
    "audio",
    [
        np.linspace(-1, 1, 480, dtype=np.float32),
        np.linspace(-1, 1, 480, dtype=np.float32)[100:200],
        np.linspace(-1, 1, 480, dtype=np.float32)[::3],
        np.zeros(0, np.float32),
    ],
)
def test_a_window_arrives_as_it_was_sent(audio: Samples) -> None:
    sent = window(audio)

    batch = travel(Batch((sent, sent)))

    assert isinstance(batch, Batch)
    assert len(batch.windows) == 2
    for got in batch.windows:
        assert np.array_equal(got.audio, audio)
        assert got.audio.dtype == np.float32
        assert (got.session, got.utterance, got.priority) == ("s", 3, Priority.FINAL)
        assert (got.start, got.end, got.options) == (160, sent.end, sent.options)
        assert (got.exact, got.draft) == (True, (1, 2))


@pytest.mark.parametrize("writeable", [True, False])
def test_audio_that_is_not_to_be_written_to_arrives_as_such(writeable: bool) -> None:
    audio = np.zeros(160, np.float32)
    audio.flags.writeable = writeable

    batch = travel(Batch((window(audio),)))

    assert isinstance(batch, Batch)
    assert batch.windows[0].audio.flags.writeable is writeable


def test_audio_is_not_copied_to_be_sent() -> None:
    audio = np.zeros(160, np.float32)

    last = pack(Batch((window(audio),)))[-1]

    assert np.shares_memory(np.frombuffer(last, np.float32), audio)


def test_an_error_travels() -> None:
    failed = travel(Failed(ModelError("no such model")))

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ModelError)
    assert str(failed.error) == "no such model"
    assert travel(Raised("why")) == Raised("why")
