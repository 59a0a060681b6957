from pathlib import Path

import pytest
from rich.console import Console

from wsserver import cli
from wsserver.recognition.engines import EngineSpec
from wsserver.verify import verify


def test_the_practice_model_keeps_the_promise(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(EngineSpec(model="practice", threads=1), None, Console(width=100))

    said = capsys.readouterr().out
    assert "practice, fp32" in said
    assert "1 of 1" in said
    assert "times as long" in said


def test_a_folder_without_sound_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["verify", "--model", "practice", "--audio", str(tmp_path)]) == 2
    assert "found no sound file" in capsys.readouterr().err


def test_audio_without_speech_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "silence.wav", np.zeros(16_000), 16_000)

    assert cli.run(["verify", "--model", "practice", "--audio", str(tmp_path)]) == 2
    assert "found no speech" in capsys.readouterr().err
