from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wsserver import messages
from wsserver.audio.endpointer import DICTATION
from wsserver.errors import (
    BadAudio,
    BadMessage,
    BadOrder,
    DictationError,
    EngineError,
    LimitReached,
    ShuttingDown,
    UnsupportedFormat,
)
from wsserver.session.actions import Action, Close, Recognize, Send
from wsserver.session.dialog import Session
from wsserver.speech import SAMPLE_RATE, Hypothesis, Priority, Window, Word

OpenSession = Callable[..., Session]
M = TypeVar("M")


def speech(seconds: float) -> bytes:
    return np.full(round(seconds * SAMPLE_RATE), 8000, "<i2").tobytes()


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * SAMPLE_RATE))


def audio(data: bytes) -> messages.Audio:
    return messages.Audio(data=data)


def told(actions: list[Action], kind: type[M]) -> list[M]:
    sent = (action.message for action in actions if isinstance(action, Send))
    return [message for message in sent if isinstance(message, kind)]


def windows(actions: list[Action]) -> list[Window]:
    return [action.window for action in actions if isinstance(action, Recognize)]


def hear(window: Window, text: str = "yes") -> Hypothesis:
    word = Word(f" {text}", window.start, window.end, 0.9)
    return Hypothesis(text, (1, 2), (word,), "de", 0.9, -0.1, 0.0, 1.0)


