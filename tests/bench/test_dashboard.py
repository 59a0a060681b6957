"""The dashboard's file is read, and drawn, as Grafana would show it."""

from pathlib import Path

import pytest

from bench.dashboard.panels import name_of, rate_interval, read_panels, resolve

VARIABLES = {"job": "wsserver", "__rate_interval": "4s"}


def test_every_panel_is_read_with_its_place_and_its_questions() -> None:
    panels = read_panels()

    assert {panel.title for panel in panels} > {"Sessions", "Lag of partials", "Turned away"}
    assert all(panel.targets and panel.x + panel.width <= 24 for panel in panels)


def test_a_panel_of_another_kind_is_told_of(tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text('{"panels": [{"type": "piechart"}]}')

    with pytest.raises(ValueError, match="found a panel of the type 'piechart'"):
        read_panels(file)


@pytest.mark.parametrize(
    ("step", "scrape", "expected"), [(2, 1, "4s"), (15, 1, "16s"), (15, 15, "60s"), (60, 15, "75s")]
)
def test_rates_span_four_scrapes_at_least(step: int, scrape: int, expected: str) -> None:
    assert rate_interval(step, scrape) == expected


@pytest.mark.parametrize(
    ("expression", "resolved"),
    [
        ('sum(up{job="$job"})', 'sum(up{job="wsserver"})'),
        ('rate(a{job="${job}"}[$__rate_interval])', 'rate(a{job="wsserver"}[4s])'),
    ],
)
def test_variables_are_put_in(expression: str, resolved: str) -> None:
    assert resolve(expression, VARIABLES) == resolved


def test_a_variable_that_nobody_knows_is_told_of() -> None:
    with pytest.raises(ValueError, match="found the variable 'instance', expected job"):
        resolve("up{instance=$instance}", VARIABLES)


def test_a_series_is_called_as_its_legend_says() -> None:
    assert name_of("{{guard}}, {{ priority }}!", {"guard": "repetition"}) == "repetition, !"


def test_a_picture_is_light_and_as_wide_as_the_dashboard(tmp_path: Path) -> None:
    picture = pytest.importorskip("bench.dashboard.picture", exc_type=ImportError)
    from PIL import Image

    path = tmp_path / "dashboard.png"
    curve = picture.Curve("open", [(float(at), at % 7 / 7) for at in range(200)])
    head = picture.Head("wsserver", "job wsserver", [(20.0, "a crowd comes")], 200.0)

    picture.draw(head, [(panel, [curve] * len(panel.targets)) for panel in read_panels()], path)

    with Image.open(path) as drawn:
        assert drawn.width == 1500
    assert path.stat().st_size < 400_000


def test_a_curve_breaks_where_nothing_was_found() -> None:
    picture = pytest.importorskip("bench.dashboard.picture", exc_type=ImportError)

    broken = picture.with_gaps([(0.0, 1.0), (2.0, 2.0), (8.0, 3.0)], 2.0)

    assert [at for at, _ in broken] == [0.0, 2.0, 8.0, 8.0]
    assert [value for _, value in broken if value == value] == [1.0, 2.0, 3.0]


def test_a_panel_of_an_unknown_unit_would_not_be_drawn_wrong() -> None:
    picture = pytest.importorskip("bench.dashboard.picture", exc_type=ImportError)

    assert {panel.unit for panel in read_panels()} <= picture.UNITS.keys()
    assert picture.UNITS["s"](0.25) == "250 ms"
    assert picture.UNITS["percentunit"](0.5) == "50%"
