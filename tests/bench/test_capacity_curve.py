import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from bench.capacity.curve import Batch, Cost, Curve, fit, load
from bench.capacity.engines import COSTS
from bench.capacity.levels import fit_curve, scaled
from wsserver.speech import SAMPLE_RATE, Priority, Window

TRUE = Cost({"batch": 0.02, "window": 0.01, "audio": 0.005})


def batches(
    cost: Cost, *, exact: bool = False, scatter: float = 0.0, count: int = 200
) -> list[Batch]:
    chance, made = Random(5), list[Batch]()
    for _ in range(count):
        lengths = tuple(chance.uniform(0.5, 8) for _ in range(chance.choice((1, 1, 2, 3, 5, 8))))
        took = cost.at(lengths) * chance.uniform(1 - scatter, 1 + scatter)
        made.append(Batch(exact, lengths, took))
    return made


def test_a_fit_finds_the_prices_that_batches_were_made_of() -> None:
    found = fit(batches(TRUE))

    for lengths in ((0.5,), (3.0,), (2.0, 6.0), (1.0,) * 16):
        assert found.at(lengths) == pytest.approx(TRUE.at(lengths), rel=0.02)


def test_a_fit_is_right_in_sum_and_knows_how_batches_scatter() -> None:
    measured = batches(TRUE, scatter=0.4, count=2000)

    found, chance = fit(measured), Random(1)

    drawn = [found.draw(each.lengths, chance) for each in measured]
    assert sum(drawn) == pytest.approx(sum(each.took_seconds for each in measured), rel=0.03)
    ratios = [d / found.at(each.lengths) for d, each in zip(drawn, measured, strict=True)]
    assert np.quantile(ratios, 0.9) == pytest.approx(1.32, abs=0.04)


def test_no_part_of_a_price_is_negative() -> None:
    falling = [Batch(False, (float(n),), 1.0 / n) for n in range(1, 9)]

    assert all(price >= 0 for price in fit(falling).parts.values())


def test_nothing_can_be_fitted_to_nothing() -> None:
    with pytest.raises(ValueError, match="found no batches"):
        fit([])


def test_moments_at_which_a_machine_is_slower_do_not_count_as_scatter() -> None:
    slow = Cost({name: 3 * price for name, price in TRUE.parts.items()})
    moments = [batches(TRUE) + batches(TRUE, exact=True), batches(slow) + batches(slow, exact=True)]

    curve = fit_curve("x", moments)

    assert max(curve.others.spread) < 1.05
    assert scaled(curve, moments[1]).others.at((4.0,)) == pytest.approx(slow.at((4.0,)), rel=0.02)


def test_a_curve_is_read_as_it_was_saved(tmp_path: Path) -> None:
    curve = Curve("x", TRUE, fit(batches(TRUE)), {"date": "2026-11-23"})

    curve.save(tmp_path / "costs.json")

    assert load(tmp_path / "costs.json") == curve


@pytest.mark.parametrize("path", sorted(COSTS.glob("*.json")), ids=lambda path: path.stem)
def test_the_costs_that_come_along_say_whether_anybody_measured_them(path: Path) -> None:
    curve = load(path)

    assert curve.is_assumed or {"date", "hardware"} <= set(curve.told)


@pytest.mark.parametrize("document", [{}, {"name": "x", "exact": 1, "others": {}}])
def test_a_file_without_costs_is_refused(tmp_path: Path, document: object) -> None:
    (tmp_path / "x.json").write_text(json.dumps(document))

    with pytest.raises(ValueError, match="found no costs"):
        load(tmp_path / "x.json")


def test_a_part_that_is_unknown_is_refused(tmp_path: Path) -> None:
    told = {"name": "x", "exact": {"parts": {"lunch": 1.0}}, "others": {"parts": {}}}
    (tmp_path / "x.json").write_text(json.dumps(told))

    with pytest.raises(ValueError, match=r"found costs of \['lunch'\]"):
        load(tmp_path / "x.json")


def test_exact_windows_and_others_have_prices_of_their_own() -> None:
    curve = Curve("x", Cost({"window": 1.0}), Cost({"audio": 0.1}))
    audio = np.zeros(2 * SAMPLE_RATE, np.float32)
    partial, final = (
        Window("s", 1, p, 0, audio, exact=p is Priority.FINAL)
        for p in (Priority.PARTIAL, Priority.FINAL)
    )

    assert curve.expect([partial]) == pytest.approx(0.2)
    assert curve.expect([final, final]) == pytest.approx(2.0)
