from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from wsserver.errors import ModelError
from wsserver.recognition.silero import SileroVoice, State, packaged_model
from wsserver.recognition.silero_batch import MOST_FRAMES, MOST_ROWS, SileroBatch
from wsserver.speech import Question, Samples

SAMPLES = Path(__file__).parents[1] / "samples"


def sound() -> Samples:
    """A sentence, then noise, then silence: shape (n, 512)."""
    spoken, _ = soundfile.read(SAMPLES / "en-us-my-uncle-sold.wav", dtype="float32")
    noise = np.random.default_rng(0).normal(0, 0.2, 40 * 512)
    whole = np.concatenate((spoken, noise, np.zeros(20 * 512)))
    return whole[: len(whole) // 512 * 512].reshape(-1, 512).astype(np.float32)


VOICE, SOUND = SileroVoice(), sound()
BATCH = SileroBatch(VOICE)


def question(at: int, frames: int) -> Question:
    """What a session asks that has heard two frames of the sound before."""
    at %= len(SOUND) - frames - 2
    before = VOICE(SOUND[at : at + 2], VOICE.initial_state())[1]
    return Question(SOUND[at + 2 : at + 2 + frames], before)


def bits(answer: tuple[Samples, object] | None) -> bytes:
    assert answer is not None
    probabilities, state = answer
    assert isinstance(state, State)
    parts = (probabilities, state.context, state.hidden, state.cell)
    return b"".join(part.tobytes() for part in parts)


def check(questions: list[Question]) -> None:
    BATCH.answer(questions)

    for asked in questions:
        assert bits(asked.answer) == bits(VOICE(asked.frames, asked.state))


@pytest.mark.parametrize("rows", [*range(1, 34), 63, 64, 65, MOST_ROWS, MOST_ROWS + 1, 300])
def test_no_batch_changes_a_bit(rows: int) -> None:
    check([question(17 * row, 1 + row % 3) for row in range(rows)])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, MOST_FRAMES + 3)), max_size=40))
def test_whatever_shares_the_batch_does_not_change_a_bit(asked: list[tuple[int, int]]) -> None:
    check([question(at, frames) for at, frames in asked])


def test_a_session_may_go_on_alone_after_any_batch() -> None:
    state = VOICE.initial_state()
    for at in range(30):
        asked = Question(SOUND[at : at + 1], state)
        BATCH.answer([question(3 * at, 1), asked, question(5 * at, 2)][at % 2 :])
        assert asked.answer is not None
        state = asked.answer[1]

    whole = VOICE(SOUND[:30], VOICE.initial_state())

    assert asked.answer is not None
    assert bits((asked.answer[0], state)) == bits((whole[0][-1:], whole[1]))


def test_it_tries_whether_batches_keep_their_bits_here() -> None:
    assert BATCH.keeps_its_bits()


def test_batches_that_change_bits_are_found_out(caplog: pytest.LogCaptureFixture) -> None:
    batch = SileroBatch(VOICE)
    batch._session = _Sloppy(batch._session)

    assert not batch.keeps_its_bits()
    assert "batches of 2 change the voice model's bits" in caplog.text


class _Sloppy:
    """Gives the last bits of a batch's rows otherwise, as another order of sums would."""

    def __init__(self, session: object) -> None:
        self._session = session

    def run(self, *given: object) -> tuple[Samples, Samples]:
        output, state = self._session.run(*given)  # type: ignore[attr-defined]
        return output, np.nextafter(state, np.float32(2))


def test_the_state_of_another_model_is_refused() -> None:
    with pytest.raises(TypeError, match="found a state of another model"):
        BATCH.answer([Question(SOUND[:1], "state"), question(0, 1)])


def test_a_model_without_batches_is_refused() -> None:
    with pytest.raises(ModelError, match=r"expected \('input', 'state', 'sr'\)"):
        SileroBatch(VOICE, packaged_model())
