"""What is installed is all of the package, the page and the practice model."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_holds_the_package_the_page_and_the_practice_model(tmp_path: Path) -> None:
    # Without isolation: what builds it is installed, and tests need no network.
    command = "pip wheel --no-deps --no-build-isolation --quiet --wheel-dir"
    subprocess.run([sys.executable, "-m", *command.split(), tmp_path, ROOT], check=True)

    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())

    modules = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("wsserver/**/*.py")}
    pages = {
        f"wsserver/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("webclient/**/*.*")
    }
    others = {f"wsserver/{name}" for name in ("py.typed", "practice/practice.pt")}
    others |= {f"wsserver/practice/{name}" for name in ("CARD.md", "sample.wav")}
    assert modules | pages | others <= packed
    assert {name.split("/")[0].split("-")[0] for name in packed} == {"wsserver"}
