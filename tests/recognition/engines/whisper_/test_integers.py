import torch
from hypothesis import given
from hypothesis import strategies as st

from wsserver.recognition.engines.whisper_.integers import (
    RoundedLinear,
    products,
    round_rows,
    sums_exactly,
)


def numbers(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_a_row_is_rounded_by_its_own_largest() -> None:
    rows = torch.tensor([[1.27, -0.5, 0.004], [0.0, 0.0, 0.0], [-127e6, 1e6, 0.0]])

    rounded = round_rows(rows)

    assert rounded.whole.tolist() == [[127, -50, 0], [0, 0, 0], [-127, 1, 0]]
    assert rounded.whole.dtype == torch.int8
    torch.testing.assert_close(rounded.whole * rounded.scales, rows, atol=0.005, rtol=1e-6)


@given(st.integers(0, 99), st.floats(1e-6, 1e6), st.integers(1, 40))
def test_rounding_is_off_by_half_a_step_at_most(seed: int, size: float, width: int) -> None:
    rows = numbers(seed, 3, width) * size

    rounded = round_rows(rows)

    off = (rounded.whole * rounded.scales - rows).abs()
    assert (off <= rounded.scales * 0.501).all()


def test_products_of_the_largest_are_exact_or_told_not_to_be() -> None:
    rows = torch.full((70, 300), 127, dtype=torch.int8)
    lines = torch.full((3, 300), -127, dtype=torch.int8)

    exact = sums_exactly(rows)

    assert exact == bool((products(lines, rows) == -127 * 127 * 300).all())


def test_a_rounded_layer_gives_nearly_what_the_layer_gives() -> None:
    weight, bias, x = numbers(1, 40, 64), numbers(2, 40), numbers(3, 2, 5, 64)
    rows = round_rows(weight)

    found = RoundedLinear(rows.whole, rows.scales[:, 0], bias)(x)

    expected = torch.nn.functional.linear(x, weight, bias)
    assert found.shape == (2, 5, 40)
    assert (found - expected).norm() < 0.02 * expected.norm()


def test_no_line_of_a_rounded_layer_depends_on_another() -> None:
    weight, x = numbers(1, 40, 64), numbers(3, 5, 64)
    rows = round_rows(weight)
    layer = RoundedLinear(rows.whole, rows.scales[:, 0], torch.zeros(40))
    loud = x * torch.tensor([1.0, 1e3, 1.0, 1e-3, 1e6])[:, None]

    together = layer(loud)

    assert torch.equal(together[0], layer(x[:1])[0])
    assert torch.equal(together[2], layer(x[2:3])[0])
