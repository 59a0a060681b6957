import pytest

from wsserver.speech import Hypothesis
from wsserver.text.transcript import Transcript


def hear(*tokens: int, language: str = "en") -> Hypothesis:
    return Hypothesis("text", tokens, (), language, 1.0, -0.1, 0.0, 1.0)


def test_the_first_utterance_with_words_settles_the_language() -> None:
    transcript = Transcript().after(None, 0).after(hear(1, language="de"), 0)

    assert transcript.after(hear(2, language="en"), 0).language == "de"


@pytest.mark.parametrize(
    ("carry_tokens", "carried"), [(0, ()), (2, (3, 4)), (3, (2, 3, 4)), (9, (1, 2, 3, 4))]
)
def test_carries_the_latest_tokens_on(carry_tokens: int, carried: tuple[int, ...]) -> None:
    transcript = Transcript().after(hear(1, 2), carry_tokens).after(hear(3, 4), carry_tokens)

    assert transcript.carry == carried


def test_what_a_guard_held_back_is_not_carried_on() -> None:
    transcript = Transcript().after(hear(1, 2), 9).after(None, 9)

    assert transcript == Transcript(language="en", carry=())
