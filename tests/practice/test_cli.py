from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from tools.practice.cli import main


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("card", "nothing.json"), "there is no report nothing.json"),
        (("ship",), "practice.pt"),
        (("evaluate", "nothing.pt"), "there is no checkpoint nothing.pt"),
    ],
)
def test_an_error_is_told_in_one_line(command: tuple[str, ...], told: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--work", str(tmp_path), *command])

    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_missed_before_anything_is_made(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--work", str(tmp_path), "all", "--device", "cuda"])

    assert result.exit_code == 2
    assert "torch finds no CUDA device" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["synthesize", "train", "evaluate", "card", "all", "ship"])
def test_every_command_says_what_it_does(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])

    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 4
