from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.distributions import Categorical

from wsserver.recognition.engines.whisper_.sampling import Request, choose, filters, row_of
from wsserver.recognition.engines.whisper_.tokens import Opening

CPU = torch.device("cpu")
OPENING = Opening((1, 2), 0)


def request(temperature: float = 0.0, seed: int = 0, limit: int = 5) -> Request:
    return Request(OPENING, limit, 100, temperature, seed)


def test_some_tokens_never_come_and_some_not_first() -> None:
    rules = filters(always=[0], at_first=[1, 2], device=CPU)

    filtered = rules.apply(torch.zeros(3, 4), sampled=[0, 1, 7])

    inf = torch.inf
    assert filtered.tolist() == [[-inf, -inf, -inf, 0], [-inf, 0, 0, 0], [-inf, 0, 0, 0]]


def test_without_temperature_the_best_token_is_chosen() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0], [2.0, 0.0, -torch.inf]])
    rows = [row_of(request(), CPU) for _ in range(2)]

    chosen = choose(logits, rows)

    logprobs = logits.log_softmax(-1)
    assert [token for token, _ in chosen] == [1, 0]
    assert [logprob for _, logprob in chosen] == [logprobs[0, 1].item(), logprobs[1, 0].item()]


def test_many_lines_are_chosen_line_by_line() -> None:
    logits = torch.randn(70, 30, generator=torch.Generator().manual_seed(1))
    row = row_of(request(), CPU)

    together = choose(logits, [row] * 70)

    assert together == [choose(line[None], [row])[0] for line in logits]


@pytest.mark.parametrize("temperature", [0.2, 0.6, 1.0, 3.0])
def test_a_row_draws_what_it_would_draw_alone_with_torchs_own_generator(
    temperature: float,
) -> None:
    steps = torch.randn(6, 3, 200, generator=torch.Generator().manual_seed(5)) * 3
    rows = [
        row_of(request(), CPU),
        row_of(request(temperature, 7), CPU),
        row_of(request(1, 9), CPU),
    ]

    drawn = [choose(logits, rows)[1][0] for logits in steps]

    with torch.random.fork_rng():
        torch.manual_seed(7)
        draws: list[Any] = [Categorical(logits=logits[1:2] / temperature) for logits in steps]
        expected = [draw.sample().item() for draw in draws]
    assert drawn == expected


def test_a_row_ends_at_the_end_of_text_or_at_its_limit() -> None:
    ended, limited = row_of(request(limit=2), CPU), row_of(request(limit=2), CPU)

    assert not ended.take(11, -0.1, end=9)
    assert ended.take(9, -0.2, end=9)
    assert not limited.take(11, -0.1, end=9)
    assert limited.take(12, -0.2, end=9)
    assert (ended.tokens, ended.logprobs) == ([11], [-0.1, -0.2])
    assert (limited.tokens, limited.logprobs) == ([11, 12], [-0.1, -0.2])


def test_a_guess_is_kept_up_to_the_first_difference() -> None:
    row = row_of(replace(request(limit=9), draft=(11, 12, 13, 14)), CPU)
    row.look_ahead(100)

    right, done = row.verify([(11, -0.1), (12, -0.2), (20, -0.3), (14, -0.4), (15, -0.5)], end=9)
    row.look_ahead(100)

    assert (right, done) == (2, False)
    assert (row.tokens, row.logprobs) == ([11, 12, 20], [-0.1, -0.2, -0.3])
    assert row.guess == (14,)


def test_a_row_that_ends_amid_its_guess_takes_nothing_more() -> None:
    row = row_of(replace(request(limit=9), draft=(11, 12, 13)), CPU)
    row.look_ahead(100)

    right, done = row.verify([(11, -0.1), (9, -0.2), (13, -0.3), (14, -0.4)], end=9)

    assert (right, done) == (1, True)
    assert (row.tokens, row.logprobs) == ([11], [-0.1, -0.2])


def test_a_guess_reaches_the_limit_and_not_beyond() -> None:
    row = row_of(replace(request(limit=3), draft=(11, 12, 13, 14)), CPU)
    row.look_ahead(100)

    right, done = row.verify([(11, -0.1), (12, -0.2), (13, -0.3)], end=9)

    assert row.guess == (11, 12)
    assert (right, done, row.tokens) == (2, True, [11, 12, 13])


def test_a_row_that_draws_has_no_guess() -> None:
    row = row_of(replace(request(0.5), draft=(11, 12)), CPU)

    row.look_ahead(100)

    assert row.guess == ()
