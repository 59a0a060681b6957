import numpy as np
import pytest

from tools.practice.voices import roster
from tools.practice.voices.voice import NoVoice


@pytest.mark.parametrize("engine", roster.ENGINES)
def test_what_is_held_out_is_never_drawn(engine: str) -> None:
    rng = np.random.default_rng(1)

    names = {roster.draw(engine, rng)[0] for _ in range(2_000)}

    assert not any(map(roster.is_held_out, names))
    assert not names & set(roster.HELD_OUT)


@pytest.mark.parametrize("name", roster.HELD_OUT)
def test_held_out_voices_are_known(name: str) -> None:
    assert roster.is_held_out(name)
    assert roster.voice(name).name == name


@pytest.mark.parametrize("name", ["en-us", "en+f3", "en-gb-x-rp", "flite-slt", "digits-lucas"])
def test_a_voice_is_found_by_its_name(name: str) -> None:
    assert roster.voice(name).name == name
    assert not roster.is_held_out(name)


@pytest.mark.parametrize("name", ["en-gb-x-gbcwmd+f3", "en-gb-scotland+linda"])
def test_a_held_out_accent_or_variant_is_held_out_in_every_mixture(name: str) -> None:
    assert roster.is_held_out(name)


def test_a_name_of_no_engine_is_refused() -> None:
    with pytest.raises(NoVoice, match="'moon-man'"):
        roster.voice("moon-man")


def test_the_same_seed_draws_the_same_speakers() -> None:
    drawn = [[roster.draw("espeak", np.random.default_rng(7)) for _ in range(3)] for _ in range(2)]

    assert drawn[0] == drawn[1]
