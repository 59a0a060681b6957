from io import StringIO

from rich.console import Console

from tools.practice.training.loop import Report
from tools.practice.training.progress import bar, summary


def _report(step: int) -> Report:
    return Report(step, 250, 1.5, 0.62, {"text": 4.3514, "correct": 0.25})


def test_a_report_says_how_well_it_goes() -> None:
    assert summary(_report(10)) == "1.5 h heard, 0.62 s a step, text 4.351 correct 0.250"


def test_without_a_terminal_a_line_comes_every_hundred_steps() -> None:
    written = StringIO()

    with bar(Console(file=written, width=200)) as show:
        for step in range(10, 260, 10):
            show(_report(step))

    lines = written.getvalue().split("\n")
    steps = [line.split(":")[0] for line in lines if line.strip()]
    assert steps == ["step 100 of 250", "step 200 of 250", "step 250 of 250"]
