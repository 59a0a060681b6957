"""What fails may have raced, but nothing broken gets through."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.second_chance import MOST

ROOT = Path(__file__).parents[2]

COUNTING = """
from pathlib import Path
import pytest

def nth(name):
    place = Path(name)
    count = int(place.read_text()) + 1 if place.exists() else 1
    place.write_text(str(count))
    return count

@pytest.fixture
def untidy():
    yield
    assert nth("untidy") > 1
"""


@dataclass(frozen=True)
class Run:
    status: int
    said: str
    folder: Path

    def count(self, name: str) -> int:
        """Give how often a test was run."""
        return int((self.folder / name).read_text())


def run(folder: Path, *tests: str) -> Run:
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text("\n\n".join((COUNTING, *tests)) + "\n")
    done = subprocess.run(
        (sys.executable, "-m", "tools.second_chance", "-p", "xdist.plugin", "--numprocesses", "2"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr, folder)


def failing(name: str, times: str, more: str = "") -> str:
    """Give a test that fails in those of its runs of which *times*, an expression of n, is true."""
    return f"def test_{name}({more}):\n    n = nth('{name}')\n    assert not ({times})"


def test_what_passes_is_not_run_again(tmp_path: Path) -> None:
    done = run(tmp_path, failing("good", "False"))

    assert (done.status, done.count("good")) == (0, 1)
    assert "alone" not in done.said


def test_what_passes_three_times_alone_raced_and_is_told(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        failing("good", "False"),
        "@pytest.mark.parametrize('sign', ['a::b [c]'])\n" + failing("odd", "n == 1", "sign"),
        "def test_untidy(untidy):\n    pass",
    )

    assert done.status == 0, done.said
    assert [done.count(name) for name in ("good", "odd", "untidy")] == [1, 4, 4]
    for name in ("odd[a::b [c]]", "untidy"):
        assert f"raced, passed 3 times alone: test_it.py::test_{name}" in done.said


def test_what_fails_again_is_broken(tmp_path: Path) -> None:
    times = {"ever": "True", "next": "n in (1, 2)", "last": "n in (1, 4)"}

    done = run(tmp_path, *(failing(name, when) for name, when in times.items()))

    assert done.status == 1
    assert [done.count(name) for name in times] == [2, 2, 4]
    for name in times:
        assert f"failed again alone: test_it.py::test_{name}" in done.said


def test_many_that_fail_get_no_second_chance(tmp_path: Path) -> None:
    names = [f"t{i}" for i in range(MOST + 1)]

    done = run(tmp_path, *(failing(name, "n == 1") for name in names))

    assert done.status == 1
    assert [done.count(name) for name in names] == [1] * len(names)


def test_what_cannot_be_read_gets_no_second_chance(tmp_path: Path) -> None:
    (tmp_path / "test_racing.py").write_text(COUNTING + failing("racing", "n == 1"))

    done = run(tmp_path, "nonsense")

    assert done.status != 0
    assert "alone" not in done.said
