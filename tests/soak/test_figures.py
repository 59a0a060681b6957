"""When a figure of a soak is flat."""

import pytest

from bench.soak_figures import Rest, judge


def rests(*values: float) -> list[Rest]:
    return [Rest(500 * n, float(n), {"tasks": value}, {}) for n, value in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("values", "before", "after", "is_flat"),
    [
        ((9.0, 10.0, 99.0, 10.4), 10.0, 10.4, True),
        ((9.0, 10.0, 99.0, 10.6), 10.0, 10.6, False),
        ((9.0, 10.0, 99.0, 9.4), 10.0, 9.4, False),
        ((1, 1, 10, 11, 50, 50, 10, 12), 10.5, 11.0, True),
        ((0, 0, 0, 0), 0.0, 0.0, True),
        ((0, 0, 0, 1), 0.0, 1.0, False),
        ((500, 100, 100, 100, 100), 100.0, 100.0, True),
    ],
)
def test_the_last_quarter_is_compared_with_the_second(
    values: tuple[float, ...], before: float, after: float, is_flat: bool
) -> None:
    (verdict,) = judge(rests(*values))

    assert (verdict.before, verdict.after, verdict.is_flat) == (before, after, is_flat)


def test_fewer_than_four_rests_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="found 3 rests, expected at least 4"):
        judge(rests(1, 2, 3))
