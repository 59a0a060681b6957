import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from wsserver.recognition.engines import EngineSpec, build
from wsserver.recognition.engines.fake import Script
from wsserver.recognition.engines.whisper_.engine import WhisperEngine


def test_a_specification_travels_between_processes() -> None:
    spec = EngineSpec(
        kind="fake",
        languages=("de",),
        script=Script(said={1: "hello"}, faults={2: "exit"}, once=Path("once"), delay_s=0.5),
    )

    assert pickle.loads(pickle.dumps(spec)) == spec


def test_the_fake_engine_is_built_from_its_script() -> None:
    engine = build(EngineSpec(kind="fake", languages=("fr",)))

    assert (engine.info.model, engine.info.languages) == ("fake", ("fr",))


def test_the_whisper_engine_is_built_and_loaded() -> None:
    engine = build(EngineSpec(model="practice", device="cpu", threads=1))

    assert isinstance(engine, WhisperEngine)
    assert engine.info.model == "practice"


@pytest.mark.parametrize(
    "statement",
    [
        "import wsserver.recognition.engines",
        "import wsserver.recognition.models",
        "from wsserver.recognition.engines import *; build(EngineSpec(kind='fake'))",
    ],
)
def test_heavy_libraries_wait_until_a_model_is_wanted(statement: str) -> None:
    check = f"{statement}; import sys; sys.exit(bool({{'torch', 'whisper'}} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
