"""The shipped checkpoint on a handful of its own samples: the way from a folder to a report."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tools.practice.evaluation import folder, samples, silence
from tools.practice.evaluation.evaluate import evaluate, rows_of
from tools.practice.evaluation.folder import EvaluationSet, Head
from tools.practice.evaluation.listener import Listener
from tools.practice.evaluation.trials import Kind, Way
from tools.practice.speech import Word
from tools.practice.work import SHIPPED

CHECKPOINT = SHIPPED / "practice.pt"


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener(CHECKPOINT, threads=1)


def test_samples_are_heard_right_in_both_contexts(listener: Listener) -> None:
    items = samples.sentences()[:3]

    for way in (Way.FULL, Way.SHORT):
        heard = listener.hear(items, way)

        assert [one.text for one in heard] == [item.said for item in items]
        assert max(one.no_speech for one in heard) < 0.5


def test_answers_come_in_the_order_of_the_items_whatever_their_lengths(listener: Listener) -> None:
    items = samples.sentences()[:2]

    heard = listener.hear([items[1], *silence.nothing()[:1], items[0]], Way.SHORT)

    assert [heard[0].text, heard[2].text] == [items[1].said, items[0].said]


def test_the_short_context_leaves_the_model_as_it_was(listener: Listener) -> None:
    (item,) = samples.sentences()[:1]
    before = listener.hear([item], Way.FULL)

    listener.hear([item], Way.SHORT)

    assert listener.hear([item], Way.FULL) == before


def test_words_are_timed(listener: Listener) -> None:
    (item,) = samples.sentences()[:1]

    (heard,) = listener.time([item])

    assert [word.text for word in heard.words] == item.said.split()
    assert 0 <= heard.words[0].start < heard.words[-1].end <= item.seconds


def test_a_report_has_a_row_for_each_way_and_names_what_is_missing(tmp_path: Path) -> None:
    head = Head("some", "Shipped samples", Kind.SPOKEN, (Way.FULL, Way.SHORT))
    folder.write(tmp_path, EvaluationSet(head, tuple(samples.sentences()[:2])))

    report = evaluate(CHECKPOINT, tmp_path, ["some", "other"])

    assert [(row.name, row.way, row.items) for row in report.rows] == [
        ("some", Way.FULL, 2),
        ("some", Way.SHORT, 2),
    ]
    assert [figure.value for figure in report.rows[0].figures] == [0, 100, 0]
    assert report.missing == ("other",)
    assert report.sha256 == sha256(CHECKPOINT.read_bytes()).hexdigest()


def test_a_quick_evaluation_leaves_slow_sets_out(listener: Listener) -> None:
    head = Head("some", "Any", Kind.TIMED, (Way.FULL,))
    items = tuple(replace(item, words=(Word("My", 0, 1),)) for item in samples.sentences()[:1])

    assert not list(rows_of(listener, EvaluationSet(head, items), quick=True))