class Client:
    """Sends messages, has every window heard at once, and keeps what comes back."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.actions: list[Action] = []

    def send(self, *sent: messages.ClientMessage) -> None:
        for message in sent:
            self.follow(self.session.receive(message))

    def follow(self, actions: list[Action]) -> None:
        for action in actions:
            self.actions.append(action)
            if isinstance(action, Recognize):
                self.follow(self.session.settle(action.window, hear(action.window)))

    def told(self, kind: type[M]) -> list[M]:
        return told(self.actions, kind)


def test_start_is_answered_by_ready(open_session: OpenSession) -> None:
    (ready,) = told(open_session().receive(messages.Start()), messages.Ready)

    assert (ready.session, ready.model, ready.languages) == (
        "the session",
        "scripted",
        ("en", "de"),
    )
    assert ready.encodings == ("s16le", "f32le", "mulaw", "alaw")
    assert ready.sample_rates == (8000, 48000)


def test_audio_without_a_start_opens_the_session_by_default(open_session: OpenSession) -> None:
    actions = open_session().receive(audio(silence(0.1)))

    assert len(told(actions, messages.Ready)) == 1


def test_an_utterance_gives_partials_then_its_final(open_session: OpenSession) -> None:
    client = Client(open_session())

    client.send(*[audio(silence(0.1))] * 5, *[audio(speech(0.1))] * 20, *[audio(silence(0.1))] * 15)

    kinds = [type(a.message).__name__ for a in client.actions if isinstance(a, Send)]
    assert kinds == ["Ready", "Speech", *["Partial"] * 6, "Speech", "Final"]
    started, ended = client.told(messages.Speech)
    assert started.event == "started"
    assert started.time == pytest.approx(0.5, abs=0.04)
    assert ended.event == "ended"
    assert ended.time == pytest.approx(2.85, abs=0.04)


def test_a_partial_says_how_far_it_lags(open_session: OpenSession) -> None:
    session = open_session()
    actions = session.receive(audio(speech(0.7)))
    session.receive(audio(speech(0.3)))

    (window,) = windows(actions)
    (partial,) = told(session.settle(window, hear(window)), messages.Partial)

    assert partial.end == 0.7
    assert partial.lag == pytest.approx(0.3)


def test_a_partial_that_comes_after_its_utterance_is_not_sent(open_session: OpenSession) -> None:
    session = open_session()
    (late,) = windows(session.receive(audio(speech(1.0))))
    session.receive(audio(silence(1.5)))

    assert session.settle(late, hear(late)) == []


def test_without_partials_no_window_is_asked_for_before_the_end(open_session: OpenSession) -> None:
    session = open_session()
    session.receive(messages.Start(partials=False))

    assert windows(session.receive(audio(speech(3.0)))) == []


def test_finish_makes_everything_final_and_says_done(open_session: OpenSession) -> None:
    client = Client(open_session())

    client.send(audio(speech(1.0)), messages.Finish())

    (final,) = client.told(messages.Final)
    assert (final.start, final.end, final.through) == (0.0, 1.0, 16_000)
    assert client.actions[-2:] == [
        Send(messages.Done(duration=1.0, utterances=1)),
        Close(1000, "done"),
    ]


def test_flush_makes_everything_final_and_the_session_goes_on(open_session: OpenSession) -> None:
    client = Client(open_session())

    client.send(audio(speech(1.0)), messages.Flush(id="f"), audio(speech(1.0)), messages.Finish())

    spans = [(final.start, final.end) for final in client.told(messages.Final)]
    assert spans == [(0.0, 1.0), (1.0, 2.0)]
    order = [type(a.message).__name__ for a in client.actions if isinstance(a, Send)]
    assert order.index("Flushed") == order.index("Final") + 1


def test_flushed_waits_for_the_final(open_session: OpenSession) -> None:
    session = open_session()
    session.receive(messages.Start(partials=False))
    session.receive(audio(speech(1.0)))

    asked = session.receive(messages.Flush(id="f"))
    (window,) = windows(asked)

    assert told(asked, messages.Flushed) == []
    assert told(session.settle(window, hear(window)), messages.Flushed) == [
        messages.Flushed(id="f")
    ]


def test_silence_is_acknowledged(open_session: OpenSession) -> None:
    client = Client(open_session())

    client.send(*[audio(silence(1.0))] * 11)

    throughs = [ack.through for ack in client.told(messages.Ack)]
    assert len(throughs) == 2
    assert throughs == sorted(throughs)
    assert throughs[-1] > 9 * SAMPLE_RATE - DICTATION.padding_ms * 16


def test_the_language_of_the_first_final_is_kept(open_session: OpenSession) -> None:
    client = Client(open_session())

    client.send(audio(speech(1)), messages.Flush(), audio(speech(1)), messages.Finish())

    asked = [w.options.language for w in windows(client.actions) if w.exact]
    assert asked == [None, "de"]


def test_prompt_and_hotwords_stand_before_every_window(open_session: OpenSession) -> None:
    client = Client(open_session())
    start = messages.Start(prompt="A letter.", hotwords=("Ada", " ", "Grace"), language="en")

    client.send(start, audio(speech(1)), messages.Finish())

    options = {(w.options.prompt, w.options.language) for w in windows(client.actions)}
    assert options == {("Ada, Grace. A letter.", "en")}


def test_a_file_is_bulk_work(open_session: OpenSession) -> None:
    client = Client(open_session(priority=Priority.BULK))

    client.send(messages.Start(partials=False), audio(speech(1)), messages.Finish())

    assert [w.priority for w in windows(client.actions)] == [Priority.BULK]


def test_samples_that_are_no_numbers_are_told_once(open_session: OpenSession) -> None:
    client = Client(open_session())
    nan = audio(np.full(100, np.nan, "<f4").tobytes())

    client.send(messages.Start(encoding="f32le"), nan, nan)

    assert [warning.code for warning in client.told(messages.Warn)] == ["non_finite_audio"]


def test_a_frame_without_audio_changes_nothing(open_session: OpenSession) -> None:
    session = open_session()
    session.receive(messages.Start())

    assert session.receive(audio(b"")) == []


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        ({"encoding": "mp3"}, UnsupportedFormat, "found encoding 'mp3'"),
        ({"sample_rate": 96_000}, UnsupportedFormat, "found sample rate 96000"),
        ({"channels": 7}, UnsupportedFormat, "found 7 channels"),
        ({"language": "xx"}, UnsupportedFormat, "found language 'xx', model scripted knows en, de"),
        ({"prompt": "x" * 2001}, BadMessage, "found 2001 characters"),
        ({"prompt": "\ud800"}, BadMessage, "found half a surrogate pair in prompt or hotwords"),
        ({"hotwords": ("Ada", "\udfff")}, BadMessage, "found half a surrogate pair"),
    ],
)
def test_a_wrong_start_is_refused_and_opens_nothing(
    open_session: OpenSession,
    start: dict[str, object],
    error: type[DictationError],
    message: str,
) -> None:
    session = open_session()

    with pytest.raises(error, match=message):
        session.receive(messages.Start(**start))  # type: ignore[arg-type]
    assert told(session.receive(messages.Start()), messages.Ready)


def test_an_english_model_does_not_translate(open_session: OpenSession) -> None:
    session = open_session(languages=("en",))

    with pytest.raises(UnsupportedFormat, match="knows English alone"):
        session.receive(messages.Start(task="translate"))


@pytest.mark.parametrize(
    ("before", "wrong", "complaint"),
    [
        ([messages.Start()], messages.Start(), "found a second 'start'"),
        ([audio(b"")], messages.Start(), "found a second 'start'"),
        ([messages.Finish()], audio(b"ab"), "found 'audio' after the end"),
        ([messages.Finish()], messages.Finish(), "found 'finish' after the end"),
        ([messages.Finish()], messages.Flush(), "found 'flush' after the end"),
    ],
)
def test_a_message_at_the_wrong_time_is_refused(
    open_session: OpenSession,
    before: list[messages.ClientMessage],
    wrong: messages.ClientMessage,
    complaint: str,
) -> None:
    session = open_session()
    for message in before:
        session.receive(message)

    with pytest.raises(BadOrder, match=complaint):
        session.receive(wrong)


def test_half_a_sample_is_refused(open_session: OpenSession) -> None:
    with pytest.raises(BadAudio, match="found 3 bytes, expected a multiple of 2"):
        open_session().receive(audio(b"abc"))


@pytest.mark.parametrize(
    ("error", "code"),
    [(BadAudio("odd"), 1007), (LimitReached("idle"), 1008), (ShuttingDown("bye"), 1012)],
)
def test_an_end_by_decree_makes_final_what_was_said(
    open_session: OpenSession, error: DictationError, code: int
) -> None:
    client = Client(open_session())
    client.send(audio(speech(1.0)))

    client.follow(client.session.end(error))

    assert len(client.told(messages.Final)) == 1
    told_error = messages.Error(code=error.code, message=str(error), fatal=True)
    assert client.actions[-2:] == [Send(told_error), Close(code, error.code)]


def test_after_an_end_by_decree_nothing_more_happens(open_session: OpenSession) -> None:
    session = open_session()
    session.end(LimitReached("idle"))

    assert session.receive(audio(b"abc")) == []
    assert session.end(ShuttingDown("bye")) == []
    assert session.is_ending


def test_a_broken_engine_ends_the_session_at_once(open_session: OpenSession) -> None:
    session = open_session()
    session.receive(messages.Start(partials=False))
    session.receive(audio(speech(1.0)))
    session.receive(messages.Finish())

    actions = session.end(EngineError("broken"))

    assert actions[-1] == Close(1011, "engine_error")
    assert len(told(actions, messages.Error)) == 1


_piece = st.tuples(st.sampled_from([speech, silence]), st.integers(1, 1500))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_piece, max_size=5), st.lists(st.integers(100, 20_000), min_size=1))
def test_finals_cover_all_speech_once_whatever_the_chunks(
    open_session: OpenSession, pieces: list[tuple[Callable[[float], bytes], int]], cuts: list[int]
) -> None:
    data = b"".join(make(ms / 1000) for make, ms in pieces)
    whole, chunked = Client(open_session()), Client(open_session())

    whole.send(messages.Start(), audio(data), messages.Finish())
    chunked.send(messages.Start())
    at, turn = 0, 0
    while at < len(data):
        size = 2 * cuts[turn % len(cuts)]
        chunked.send(audio(data[at : at + size]))
        at, turn = at + size, turn + 1
    chunked.send(messages.Finish())

    finals = whole.told(messages.Final)
    assert finals == chunked.told(messages.Final)
    spans = [(final.start, final.end) for final in finals]
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    loud = np.abs(np.frombuffer(data, "<i2")) > 0
    for start, end in spans:
        loud[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)] = False
    # A click shorter than the least speech is none; nothing longer may be left over.
    assert loud.sum() <= len(pieces) * DICTATION.min_speech_ms * 16 + 2 * 512 * len(pieces)


def test_the_id_of_a_flush_has_a_bound(open_session: OpenSession) -> None:
    session = open_session()

    with pytest.raises(BadMessage, match="found an id of 201 characters, expected at most 200"):
        session.receive(messages.Flush(id="x" * 201))
