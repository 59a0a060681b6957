"""Show a report as tables: in a terminal, or in Markdown.

Knows reports; knows nothing of how they came about.
"""

from collections.abc import Sequence

from rich.table import Table

from tools.practice.evaluation.report import Report, Row, columns_of

_HEADS = ("set", "seen", "way", "items", "words", "s each")


def tables(report: Report) -> list[Table]:
    """Give a table for each group."""
    return [_table(group, report.rows_of(group)) for group in report.groups]


def markdown(rows: Sequence[Row]) -> str:
    """Give the rows of a group as a table in Markdown."""
    names = columns_of(rows)
    lines = [
        _line([*_HEADS, *names]),
        _line(["---"] * 3 + ["--:"] * (len(names) + 3)),
        *(_line(_cells(row, names)) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _table(group: str, rows: Sequence[Row]) -> Table:
    names = columns_of(rows)
    table = Table(title=group, title_justify="left")
    for head in _HEADS[:3]:
        table.add_column(head, overflow="fold")
    for head in (*_HEADS[3:], *names):
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*_cells(row, names))
    return table


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    figures = [row.figure(name) for name in names]
    return [
        row.name,
        "yes" if row.seen else "no",
        row.way.value,
        str(row.items),
        str(row.words),
        f"{row.seconds / max(1, row.items):.1f}",
        *("" if figure is None else str(figure) for figure in figures),
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
