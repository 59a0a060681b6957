"""The page gives sound the rate that is sent, whatever the pieces it comes in."""

from pathlib import Path

import pytest

from tests.javascript.program import result

TONE = """
const { Resampler } = await import(at("files/resampler.js"));
const tone = (hertz, rate) =>
  Float32Array.from({ length: rate }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));
const through = (sound, rate, step) => {
  const resampler = new Resampler(rate, 16000);
  const given = [];
  for (let from = 0; from < sound.length; from += step) {
    given.push(...resampler.push(sound.subarray(from, from + step)));
  }
  return [...given, ...resampler.end()];
};
const loudest = (samples) => Math.max(...samples.map(Math.abs));
const inner = (samples) => samples.slice(300, -300);
"""

RATES = [8_000, 11_025, 22_050, 44_100, 48_000, 96_000]


@pytest.mark.parametrize("rate", RATES)
async def test_a_tone_stays_the_same_tone(node: Path, rate: int) -> None:
    script = """
    const given16 = through(tone(1000, given.rate), given.rate, 4096);
    const meant = tone(1000, 16000);
    say(given16.length, loudest(inner(given16.map((sample, i) => sample - meant[i]))));
    """

    length, error = await result(node, TONE + script, url="", rate=rate)

    assert length == 16_000
    assert error < 1e-4


@pytest.mark.parametrize("rate", RATES)
async def test_how_it_is_cut_changes_nothing(node: Path, rate: int) -> None:
    script = """
    const tune = tone(440, given.rate).subarray(0, 3000);
    const whole = through(tune, given.rate, 3000);
    const isSame = (cut) => cut.every((sample, i) => sample === whole[i]);
    const cuts = [1, 7, 1000].map((step) => through(tune, given.rate, step));
    say(...cuts.map((cut) => cut.length === whole.length && isSame(cut)));
    """

    assert await result(node, TONE + script, url="", rate=rate) == [True, True, True]


async def test_what_the_rate_cannot_hold_is_not_heard_as_something_else(node: Path) -> None:
    script = "say(loudest(inner(through(tone(9000, 48000), 48000, 4800))));"

    (loudest,) = await result(node, TONE + script, url="")

    assert loudest < 1e-3


async def test_no_sound_gives_none(node: Path) -> None:
    script = "say(through(new Float32Array(), 44100, 1).length);"

    assert await result(node, TONE + script, url="") == [0]
