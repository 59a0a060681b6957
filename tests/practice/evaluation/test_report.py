from pathlib import Path

from rich.console import Console

from tests.practice.evaluation.reports import REPORT, ROWS
from tools.practice.evaluation import report
from tools.practice.evaluation.table import markdown, tables


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"

    report.write(path, REPORT)

    assert report.read(path) == REPORT


def test_a_group_is_a_table_with_a_column_for_every_figure() -> None:
    assert markdown(ROWS[:2]).splitlines() == [
        "| set | seen | way | items | words | s each | WER % | exact % |",
        "| --- | --- | --- | --: | --: | --: | --: | --: |",
        "| pink, 10 dB | yes | 30 s | 2 | 6 | 2.2 | 12.3 [10.0, 15.0] |  |",
        "| pink, 10 dB | yes | short | 2 | 6 | 2.2 | 12.3 [10.0, 15.0] | 50.0 |",
    ]


def test_a_terminal_shows_all_groups() -> None:
    console = Console(width=160, record=True, quiet=True)
    with console.capture() as shown:
        console.quiet = False
        for table in tables(REPORT):
            console.print(table)

    assert [group in shown.get() for group in REPORT.groups] == [True, True]
    assert shown.get().count("12.3 [10.0, 15.0]") == 3
