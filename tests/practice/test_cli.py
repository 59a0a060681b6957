from pathlib import Path

import pytest
from click.testing import CliRunner

from tools.practice.cli import main


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("card", "nothing.json"), "there is no report nothing.json"),
        (("ship",), "practice.pt"),
    ],
)
def test_an_error_is_told_in_one_line(command: tuple[str, ...], told: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--work", str(tmp_path), *command])

    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["synthesize", "train", "evaluate", "card", "all", "ship"])
def test_every_command_says_what_it_does(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])

    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 4
