"""The steps from nothing to a model with its card; what is done is not done again.

Knows what each tool takes and gives; the tools know nothing of one another.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tools.practice import recordings
from tools.practice.corpus import store
from tools.practice.corpus.progress import bars
from tools.practice.corpus.synthesize import Plan, synthesize
from tools.practice.evaluation import card, evaluate, report, sets
from tools.practice.evaluation.card import Corpus, Logged, Origin
from tools.practice.evaluation.report import Report, Row
from tools.practice.text.vocabulary import WORDS
from tools.practice.training.loop import CHECKPOINT, MODEL, train
from tools.practice.training.loop import Report as Progress
from tools.practice.training.progress import bar
from tools.practice.training.settings import Settings
from tools.practice.voices.digits import FOLDER_VARIABLE
from tools.practice.work import SHIPPED, Work, sha256
from wsserver.errors import OperatorError

_LOGGED_EVERY = 100


class NotThere(OperatorError):
    """A step is asked for before the one that it needs."""

    code = "not_there"


class OtherModel(OperatorError):
    """A report is about another model than the one beside which its card would lie."""

    code = "other_model"


def find_recordings(work: Work, console: Console) -> None:
    """Let the voices find the digits that people spoke; say so if there are none to be had.

    Raises `NoRecordings` if the environment names a folder that has none.
    """
    try:
        os.environ[FOLDER_VARIABLE] = str(recordings.find(work.folder / "digits"))
    except recordings.NoRecordings as error:
        if os.environ.get(FOLDER_VARIABLE):
            raise
        console.print(f"Without digits spoken by people: {error}", soft_wrap=True)


def synthesize_corpora(work: Work, plan: Plan, console: Console) -> None:
    """Make the corpora that are not there; without recordings of digits, all others."""
    if not os.environ.get(FOLDER_VARIABLE):
        plan = replace(plan, digits_hours=0.0)
    with bars(console) as show:
        synthesize(work.corpora, plan, workers=os.cpu_count() or 1, progress=show)


def train_model(work: Work, settings: Settings, device: str, console: Console) -> None:
    """Train where a training broke off, or from the start; log it, and by which recipe it was."""
    work.folder.mkdir(parents=True, exist_ok=True)
    if not (work.run / CHECKPOINT).exists():
        for told in (work.log, work.recipe):
            told.unlink(missing_ok=True)
    # Now, because who trains for hours may change the recipe meanwhile.
    commit = _commit()
    with bar(console) as show, work.log.open("a") as log:

        def watch(progress: Progress) -> None:
            show(progress)
            if progress.step % _LOGGED_EVERY == 0 or progress.step == progress.steps:
                log.write(json.dumps(asdict(progress)) + "\n")
                log.flush()
                _note(work.recipe, commit)

        trained = train(work.corpora, work.run, settings, device, watch)
    draft = work.model.with_suffix(".draft")
    shutil.copyfile(trained, draft)
    draft.replace(work.model)


def _note(recipe: Path, commit: str) -> None:
    """Write down what is trained by; of a training that went on after a change, all commits."""
    known = json.loads(recipe.read_text())["commit"].split(", ") if recipe.is_file() else []
    commits = dict.fromkeys(each for each in (*known, commit) if each)
    told = json.dumps({"words": len(WORDS), "commit": ", ".join(commits)}) + "\n"
    if not recipe.is_file() or recipe.read_text() != told:
        recipe.write_text(told)


def build_sets(work: Work, path: Path, console: Console) -> None:
    """Make the evaluation sets that are not there."""

    def told(made: sets.Made) -> None:
        console.print(f"no set {made.name}: {made.lacks}" if made.lacks else f"set {made.name}")

    if sets.lacking(path):
        find_recordings(work, console)
        sets.build(path, told=told)


def expect_checkpoint(path: Path) -> None:
    """Raise `NotThere` unless there is one."""
    if not path.is_file():
        raise NotThere(f"there is no checkpoint {path}")


def measure(checkpoint: Path, path: Path, quick: bool, console: Console) -> Report:
    """Evaluate a checkpoint on the sets in a folder; show each row as it is found."""

    def told(row: Row) -> None:
        figures = ", ".join(f"{figure.name} {figure}" for figure in row.figures)
        console.print(f"{row.name} ({row.way.value}): {figures}", highlight=False)

    return evaluate.evaluate(checkpoint, path, sets.NAMES, quick, told)


def is_measured(work: Work) -> bool:
    """Tell whether there is a whole report about the finished model, and not about another."""
    if not (work.model.is_file() and work.report.is_file()):
        return False
    about = report.read(work.report)
    return not about.quick and about.sha256 == sha256(work.model)


def write_card(found: Path, work: Work, target: Path) -> None:
    """Write the card of the model beside *target*; raises `OtherModel` if the report has another.

    A quick report has too few items for a card.
    """
    target.write_text(_card(found, work, target.with_name(MODEL)), encoding="utf-8")


def _card(found: Path, work: Work, model: Path) -> str:
    if not found.is_file():
        raise NotThere(f"there is no report {found}; evaluate a checkpoint first")
    if not model.is_file():
        raise NotThere(f"there is no {model} for a card to be about")
    about = report.read(found)
    if about.quick:
        raise OtherModel(f"{found} is of a quick evaluation; a card needs a whole one")
    if (digest := sha256(model)) != about.sha256:
        raise OtherModel(f"{found} is about {about.sha256}, but {model} is {digest}; evaluate it")
    return card.card(about, origin(work, about.sha256))


def ship(work: Work, target: Path = SHIPPED) -> None:
    """Put the finished model and its card where the product takes them from: both or neither."""
    if not work.model.is_file():
        raise NotThere(f"there is no {work.model}; make it first")
    with TemporaryDirectory(dir=target) as drafts:
        model, text = Path(drafts, MODEL), Path(drafts, work.card.name)
        # The copy is what is compared with the report: the original may be made anew meanwhile.
        shutil.copyfile(work.model, model)
        text.write_text(_card(work.report, work, model), encoding="utf-8")
        for made in (model, text):
            made.replace(target / made.name)


def origin(work: Work, digest: str) -> Origin:
    """Tell what is known of where a model of this sha256 comes from: nothing if not from *work*."""
    if not work.model.is_file() or sha256(work.model) != digest:
        return Origin()
    recipe = json.loads(work.recipe.read_text()) if work.recipe.is_file() else {}
    return Origin(corpora=tuple(_corpora(work)), log=tuple(_log(work)), **recipe)


def _corpora(work: Work) -> Iterator[Corpus]:
    for path in store.found(work.corpora):
        size = store.size(path)
        yield Corpus(path.name, size.utterances, size.hours)


def _log(work: Work) -> Iterator[Logged]:
    """Give the log in order of steps; what was trained twice after a break counts once."""
    if not work.log.is_file():
        return
    lines = map(json.loads, work.log.read_text().splitlines())
    by_step = {
        line["step"]: Logged(line["step"], line["steps"], line["audio_h"], line["losses"])
        for line in lines
    }
    yield from (by_step[step] for step in sorted(by_step))


def _commit() -> str:
    command = ("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    except FileNotFoundError:
        return ""
    return done.stdout.strip()
