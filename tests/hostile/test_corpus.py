from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bench import fuzz
from bench.fuzzing import dialog
from bench.fuzzing.runs import Batch, Failure, Outcome, run_batch
from bench.fuzzing.targets import TARGETS, Target
from wsserver.session.actions import Action
from wsserver.session.finals import Finals, Spoken

every_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


@every_target
def test_the_fixed_corpus_is_taken_as_it_should_be(target: Target) -> None:
    outcome = run_batch(Batch(target.name, seed=2026, first=0, count=100))

    assert (outcome.inputs, outcome.failures) == (100, [])


@every_target
@given(data=st.binary(max_size=2_000))
def test_whatever_bytes_come_are_taken_or_refused(target: Target, data: bytes) -> None:
    target.run(data)


def test_a_seed_makes_the_same_input_each_time() -> None:
    for target in TARGETS:
        made = [[target.make(Random(f"1/{n}")) for n in range(20)] for _ in range(2)]

        assert made[0] == made[1]


def test_every_input_is_tried_once() -> None:
    work = list(fuzz.batches(12_345, seed=1))

    for target in TARGETS:
        tried = [b.first + n for b in work if b.target == target.name for n in range(b.count)]
        assert tried == list(range(round(12_345 * target.share)))
    assert sum(target.share for target in TARGETS) == pytest.approx(1)


def test_a_lost_final_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    add = Finals.add

    def lose(self: Finals, item: Spoken) -> list[Action]:
        is_lost = isinstance(item, Spoken) and item.utterance == 2
        return [] if is_lost else add(self, item)

    monkeypatch.setattr(Finals, "add", lose)
    outcome = run_batch(Batch("dialogs", seed=2026, first=0, count=100))

    assert outcome.unhandled > 0
    assert "finals are lost" in outcome.failures[0].error


def test_a_session_that_does_not_end_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Finals, "_advance", lambda self: [])

    outcome = run_batch(Batch("dialogs", seed=2026, first=0, count=20))

    assert outcome.leaked > 0


def test_what_was_found_is_kept_and_can_be_tried_again(tmp_path: Path) -> None:
    failure = Failure("dialogs", "2026/dialogs/0", "ValueError: no", b"T{}")

    (line,) = fuzz.save([failure], tmp_path / "new")

    assert line.startswith("--again '2026/dialogs/0': ValueError: no (")
    assert [path.read_bytes() for path in (tmp_path / "new").iterdir()] == [b"T{}"]
    assert CliRunner().invoke(fuzz.main, ["--again", failure.seed]).exit_code == 0


def test_the_table_sums_up() -> None:
    outcomes = {"heads": Outcome("heads", 10, 2.0, 1, 0), "audio": Outcome("audio", 5, 1.0, 0, 2)}

    cells = [list(column.cells) for column in fuzz.table(outcomes).columns]

    assert [column[-1] for column in cells] == ["all", "15", "5", "1", "2"]


@pytest.mark.parametrize("script", [b"", b"S", b"E", b"X\x1eL\xff\xff", b"B\x00", b"\x1e" * 100])
def test_any_script_comes_to_an_end(script: bytes) -> None:
    dialog.run(script)
