import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from onnxruntime import InferenceSession

from wsserver.errors import ModelError
from wsserver.recognition.silero import SileroVoice, packaged_model
from wsserver.speech import Samples, VoiceModel

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="module")
def voice() -> VoiceModel:
    return SileroVoice()


@pytest.fixture(scope="module")
def frames() -> Samples:
    """A sentence of three seconds, as frames."""
    samples, _ = soundfile.read(SAMPLES / "en-us-my-uncle-sold.wav", dtype="float32")
    whole: Samples = samples[: len(samples) // 512 * 512].reshape(-1, 512)
    return whole


def judge(voice: VoiceModel, frames: Samples, sizes: list[int]) -> Samples:
    state, parts, at = voice.initial_state(), [], 0
    for size in [*sizes, len(frames)]:
        if at < len(frames):
            probabilities, state = voice(frames[at : at + size], state)
            parts.append(probabilities)
            at += size
    return np.concatenate(parts)


def test_it_hears_speech_and_the_silence_around_it(voice: VoiceModel, frames: Samples) -> None:
    probabilities = judge(voice, frames, [])

    assert probabilities[:8].max() < 0.35
    assert probabilities[15:70].mean() > 0.9
    assert probabilities[-10:].max() < 0.35


def test_it_agrees_with_the_model_for_single_frames(voice: VoiceModel, frames: Samples) -> None:
    single = InferenceSession(packaged_model().with_name("silero_vad.onnx"))
    context, state = np.zeros((1, 64), np.float32), np.zeros((2, 1, 128), np.float32)
    expected = []
    for frame in frames:
        seen = np.hstack((context, frame[np.newaxis]))
        probability, state = single.run(
            None, {"input": seen, "state": state, "sr": np.array(16_000)}
        )
        expected.append(probability.item())
        context = seen[:, -64:]

    assert judge(voice, frames, []) == pytest.approx(expected, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(1, 40), max_size=30))
def test_the_split_into_calls_does_not_change_a_bit(sizes: list[int]) -> None:
    voice = SileroVoice()
    noise = np.random.default_rng(0).normal(0, 0.2, (64, 512)).astype(np.float32)

    assert judge(voice, noise, sizes).tobytes() == judge(voice, noise, []).tobytes()


def test_sessions_do_not_touch_each_other(voice: VoiceModel, frames: Samples) -> None:
    alone, _ = voice(frames[40:60], voice(frames[:40], voice.initial_state())[1])

    _, state = voice(frames[:40], voice.initial_state())
    voice(frames[::-1].copy(), state)
    after_another, _ = voice(frames[40:60], state)

    assert after_another.tobytes() == alone.tobytes()


def test_it_takes_frames_that_may_not_be_written(voice: VoiceModel, frames: Samples) -> None:
    view = frames[:3].view()
    view.flags.writeable = False

    probabilities, _ = voice(view, voice.initial_state())

    assert probabilities.shape == (3,)
    assert probabilities.dtype == np.float32


def test_a_foreign_state_is_refused(voice: VoiceModel, frames: Samples) -> None:
    with pytest.raises(TypeError, match="found a state of type str"):
        voice(frames, "state")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"found no voice model at .*gone\.onnx: install"):
        SileroVoice(tmp_path / "gone.onnx")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")

    with pytest.raises(ModelError, match=r"cannot load the voice model .*broken\.onnx"):
        SileroVoice(broken)


def test_another_model_of_the_package_is_refused() -> None:
    with pytest.raises(ModelError, match=r"found inputs \('input', 'state', 'sr'\)"):
        SileroVoice(packaged_model().with_name("silero_vad.onnx"))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.delitem(sys.modules, "silero_vad", raising=False)

    with pytest.raises(ModelError, match="found no package silero_vad: install silero-vad"):
        packaged_model()


def test_neither_torch_nor_the_package_is_imported() -> None:
    script = (
        "import sys\n"
        "from wsserver.recognition.silero import SileroVoice\n"
        "SileroVoice()\n"
        "print({'torch', 'silero_vad'} & sys.modules.keys())\n"
    )

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert result.stdout.strip() == b"set()"
