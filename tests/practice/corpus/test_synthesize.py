from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from tests.practice.voices.engines import can_speak
from tools.practice.corpus import shard, store, synthesize
from tools.practice.corpus.progress import bars
from tools.practice.corpus.shard import Shard
from tools.practice.corpus.synthesize import TINY, Plan
from tools.practice.text.vocabulary import unknown
from tools.practice.voices import roster
from tools.practice.voices.digits import SPEAKERS
from tools.practice.voices.phones import INVENTORY

NOTHING = Plan(0, 0, 0, 0, TINY.shard_minutes)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (can_speak("en-us") and can_speak("flite-kal16")):
        pytest.skip("espeak-ng or flite is not here; on Debian: apt install espeak-ng libflite1")
    folder = tmp_path_factory.mktemp("corpora")
    synthesize.synthesize(folder, TINY, workers=2)
    return folder


def test_every_corpus_that_was_asked_for_is_there(made: Path) -> None:
    names = {path.name for path in made.iterdir()}

    assert names == {
        f"{corpus}.{end}"
        for corpus in ("espeak", "flite", "noise")
        for end in ("mel.npy", "words.jsonl")
    }


@pytest.mark.parametrize("name", ["espeak", "flite"])
def test_utterances_hold_known_words_within_their_frames(made: Path, name: str) -> None:
    corpus = store.read(made / name)

    for entry in corpus.entries:
        phones = {phone.symbol for word in entry.words for phone in word.phones}
        assert unknown(" ".join(word.text for word in entry.words)) == ()
        assert phones <= set(INVENTORY)
        assert 0 <= entry.words[0].start < entry.words[-1].end <= entry.frames / 100 + 0.02
        assert corpus.frames(entry).shape == (entry.frames, 80)
        assert not roster.is_held_out(entry.voice.partition("#")[0])


def test_words_stand_where_it_is_loud(made: Path) -> None:
    corpus = store.read(made / "flite")

    louder = []
    for entry in corpus.entries:
        power = 10 ** np.asarray(corpus.frames(entry), np.float64)
        word = entry.words[0]
        before = power[: max(1, round(100 * word.start))].mean()
        louder.append(power[round(100 * word.start) : round(100 * word.end)].mean() > before)

    assert sum(louder) >= 0.8 * len(louder)


def test_noise_has_no_words(made: Path) -> None:
    corpus = store.read(made / "noise")

    assert all(entry.words == () for entry in corpus.entries)
    assert np.isfinite(np.asarray(corpus.mel, np.float32)).all()


def test_speakers_say_several_things(made: Path) -> None:
    voices = [entry.voice for entry in store.read(made / "espeak").entries]

    assert len(set(voices)) < len(voices)


@pytest.mark.parametrize("corpus", ["espeak", "flite"])
def test_the_same_seed_makes_the_same_with_any_number_of_workers(
    made: Path, tmp_path: Path, corpus: str
) -> None:
    only = replace(NOTHING, **{f"{corpus}_hours": 0.005})

    synthesize.synthesize(tmp_path, only, workers=1)

    first, again = (store.read(folder / corpus) for folder in (made, tmp_path))
    assert again.entries == first.entries
    np.testing.assert_array_equal(again.mel, first.mel)


def test_shards_and_corpora_that_are_there_are_kept(tmp_path: Path) -> None:
    plan = Plan(0, 0, 0, 0.02, shard_minutes=0.5)
    kept = plan.shards("noise", tmp_path, 1)[1]
    kept.path.parent.mkdir()
    store.write(kept.path, [(np.zeros((5, 80), np.float16), "kept", ())])
    told: list[tuple[str, int, int]] = []

    synthesize.synthesize(tmp_path, plan, progress=lambda *step: told.append(step))
    synthesize.synthesize(tmp_path, plan, progress=lambda *step: told.append(step))

    assert told == [("noise", 1, 3), ("noise", 2, 3), ("noise", 3, 3)]
    voices = [entry.voice for entry in store.read(tmp_path / "noise").entries]
    assert voices.count("kept") == 1


def test_shards_of_a_corpus_that_is_there_are_removed(tmp_path: Path) -> None:
    plan = Plan(0, 0, 0, 0.005, shard_minutes=0.3)
    synthesize.synthesize(tmp_path, plan)
    corpus = (tmp_path / "noise.words.jsonl").read_bytes()
    left = plan.shards("noise", tmp_path, 1)[0]
    shard.make(left)
    left.path.with_name("noise-0007.mel.npy.draft").touch()

    synthesize.synthesize(tmp_path, plan)

    assert not left.path.parent.exists()
    assert (tmp_path / "noise.words.jsonl").read_bytes() == corpus


def test_a_shard_that_breaks_off_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRACTICE_DIGITS", raising=False)

    with pytest.raises(synthesize.ShardLost, match="digits-0000 ended with 1"):
        synthesize.synthesize(tmp_path, Plan(0, 0, 0.001, 0))

    assert not store.exists(tmp_path / "digits")


def test_a_variable_that_is_set_late_reaches_the_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for speaker, digit in product(SPEAKERS, range(10)):
        tone = np.sin(np.arange(2_000) * (0.2 + 0.1 * digit))
        soundfile.write(recordings / f"{digit}_{speaker}_0.wav", tone, 8_000)
    monkeypatch.setenv("PRACTICE_DIGITS", str(tmp_path))

    synthesize.synthesize(tmp_path / "made", Plan(0, 0, 0.001, 0, shard_minutes=0.1))

    voices = {entry.voice for entry in store.read(tmp_path / "made" / "digits").entries}
    assert voices
    assert all(voice.startswith("digits-") for voice in voices)


def test_a_shard_is_as_long_as_asked(tmp_path: Path) -> None:
    part = Shard("noise", 0, 0.5, 1, tmp_path / "parts" / "noise-0000")

    count = shard.make(part)

    corpus = store.read(part.path)
    assert part.is_made
    assert len(corpus.entries) == count
    assert 0.5 <= corpus.hours * 60 < 1.1


def test_a_plan_is_rounded_up_to_whole_shards(tmp_path: Path) -> None:
    shards = Plan(espeak_hours=0.6).shards("espeak", tmp_path, 1)

    assert [part.path.name for part in shards] == ["espeak-0000", "espeak-0001", "espeak-0002"]


def test_bars_show_each_corpus() -> None:
    console = Console(record=True, width=80)

    with bars(console) as show:
        for done in range(3):
            show("flite", done, 2)

    shown = console.export_text()
    assert "flite" in shown
    assert "2/2" in shown
