import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from wsserver.audio.resampler import Resampler
from wsserver.speech import Samples

RATES = [8_000, 11_025, 12_345, 22_050, 44_100, 48_000]


def noise(count: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).uniform(-1, 1, count).astype(np.float32)


def resample(resampler: Resampler, samples: Samples, sizes: list[int]) -> Samples:
    parts, at = [], 0
    for size in [*sizes, len(samples)]:
        parts.append(resampler.push(samples[at : at + size]))
        at += size
    return np.concatenate([*parts, resampler.flush()])


@pytest.mark.parametrize("sample_rate", RATES)
def test_a_stream_agrees_with_resampling_all_at_once(sample_rate: int) -> None:
    samples = noise(sample_rate) * np.float32(0.25)

    streamed = resample(Resampler(sample_rate), samples, [sample_rate // 50] * 30)

    expected = soxr.resample(samples, sample_rate, 16_000, "HQ")
    assert len(streamed) == len(expected)
    assert np.abs(streamed - expected).max() < 1e-5


def test_at_16_khz_samples_pass_untouched() -> None:
    samples = noise(500)

    passed = resample(Resampler(16_000), samples, [100, 7])

    assert passed.tolist() == samples.tolist()


@given(
    sample_rate=st.sampled_from([*RATES, 16_000]),
    sizes=st.lists(st.integers(0, 3_000), max_size=12),
)
def test_chunking_does_not_change_a_bit(sample_rate: int, sizes: list[int]) -> None:
    samples = noise(8_001)

    chunked = resample(Resampler(sample_rate), samples, sizes)

    whole = resample(Resampler(sample_rate), samples, [])
    assert chunked.tobytes() == whole.tobytes()


@pytest.mark.parametrize("sample_rate", [*RATES, 16_000])
def test_after_a_flush_it_starts_anew(sample_rate: int) -> None:
    resampler = Resampler(sample_rate)
    resample(resampler, noise(5_003, seed=1), [])

    again = resample(resampler, noise(4_001), [])

    assert again.tobytes() == resample(Resampler(sample_rate), noise(4_001), []).tobytes()


@pytest.mark.parametrize("sample_rate", [*RATES, 16_000])
def test_a_flush_without_audio_gives_nothing(sample_rate: int) -> None:
    resampler = Resampler(sample_rate)

    tails = [resampler.flush(), resampler.flush()]

    assert [len(tail) for tail in tails] == [0, 0]


@pytest.mark.parametrize("sample_rate", RATES)
def test_the_overshoot_of_the_filter_is_clipped(sample_rate: int) -> None:
    resampled = resample(Resampler(sample_rate), np.sign(noise(9_000), dtype=np.float32), [])

    assert np.abs(resampled).max() == 1


@pytest.mark.parametrize("sample_rate", [*RATES, 16_000])
def test_after_a_flush_all_that_was_pushed_is_covered(sample_rate: int) -> None:
    resampler = Resampler(sample_rate)

    ends = []
    given_out = 0
    for _ in range(5):
        given_out += len(resample(resampler, noise(1_001), [333]))
        ends.append(resampler.to_client(given_out))

    assert ends == [1_001, 2_002, 3_003, 4_004, 5_005]


def test_an_impulse_is_found_where_the_clock_says() -> None:
    resampler = Resampler(44_100, position=500, client=1_000)
    samples = np.zeros(10_000, np.float32)
    samples[5_000] = 0.5

    resampled = resample(resampler, samples, [])

    assert abs(resampler.to_client(500 + int(resampled.argmax())) - 6_000) <= 2


def test_forgetting_keeps_what_lies_after() -> None:
    resampler = Resampler(44_100)
    for _ in range(3):
        resample(resampler, noise(100), [])
    before = resampler.to_client(100)

    resampler.forget(100)

    assert resampler.to_client(100) == before
