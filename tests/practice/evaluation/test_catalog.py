from pathlib import Path

import pytest

from tools.practice.evaluation import folder, makers, samples, silence
from tools.practice.evaluation.catalog import CATALOG, SNRS_DB
from tools.practice.evaluation.trials import Kind
from tools.practice.sound import noise
from tools.practice.text import collected


def test_every_set_has_a_name_and_a_folder_of_its_own() -> None:
    names = [plan.head.name for plan in CATALOG]

    assert len(set(names)) == len(names)
    assert len({folder.path_of(Path(), name) for name in names}) == len(names)


def test_sets_of_a_group_are_of_one_kind() -> None:
    groups = {plan.head.group for plan in CATALOG}

    kinds = {(plan.head.group, plan.head.kind) for plan in CATALOG}

    assert len(kinds) == len(groups)


def test_a_quick_evaluation_has_sets_of_most_kinds() -> None:
    quick = {plan.head.kind for plan in CATALOG if plan.head.quick}

    assert quick == {Kind.SPOKEN, Kind.CUT, Kind.SILENT}


def test_there_are_enough_sentences_that_training_never_has() -> None:
    assert len(set(collected.held_out())) >= makers.SENTENCES
    assert not set(collected.held_out()) & set(collected.training())


def test_what_training_never_does_to_speech_is_told_as_unseen() -> None:
    seen = {plan.head.name: plan.head.seen for plan in CATALOG}

    assert "babble" not in noise.KINDS
    assert not any(seen[f"babble, {snr_db} dB"] for snr_db in SNRS_DB)
    assert all(seen[f"{color}, {snr_db} dB"] for snr_db in SNRS_DB for color in ("white", "pink"))


def test_a_set_is_drawn_by_its_name_alone() -> None:
    draws = [makers.chance_of(name).random() for name in ("one", "one", "other")]

    assert draws[0] == draws[1] != draws[2]


def test_samples_are_moved_by_silence_and_by_nothing_else() -> None:
    sentences = samples.sentences()[:2]

    moved = samples.moved(sentences)

    assert len(moved) == 2 * len(samples.OFFSETS_MS) * len(samples.TAILS_MS)
    assert len({item.name for item in moved}) == len(moved)
    first, last = moved[0], moved[-1]
    assert first.samples == pytest.approx(sentences[0].samples)
    offset, tail = samples.OFFSETS_MS[-1] * 16, samples.TAILS_MS[-1] * 16
    assert last.samples[offset:-tail] == pytest.approx(sentences[1].samples)
    assert not last.samples[:offset].any()
    assert not last.samples[-tail:].any()


def test_samples_recorded_otherwise_are_as_long_as_they_were() -> None:
    (sample,) = samples.sentences()[:1]

    others = samples.recorded_otherwise([sample])

    assert len(others) >= 5
    assert {item.samples.shape for item in others} == {sample.samples.shape}
    assert {item.said for item in others} == {sample.said}


def test_nobody_speaks_in_silence() -> None:
    items = [*silence.nothing(), *silence.noises(makers.chance_of("noise")), *silence.sounds()]

    assert {item.said for item in items} == {""}
    assert len({item.name for item in items}) == len(items)
