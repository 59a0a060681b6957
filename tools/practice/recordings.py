"""Fetch the digits that people spoke, unless they are here.

Knows where the data set is published; knows nothing of what is in it.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tools.practice.voices.digits import FOLDER_VARIABLE
from wsserver.errors import OperatorError

URL = "https://github.com/Jakobovski/free-spoken-digit-dataset"
COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
_LIMIT_S = 600


class NoRecordings(OperatorError):
    """The recordings are not here and cannot be fetched."""

    code = "no_recordings"


def find(folder: Path) -> Path:
    """Give the recordings: where the environment says, in *folder*, or fetched into it.

    Raises `NoRecordings`.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return _with_recordings(Path(named))
    if not folder.exists():
        _fetch(folder)
    return _with_recordings(folder)


def _with_recordings(folder: Path) -> Path:
    if not (folder / "recordings").is_dir():
        raise NoRecordings(f"{folder} has no folder recordings; expected a clone of {URL}")
    return folder


def _fetch(folder: Path) -> None:
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for command in (
        ("init", "--quiet"),
        ("fetch", "--quiet", "--depth", "1", URL, COMMIT),
        ("checkout", "--quiet", "FETCH_HEAD"),
    ):
        _git(draft, *command)
    draft.replace(folder)


def _git(folder: Path, *arguments: str) -> None:
    try:
        subprocess.run(  # noqa: S603 - no shell, and all arguments are ours
            ("git", "-C", str(folder), *arguments),  # noqa: S607 - whichever git is here
            check=True,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise NoRecordings(f"{URL} cannot be fetched: {error}") from error
    except subprocess.CalledProcessError as error:
        reason = error.stderr.strip().splitlines()
        raise NoRecordings(f"{URL} cannot be fetched: {' '.join(reason[-1:])}") from error
