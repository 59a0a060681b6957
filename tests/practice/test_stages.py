import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.practice.evaluation.reports import REPORT
from tools.practice import recordings, stages
from tools.practice.evaluation import report
from tools.practice.stages import NotThere, OtherModel
from tools.practice.training.loop import CHECKPOINT, MODEL, Watch
from tools.practice.training.loop import Report as Progress
from tools.practice.training.settings import Settings
from tools.practice.voices.digits import FOLDER_VARIABLE
from tools.practice.work import Work, sha256, unless_there


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A model that is finished and measured."""
    work = Work(tmp_path / "work")
    work.folder.mkdir()
    work.model.write_bytes(b"weights")
    report.write(work.report, replace(REPORT, sha256=sha256(work.model)))
    return work


def test_recordings_that_were_asked_for_have_to_be_there(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "mistyped"))

    with pytest.raises(recordings.NoRecordings, match="mistyped"):
        stages.find_recordings(work, Console(record=True))


def test_it_goes_without_recordings_that_cannot_be_had_and_says_so(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    monkeypatch.setattr(recordings, "URL", str(tmp_path / "no-such-repository"))
    console = Console(record=True)

    stages.find_recordings(work, console)

    assert "Without digits spoken by people" in console.export_text()


def test_a_model_is_shipped_with_its_card(work: Work, tmp_path: Path) -> None:
    target = tmp_path / "product"
    target.mkdir()

    stages.ship(work, target)

    assert (target / "practice.pt").read_bytes() == b"weights"
    assert sha256(work.model) in (target / "CARD.md").read_text()
    assert sorted(path.name for path in target.iterdir()) == ["CARD.md", "practice.pt"]


def test_a_card_is_not_written_for_a_model_that_was_not_measured(work: Work) -> None:
    work.model.write_bytes(b"other weights")

    with pytest.raises(OtherModel, match="is about"):
        stages.write_card(work.report, work, work.card)

    assert not work.card.exists()


def test_a_card_needs_a_whole_evaluation(work: Work) -> None:
    report.write(work.report, replace(report.read(work.report), quick=True))

    with pytest.raises(OtherModel, match="quick"):
        stages.write_card(work.report, work, work.card)


def test_a_card_does_not_say_that_a_model_was_made_where_it_was_not(
    work: Work, tmp_path: Path
) -> None:
    work.recipe.write_text(json.dumps({"words": 1234, "commit": "abc1234"}))
    (tmp_path / "practice.pt").write_bytes(b"from elsewhere")
    elsewhere = replace(REPORT, sha256=sha256(tmp_path / "practice.pt"))
    report.write(tmp_path / "other.json", elsewhere)

    stages.write_card(tmp_path / "other.json", work, tmp_path / "CARD.md")
    stages.write_card(work.report, work, work.card)

    assert "abc1234" not in (tmp_path / "CARD.md").read_text()
    assert "abc1234" in work.card.read_text()


def test_a_model_is_measured_once_a_whole_report_is_about_it(work: Work) -> None:
    assert stages.is_measured(work)

    report.write(work.report, replace(report.read(work.report), quick=True))
    assert not stages.is_measured(work)

    report.write(work.report, REPORT)
    assert not stages.is_measured(work)

    work.report.unlink()
    assert not stages.is_measured(work)


def test_what_is_shipped_stays_if_the_new_model_was_not_measured(
    work: Work, tmp_path: Path
) -> None:
    target = tmp_path / "product"
    target.mkdir()
    stages.ship(work, target)
    work.model.write_bytes(b"other weights")

    with pytest.raises(OtherModel, match="is about"):
        stages.ship(work, target)

    assert (target / "practice.pt").read_bytes() == b"weights"
    assert sorted(path.name for path in target.iterdir()) == ["CARD.md", "practice.pt"]


def test_nothing_is_shipped_before_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match=r"practice\.pt"):
        stages.ship(Work(tmp_path / "empty"), tmp_path)

    assert not list(tmp_path.iterdir())


def test_where_a_model_comes_from_is_told_as_far_as_it_is_known(work: Work) -> None:
    steps = (100, 200, 200)  # the last hundred was trained twice
    lines = [{"step": s, "steps": 200, "audio_h": 1.5, "losses": {"text": 2.0}} for s in steps]
    work.log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    work.recipe.write_text(json.dumps({"words": 1234, "commit": "abc1234"}))

    origin = stages.origin(work, sha256(work.model))

    assert [one.step for one in origin.log] == [100, 200]
    assert (origin.words, origin.commit, origin.corpora) == (1234, "abc1234", ())


def _trained_to(last: int) -> Callable[..., Path]:
    """Give what trains as `train` does, goes on where it was, and ends or breaks off at a step."""

    def train(corpora: Path, out: Path, settings: Settings, device: str, watch: Watch) -> Path:
        out.mkdir(exist_ok=True)
        checkpoint = out / CHECKPOINT
        done = int(checkpoint.read_text()) if checkpoint.exists() else 0
        for step in range(done + 100, last + 1, 100):
            checkpoint.write_text(str(step))
            watch(Progress(step, settings.steps, 1.0, 0.1, {"text": 1.0}))
        if last < settings.steps:
            raise KeyboardInterrupt
        (out / MODEL).write_bytes(b"weights")
        return out / MODEL

    return train


def test_a_training_that_goes_on_has_one_log_and_names_both_recipes(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.log.write_text("of another training\n")
    console = Console(quiet=True)

    for last, commit in ((200, "abc"), (300, "def"), (300, "ghi")):
        monkeypatch.setattr(stages, "train", _trained_to(last))
        monkeypatch.setattr(stages, "_commit", lambda commit=commit: commit)
        with suppress(KeyboardInterrupt):
            stages.train_model(work, Settings(steps=300), "cpu", console)

    origin = stages.origin(work, sha256(work.model))
    assert [one.step for one in origin.log] == [100, 200, 300]
    assert origin.commit == "abc, def"


def test_a_training_from_the_start_forgets_the_one_before(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    for steps in (300, 200):
        monkeypatch.setattr(stages, "train", _trained_to(steps))
        stages.train_model(work, Settings(steps=steps), "cpu", Console(quiet=True))
        (work.run / CHECKPOINT).unlink()

    assert [one.steps for one in stages.origin(work, sha256(work.model)).log] == [200, 200]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "made"

    assert unless_there(path, path.touch)
    assert not unless_there(path, path.touch)
