import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.practice.evaluation.figures import Figure, Part, share

PARTS = st.lists(
    st.builds(Part, st.sampled_from("abcdef"), st.integers(0, 5), st.integers(5, 9)), min_size=1
)


def test_a_share_is_of_all_that_could_be_counted() -> None:
    figure = share("WER %", [Part("a", 1, 10), Part("b", 0, 10), Part("b", 4, 5)])

    assert (figure.name, figure.value) == ("WER %", 20.0)


@given(PARTS)
def test_the_interval_is_around_the_value_and_among_what_the_clusters_say(
    parts: list[Part],
) -> None:
    figure = share("any", parts)

    if len({part.cluster for part in parts}) == 1:
        assert figure.low is figure.high is None
        return
    assert figure.low is not None
    assert figure.high is not None
    assert 0 <= figure.low <= figure.value + 1e-9
    assert figure.value - 1e-9 <= figure.high <= 100


def test_the_same_sentence_in_many_noises_is_no_surer_than_once() -> None:
    said = [Part(str(number), number % 2, 1) for number in range(40)]

    once, often = share("any", said), share("any", said * 9)

    assert (once.low, once.high) == (often.low, often.high)


def test_more_sentences_are_surer() -> None:
    few, many = (
        share("any", [Part(str(number), number % 2, 1) for number in range(count)])
        for count in (20, 500)
    )

    assert few.low is not None
    assert many.low is not None
    assert few.low < many.low < 50


def test_a_share_of_nothing_is_no_number() -> None:
    assert math.isnan(share("any", []).value)


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (Figure("any", 12.34), "12.3"),
        (Figure("any", 12.34, 9.96, 15), "12.3 [10.0, 15.0]"),
        (Figure("any", 18.4, digits=0), "18"),
    ],
)
def test_a_figure_is_shown_with_its_interval(figure: Figure, shown: str) -> None:
    assert str(figure) == shown
