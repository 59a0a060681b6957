import shutil
from pathlib import Path

import pytest

from bench.quality_corpus import Recording, own_recordings, read, recordings_in
from wsserver.errors import ConfigError
from wsserver.self_check import SAMPLE


def test_the_samples_of_the_project_all_say_what_is_said() -> None:
    recordings = own_recordings()

    assert len(recordings) > 10
    assert all(each.said for each in recordings)


def test_what_is_said_stands_beside_the_file_or_in_a_table(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav", "deeper/c.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(SAMPLE, tmp_path / name)
    (tmp_path / "a.txt").write_text("From the text.\n")
    (tmp_path / "transcripts.tsv").write_text("file\tsaid\na.wav\tNo.\nb.wav\tFrom the table.\n")

    found = recordings_in(tmp_path)

    assert found == [
        Recording(tmp_path / "a.wav", "From the text."),
        Recording(tmp_path / "b.wav", "From the table."),
        Recording(tmp_path / "deeper" / "c.wav", None),
    ]


def test_a_folder_without_sound_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no sound file"):
        recordings_in(tmp_path)


def test_a_table_without_its_columns_is_an_error(tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path)
    (tmp_path / "transcripts.tsv").write_text("name\ttext\n")

    with pytest.raises(ConfigError, match="file and said"):
        recordings_in(tmp_path)


@pytest.mark.parametrize("recording", own_recordings(), ids=lambda each: each.path.name)
def test_a_sound_is_as_long_for_stock_as_for_a_session(recording: Recording) -> None:
    sound = read(recording.path)

    sent = sum(map(len, sound.blocks)) / 2 / sound.sample_rate
    assert sound.seconds == pytest.approx(sent, abs=1e-3)
