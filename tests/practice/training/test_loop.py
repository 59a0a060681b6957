import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import whisper

from tools.practice.corpus import store
from tools.practice.training import loop, team
from tools.practice.training.loop import CHECKPOINT, MODEL, Report, train
from tools.practice.training.settings import Settings, Size
from tools.practice.training.state import OtherTraining, State

SETTINGS = Settings(
    steps=30, shards=1, audio_s=6, size=Size(64, 1, 1), checkpoint_every=15, learning_rate=1e-2
)


class _Interrupted(Exception):
    pass


def _same_weights(one: Path, other: Path) -> bool:
    weights = [torch.load(path, weights_only=True)["model_state_dict"] for path in (one, other)]
    return all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])


@pytest.fixture(scope="module")
def trained(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Report]]:
    reports: list[Report] = []
    folder = tmp_path_factory.mktemp("trained")
    train(corpora, folder, SETTINGS, watch=reports.append)
    return folder, reports


def test_losses_fall(trained: tuple[Path, list[Report]]) -> None:
    _, reports = trained

    assert [report.step for report in reports] == [10, 20, 30]
    first, last = reports[0].losses, reports[-1].losses
    assert all(last[name] < first[name] for name in ("text", "phones", "words", "attention"))
    assert reports[-1].audio_h > 0


def test_a_training_that_was_interrupted_ends_the_same(
    corpora: Path, tmp_path: Path, trained: tuple[Path, list[Report]]
) -> None:
    def interrupt(report: Report) -> None:
        if report.step == 20:
            raise _Interrupted

    with pytest.raises(_Interrupted):
        train(corpora, tmp_path, SETTINGS, watch=interrupt)
    model = train(corpora, tmp_path, SETTINGS)

    assert _same_weights(model, trained[0] / MODEL)


def test_a_training_that_broke_off_before_its_model_was_written_writes_it(
    corpora: Path, tmp_path: Path, trained: tuple[Path, list[Report]]
) -> None:
    def break_off(state: State, path: Path) -> None:
        raise _Interrupted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(State, "export", break_off)
        with pytest.raises(_Interrupted):
            train(corpora, tmp_path, replace(SETTINGS, checkpoint_every=SETTINGS.steps))
    model = train(corpora, tmp_path, replace(SETTINGS, checkpoint_every=SETTINGS.steps))

    assert _same_weights(model, trained[0] / MODEL)


def test_a_training_that_is_done_is_not_done_again(
    corpora: Path, trained: tuple[Path, list[Report]]
) -> None:
    reports: list[Report] = []

    model = train(corpora, trained[0], SETTINGS, watch=reports.append)

    assert model.is_file()
    assert reports == []


def test_a_folder_of_another_training_is_left_alone(
    corpora: Path, trained: tuple[Path, list[Report]]
) -> None:
    before = (trained[0] / CHECKPOINT).read_bytes()

    with pytest.raises(OtherTraining, match="other settings"):
        train(corpora, trained[0], replace(SETTINGS, seed=2))

    assert (trained[0] / CHECKPOINT).read_bytes() == before


def test_a_training_does_not_go_on_with_other_corpora(
    corpora: Path, tmp_path: Path, trained: tuple[Path, list[Report]]
) -> None:
    copied = tmp_path / "corpora"
    shutil.copytree(corpora, copied)
    store.write(copied / "noise", [(np.full((41, 80), -3, np.float16), "noise", ())])

    with pytest.raises(OtherTraining, match="other corpora"):
        train(copied, trained[0], SETTINGS)


def test_the_model_is_one_of_openai_whisper(trained: tuple[Path, list[Report]]) -> None:
    model = whisper.load_model(str(trained[0] / MODEL), device="cpu")
    mel = torch.from_numpy(np.random.default_rng(0).normal(0, 0.3, (80, 3000)).astype(np.float32))

    options = whisper.DecodingOptions(language="en", fp16=False, sample_len=5)
    result = model.decode(mel, options)

    assert model.dims.n_vocab == 51_864
    assert isinstance(result.text, str)
    assert 0 <= result.no_speech_prob <= 1


def test_two_processes_learn_what_one_learns(corpora: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=2, shards=2, learning_rate=1e-3)
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()

    team.run(loop.work, (corpora, alone, settings, "cpu"), world=1)
    team.run(loop.work, (corpora, together, settings, "cpu"), world=2)

    nets = [
        torch.load(folder / CHECKPOINT, weights_only=True)["net"] for folder in (alone, together)
    ]
    assert all(torch.allclose(nets[0][name], nets[1][name], atol=1e-4) for name in nets[0])
