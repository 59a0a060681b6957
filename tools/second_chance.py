"""Run pytest with the arguments given; where few tests fail, let them show alone that they raced.

Knows pytest; knows nothing of what the tests are about.
"""

import subprocess
import sys
from collections.abc import Iterable, Sequence

import pytest

MOST = 5
"""More than so many failed tests are no chance but a fault, and get none."""

TIMES = 3
"""So often in a row a test that failed has to pass, in a process of its own each time."""


class Failed:
    """A plugin that notes which tests failed, and whether all could be collected."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.is_complete = True

    @property
    def are_few(self) -> bool:
        """Tell whether it is worth the time to run them again."""
        return self.is_complete and 0 < len(self.names) <= MOST

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test of which anything failed, be it only what cleans up behind it."""
        if report.failed:
            self.names[report.nodeid] = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note that there are tests which could not even fail; with xdist the status hides it."""
        if report.failed:
            self.is_complete = False


def main(arguments: Sequence[str]) -> int:
    """Give what pytest gives; 0 as well where all that failed was races."""
    failed = Failed()
    status = int(pytest.main([*arguments], plugins=[failed]))
    if status != pytest.ExitCode.TESTS_FAILED or not failed.are_few:
        return status
    broken = [name for name in failed.names if not passes_alone(name)]
    raced = [name for name in failed.names if name not in broken]
    _tell(f"raced, passed {TIMES} times alone", raced)
    _tell("failed again alone", broken)
    return int(pytest.ExitCode.TESTS_FAILED if broken else pytest.ExitCode.OK)


def passes_alone(name: str) -> bool:
    """Tell whether the test passes every time when nothing else runs beside or before it."""
    command = (sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", name)
    return all(subprocess.run(command, check=False).returncode == 0 for _ in range(TIMES))  # noqa: S603


def _tell(verdict: str, names: Iterable[str]) -> None:
    for name in names:
        sys.stdout.write(f"\n{'!' * 100}\n{verdict}: {name}\n{'!' * 100}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
