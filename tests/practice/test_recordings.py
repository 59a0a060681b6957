from pathlib import Path

import pytest

from tools.practice import recordings
from tools.practice.recordings import NoRecordings
from tools.practice.voices.digits import FOLDER_VARIABLE


def test_recordings_are_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recordings").mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    assert recordings.find(tmp_path / "elsewhere") == tmp_path


def test_a_folder_without_recordings_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    with pytest.raises(NoRecordings, match=str(tmp_path)):
        recordings.find(tmp_path)


def test_recordings_that_cannot_be_fetched_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(recordings, "URL", str(tmp_path / "no-such-repository"))

    with pytest.raises(NoRecordings, match="cannot be fetched"):
        recordings.find(tmp_path / "digits")

    assert not (tmp_path / "digits").exists()


def test_what_was_fetched_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    (tmp_path / "digits" / "recordings").mkdir(parents=True)

    assert recordings.find(tmp_path / "digits") == tmp_path / "digits"
