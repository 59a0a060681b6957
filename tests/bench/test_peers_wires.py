import json

import numpy as np
import pytest

from bench.peers.wires import (
    Answer,
    Dictation,
    Frame,
    WhisperLive,
    WhisperLiveKit,
    WhisperStreaming,
    Wire,
)
from wsserver.dialects import native
from wsserver.messages import Done, Error, Final, Partial, Speech


def last_text(wire: Wire, *frames: Frame) -> str | None:
    return [wire.read(frame) for frame in frames][-1].text


def segments(*told: tuple[str, str, bool]) -> str:
    """As whisper-live 0.10.0 sends them."""
    return json.dumps(
        {
            "uid": "bench",
            "segments": [
                {"start": start, "end": "9.000", "text": text, "completed": completed}
                for start, text, completed in told
            ],
        }
    )


def lines(*texts: str | None, buffer: str = "") -> str:
    """As whisperlivekit 0.2.26 sends them; a line of silence has no text."""
    return json.dumps(
        {
            "status": "active_transcription",
            "lines": [
                {"speaker": 1 if text else -2, "text": text, "start": "0:00:00", "end": "0:00:02"}
                for text in texts
            ],
            "buffer_transcription": buffer,
            "buffer_diarization": "",
            "buffer_translation": "",
            "remaining_time_transcription": 0.2,
        }
    )


def partial(text: str) -> str:
    return native.write_server(
        Partial(utterance=1, text=text, committed=0, start=0.0, end=1.0, lag=0.0)
    )


def final(text: str) -> str:
    return native.write_server(Final(utterance=1, text=text, start=0.0, end=1.0, through=16_000))


def test_our_partial_stands_behind_the_finals() -> None:
    wire = Dictation()

    text = last_text(wire, partial("We"), final("We lost."), partial("the key"))

    assert text == "We lost. the key"


def test_our_final_takes_the_place_of_its_partial() -> None:
    assert last_text(Dictation(), partial("He lust"), final("We lost.")) == "We lost."


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (native.write_server(Done(duration=1.0, utterances=1)), Answer(is_over=True)),
        (native.write_server(Speech(event="started", utterance=1, time=0.5)), Answer()),
        (
            native.write_server(Error(code="overloaded", message="no room", fatal=True)),
            Answer(refusal="no room"),
        ),
    ],
)
def test_our_server_says_when_it_is_over(frame: str, answer: Answer) -> None:
    assert Dictation().read(frame) == answer


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (
            '{"uid": "bench", "message": "SERVER_READY", "backend": "faster_whisper"}',
            Answer(is_ready=True),
        ),
        ('{"uid": "bench", "message": "DISCONNECT"}', Answer(is_over=True)),
        ('{"uid": "bench", "status": "WAIT", "message": 4.5}', Answer(refusal="wait: 4.5")),
        (
            '{"uid": "bench", "status": "ERROR", "message": "Failed to load model: x"}',
            Answer(refusal="error: Failed to load model: x"),
        ),
        ('{"uid": "bench", "language": "en", "language_prob": 0.98}', Answer()),
        ('{"uid": "another", "message": "SERVER_READY"}', Answer()),
    ],
)
def test_whisper_live_says_how_it_stands(frame: str, answer: Answer) -> None:
    assert WhisperLive().read(frame) == answer


def test_whisper_live_replaces_its_open_segment() -> None:
    text = last_text(
        WhisperLive(),
        segments(("0.000", " We lost the key.", False)),
        segments(("0.000", " We lost the key to the", False)),
    )

    assert text == " We lost the key to the"


def test_segments_that_whisper_live_sends_no_more_are_kept() -> None:
    text = last_text(
        WhisperLive(),
        segments(("0.000", " One.", True), ("1.000", " Two", False)),
        segments(("1.000", " Two.", True), ("2.000", " Three", False)),
    )

    assert text is not None
    assert text.split() == ["One.", "Two.", "Three"]


def test_whisper_live_is_sent_floats() -> None:
    frame = WhisperLive().audio(np.array([0, 16_384, -32_768], "<i2").tobytes())

    assert np.frombuffer(frame, "<f4").tolist() == [0.0, 0.5, -1.0]


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        ('{"type":"config","useAudioWorklet":true,"mode":"full"}', Answer(is_ready=True)),
        ('{"type":"ready_to_stop"}', Answer(is_over=True)),
        ('{"type":"error","error":"no such language"}', Answer(refusal="no such language")),
        ('{"type":"snapshot"}', Answer()),
        (lines(), Answer("")),
        (lines(" We lost the key."), Answer(" We lost the key.")),
        (lines(" We lost", buffer=" the key"), Answer(" We lost the key")),
        (lines(" One.", None, " Two."), Answer(" One.  Two.")),
    ],
)
def test_whisper_live_kit_tells_the_whole_text(frame: str, answer: Answer) -> None:
    assert WhisperLiveKit().read(frame) == answer


def test_whisper_streaming_tells_line_by_line() -> None:
    text = last_text(WhisperStreaming(), b"0 1720  We lost\n", b"1720 2400  the key.\n")

    assert text is not None
    assert text.split() == ["We", "lost", "the", "key."]


def test_a_line_of_whisper_streaming_may_come_in_pieces_and_padded() -> None:
    wire = WhisperStreaming()

    texts = [wire.read(frame).text for frame in (b"0 1720 We", b" lost\n\0\0", b"\0\x30 1 all\n")]

    assert texts == ["", "We lost", "We lost all"]


@pytest.mark.parametrize(
    ("wire", "closing"),
    [
        (WhisperLive(), b"END_OF_AUDIO"),
        (WhisperLiveKit(), b""),
        (WhisperStreaming(), None),
        (Dictation(), '{"type":"finish"}'),
    ],
)
def test_every_server_is_told_of_the_end_in_its_own_words(
    wire: Wire, closing: Frame | None
) -> None:
    assert wire.closing() == closing
