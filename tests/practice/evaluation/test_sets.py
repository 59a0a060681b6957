from pathlib import Path

import pytest

from tools.practice.evaluation import folder, sets
from tools.practice.evaluation.sets import Made
from tools.practice.voices import roster
from tools.practice.voices.digits import FOLDER_VARIABLE
from tools.practice.voices.voice import NoVoice

SPOKEN = "espeak, unseen accent"


def _digests(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_a_set_is_the_same_each_time_and_made_once(tmp_path: Path) -> None:
    try:
        roster.voice("en-us")
        roster.voice("en-us").say("Yes.")
    except NoVoice as error:
        pytest.skip(str(error))
    told: list[Made] = []

    for place in ("one", "other", "one"):
        sets.build(tmp_path / place, [SPOKEN], told.append)

    assert told == [Made(SPOKEN)] * 2
    one, other = (folder.path_of(tmp_path / place, SPOKEN) for place in ("one", "other"))
    assert _digests(one) == _digests(other)
    assert len(folder.read(tmp_path / "one", SPOKEN).items) >= 95


def test_a_set_whose_voice_is_not_here_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    told: list[Made] = []

    sets.build(tmp_path, ["digits, theo"], told.append)

    assert [made.name for made in told] == ["digits, theo"]
    assert "no recordings of theo" in told[0].lacks
    assert not folder.is_there(tmp_path, "digits, theo")
