import json
import shutil
from pathlib import Path

from click.testing import CliRunner

from bench.quality import main
from wsserver.self_check import SAID, SAMPLE


def test_a_recording_that_is_heard_right_costs_nothing(tmp_path: Path) -> None:
    audio = tmp_path / "audio"
    audio.mkdir()
    shutil.copy(SAMPLE, audio / "known.wav")
    (audio / "known.txt").write_text(SAID)
    shutil.copy(SAMPLE, audio / "unknown.wav")

    done = CliRunner().invoke(main, ["--audio", str(audio), "--out", str(tmp_path)])

    assert done.exit_code == 0, done.output
    known, unknown = json.loads((tmp_path / "quality.json").read_text())
    assert known["streamed"] == {"edits": 0, "words": len(SAID.split())}
    assert unknown["streamed"] is None
    assert known["heard"]["taken_back_committed"] == 0
    assert known["between"] == unknown["between"]


def test_a_model_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--model", str(tmp_path / "none.pt")])

    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1
