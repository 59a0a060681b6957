import numpy as np
import pytest

from tests.session.conftest import build_session
from wsserver import messages
from wsserver.errors import BadAudio
from wsserver.session.actions import Action, Send

CHUNK = messages.Audio(data=np.full(1_000, 8_000, "<i2").tobytes())


def test_an_open_session_says_what_it_is_about_to_ask() -> None:
    session = build_session()
    session.receive(messages.Start())

    asked = session.foresee(CHUNK)

    assert asked is not None
    assert asked.frames.shape == (1, 512)
    assert session.seconds_received == 0


@pytest.mark.parametrize(("probability", "started"), [(0.0, 0), (1.0, 1)])
def test_it_believes_the_answer_that_it_finds(probability: float, started: int) -> None:
    session = build_session()
    session.receive(messages.Start())
    said: list[Action] = []
    for _ in range(8):
        if asked := session.foresee(CHUNK):
            asked.answer = np.full(len(asked.frames), probability, np.float32), None
        said += session.receive(CHUNK)

    speech = [each for each in said if isinstance(each, Send) and each.message.type == "speech"]
    assert session.seconds_received == 0.5
    assert len(speech) == started


@pytest.mark.parametrize(
    "message", [messages.Keepalive(), messages.Flush(), messages.Audio(data=b"odd")]
)
def test_nothing_is_foreseen_of_what_is_no_audio(message: messages.ClientMessage) -> None:
    session = build_session()
    session.receive(messages.Start())

    assert session.foresee(message) is None


def test_bad_audio_is_told_of_when_it_is_taken() -> None:
    session = build_session()
    session.receive(messages.Start())
    session.foresee(messages.Audio(data=b"odd"))

    with pytest.raises(BadAudio):
        session.receive(messages.Audio(data=b"odd"))


def test_before_the_start_and_after_the_end_nothing_is_foreseen() -> None:
    session = build_session()
    before = session.foresee(CHUNK)
    session.receive(messages.Start())
    session.receive(messages.Finish())

    assert before is session.foresee(CHUNK) is None
