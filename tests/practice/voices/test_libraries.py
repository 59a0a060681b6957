from pathlib import Path

import pytest

from tools.practice.voices import libraries
from tools.practice.voices.voice import NoVoice


def test_a_library_that_is_nowhere_is_told_with_what_to_do() -> None:
    with pytest.raises(NoVoice, match="no library nowhere here; on Debian: apt install"):
        libraries.load("nowhere", 1)


def test_a_folder_of_ones_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libm.so.6").write_bytes(b"no library at all")
    monkeypatch.setenv(libraries.FOLDER_VARIABLE, str(tmp_path))

    with pytest.raises(NoVoice, match="no library m here"):
        libraries.load("m", 6)
