import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from wsserver.recognition.engines.whisper_.sampling import (
    Choice,
    Filters,
    Request,
    Row,
    filters,
    row_of,
)
from wsserver.recognition.engines.whisper_.screening import Screen, screen_of
from wsserver.recognition.engines.whisper_.tokens import Opening

CPU = torch.device("cpu")
FREE = filters([], [], CPU)


def numbers(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def screened(embedding: Tensor) -> Screen:
    screen = screen_of(embedding)
    if screen is None:
        pytest.skip("this processor does not add eight-bit products exactly")
    return screen


def rows_behind(sampled: list[int]) -> list[Row]:
    """Give a row of one line behind each number of sampled tokens."""
    rows = [row_of(Request(Opening((1,), 0), 100, 100), CPU) for _ in sampled]
    for row, count in zip(rows, sampled, strict=True):
        row.tokens = [0] * count
    return rows


def choose(
    embedding: Tensor, hidden: Tensor, rules: Filters = FREE, sampled: list[int] | None = None
) -> list[Choice]:
    return (
        screened(embedding).score(hidden).choose(rules, rows_behind(sampled or [1] * len(hidden)))
    )


def assert_likeliest(embedding: Tensor, hidden: Tensor, rules: Filters, sampled: list[int]) -> None:
    """Expect the very argmax of float scores, up to what these are wrong by themselves."""
    choices = choose(embedding, hidden, rules, sampled)

    logits = rules.apply((hidden.double() @ embedding.double().T), sampled)
    chosen = torch.tensor([token for token, _ in choices])
    short = logits.amax(dim=1) - logits.gather(1, chosen[:, None])[:, 0]
    rounding = 1e-6 * hidden.double().norm(dim=1) * embedding.double().norm(dim=1).max()
    assert (short <= rounding).all()
    assert all(logprob <= 0 for _, logprob in choices)


lines = st.integers(1, 70)
widths = st.integers(2, 48)
sizes = st.integers(2, 300)
seeds = st.integers(0, 10_000)


@settings(max_examples=80, deadline=None)
@given(seeds, lines, sizes, widths)
def test_of_random_tokens_the_likeliest_is_chosen(
    seed: int, lines: int, size: int, width: int
) -> None:
    assert_likeliest(numbers(seed, size, width), numbers(seed + 1, lines, width), FREE, [1] * lines)


@settings(max_examples=80, deadline=None)
@given(seeds, widths, st.floats(1e-7, 0.05))
def test_tokens_that_differ_by_less_than_rounding_are_told_apart(
    seed: int, width: int, apart: float
) -> None:
    alike = numbers(seed, 1, width) + apart * numbers(seed + 1, 200, width)
    embedding = torch.cat([alike, alike[:50], numbers(seed + 2, 50, width)])

    assert_likeliest(embedding, numbers(seed + 3, 9, width), FREE, [1] * 9)


@settings(max_examples=80, deadline=None)
@given(seeds, widths, st.floats(1.0, 1e5), st.floats(1.0, 1e5))
def test_outliers_in_tokens_and_lines_hide_nothing(
    seed: int, width: int, loud_token: float, loud_place: float
) -> None:
    embedding, hidden = numbers(seed, 200, width), numbers(seed + 1, 6, width)
    embedding[seed % 200] *= loud_token
    embedding[(seed * 7) % 200, seed % width] *= loud_place
    hidden[:, (seed * 3) % width] *= loud_place
    hidden[2] *= loud_token

    assert_likeliest(embedding, hidden, FREE, [1] * 6)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 150))
def test_what_is_forbidden_is_never_chosen(seed: int, forbidden: int) -> None:
    embedding, hidden = numbers(seed, 200, 16), numbers(seed + 1, 8, 16)
    likely = (hidden @ embedding.T).sum(dim=0).argsort(descending=True).tolist()
    rules = filters(likely[: forbidden // 2], likely[forbidden // 2 : forbidden], CPU)

    assert_likeliest(embedding, hidden, rules, [0, 1, 2, 0, 1, 2, 0, 5])


def test_of_equal_tokens_the_first_is_chosen() -> None:
    embedding = numbers(1, 100, 16).repeat(3, 1)
    hidden = numbers(2, 20, 16)

    choices = choose(embedding, hidden)

    assert [token for token, _ in choices] == (hidden @ embedding[:100].T).argmax(dim=1).tolist()


def test_rows_of_zeros_are_scored_as_well() -> None:
    embedding = -torch.ones(130, 8)
    embedding[40:] = 0

    [(token, logprob)] = choose(embedding, torch.ones(1, 8))

    assert token == 40
    assert logprob == pytest.approx(-torch.tensor(90.0).log().item(), abs=0.02)


def test_where_all_may_be_the_best_all_are_scored() -> None:
    """As many candidates as tokens: a line of almost nothing but one outlier no token minds."""
    hidden = 1e-3 * numbers(2, 3, 16)
    hidden[:, 0] = 100
    embedding = numbers(1, 2000, 16)
    embedding[:, 0] = 0

    assert_likeliest(embedding, hidden, FREE, [1, 1, 1])


@pytest.mark.parametrize("spread", [0.1, 1.0, 10.0])
def test_log_probabilities_are_nearly_those_of_float(spread: float) -> None:
    embedding = numbers(1, 5000, 64) * spread / 8
    hidden = numbers(2, 30, 64)

    choices = choose(embedding, hidden)

    expected = (hidden @ embedding.T).log_softmax(dim=1).amax(dim=1)
    torch.testing.assert_close(
        torch.tensor([logprob for _, logprob in choices]), expected, atol=0.03 * spread, rtol=0
    )


def test_the_chance_of_a_token_is_nearly_that_of_float() -> None:
    embedding, hidden = numbers(1, 500, 64) / 8, numbers(2, 4, 64)

    chances = screened(embedding).score(hidden).chances(4, 77)

    expected = (hidden @ embedding.T).softmax(dim=1)[:, 77]
    torch.testing.assert_close(torch.tensor(chances), expected, atol=0, rtol=0.05)


def test_no_line_depends_on_its_neighbors() -> None:
    embedding, hidden = numbers(1, 500, 64), numbers(2, 70, 64)
    hidden[5] *= 1e4

    together = choose(embedding, hidden)

    for line, choice in zip(hidden, together, strict=True):
        [alone] = choose(embedding, line[None])
        assert choice[0] == alone[0]
        assert choice[1] == pytest.approx(alone[1], abs=1e-4)


def test_only_what_is_kept_of_a_guess_gets_a_log_probability() -> None:
    embedding, hidden = numbers(1, 500, 64), numbers(2, 7, 64)
    said = [token for token, _ in choose(embedding, hidden)]
    rows = rows_behind([3, 5])
    rows[0].guess, rows[1].guess = (said[0], said[1], 499, said[3]), (said[5],)

    choices = screened(embedding).score(hidden).choose(FREE, rows)

    assert [token for token, _ in choices] == said
    assert [logprob <= 0 for _, logprob in choices] == [True, True, True, False, False, True, True]
