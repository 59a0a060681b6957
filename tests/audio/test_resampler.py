from itertools import pairwise

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from wsserver.audio.clock import Mark, Place
from wsserver.audio.resampler import Resampler
from wsserver.speech import Samples

RATES = [8_000, 11_025, 12_345, 22_050, 24_000, 44_100, 47_999, 48_000]
ANY_RATE = st.sampled_from([*RATES, 16_000]) | st.integers(8_000, 48_000)


def noise(count: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).uniform(-1, 1, count).astype(np.float32)


def speech_like(sample_rate: int) -> Samples:
    """A second of noise without what no filter passes evenly."""
    spectrum = np.fft.rfft(noise(sample_rate) * np.float32(0.25))
    spectrum[int(min(sample_rate, 16_000) / 2 * 0.87) :] = 0
    return np.fft.irfft(spectrum, sample_rate).astype(np.float32)


def resample(resampler: Resampler, samples: Samples, sizes: list[int]) -> Samples:
    parts, at = [], 0
    for size in [*sizes, len(samples)]:
        parts.append(resampler.push(samples[at : at + size]))
        at += size
    return np.concatenate([*parts, resampler.flush()])


@pytest.mark.parametrize("sample_rate", RATES)
def test_it_says_what_a_good_resampler_says(sample_rate: int) -> None:
    samples = speech_like(sample_rate)

    resampled = resample(Resampler(sample_rate), samples, [sample_rate // 50] * 30)

    expected = soxr.resample(samples, sample_rate, 16_000, "VHQ")
    error = (resampled - expected)[500:-500]
    assert len(resampled) == len(expected) == 16_000
    assert 10 * np.log10(np.square(expected).sum() / np.square(error).sum()) > 75


def test_at_16_khz_samples_pass_untouched() -> None:
    samples = noise(500)

    passed = resample(Resampler(16_000), samples, [100, 7])

    assert passed.tolist() == samples.tolist()


@given(sample_rate=ANY_RATE, sizes=st.lists(st.integers(0, 3_000), max_size=12))
def test_chunking_does_not_change_a_bit(sample_rate: int, sizes: list[int]) -> None:
    samples = noise(8_001)

    chunked = resample(Resampler(sample_rate), samples, sizes)

    whole = resample(Resampler(sample_rate), samples, [])
    assert chunked.tobytes() == whole.tobytes()


@given(sample_rate=ANY_RATE, sizes=st.lists(st.integers(0, 3_000), max_size=5), at=st.floats(0, 1))
def test_going_on_anywhere_does_not_change_a_bit(
    sample_rate: int, sizes: list[int], at: float
) -> None:
    samples = noise(4_001)
    whole = resample(Resampler(sample_rate), samples, [])
    index = round(at * len(whole))

    resumed = Resampler(sample_rate, Place(index))
    rest = resample(resumed, samples[resumed.resend_from :], sizes)

    assert rest.tobytes() == whole[index:].tobytes()


@pytest.mark.parametrize("sample_rate", [*RATES, 16_000])
def test_going_on_at_every_single_sample_does_not_change_a_bit(sample_rate: int) -> None:
    samples = noise(500)
    whole = resample(Resampler(sample_rate), samples, [])

    for index in range(len(whole) + 1):
        resumed = Resampler(sample_rate, Place(index))
        rest = resample(resumed, samples[resumed.resend_from :], [100])

        assert rest.tobytes() == whole[index:].tobytes()


@given(
    sample_rate=ANY_RATE,
    stretches=st.lists(st.integers(0, 700), min_size=1, max_size=5),
    at=st.floats(0, 1),
    sizes=st.lists(st.integers(0, 500), max_size=3),
)
def test_going_on_before_or_behind_a_flush_does_not_change_a_bit(
    sample_rate: int, stretches: list[int], at: float, sizes: list[int]
) -> None:
    samples, resampler = noise(sum(stretches)), Resampler(sample_rate)
    ends = np.cumsum(stretches)
    whole = np.concatenate(
        [
            resample(resampler, samples[end - length : end], sizes)
            for end, length in zip(ends, stretches, strict=True)
        ]
    )
    place = resampler.place(round(at * len(whole)))

    resumed = Resampler(sample_rate, place)
    begins = [resumed.resend_from, *(end for end in ends if end > resumed.resend_from)]
    rest = np.concatenate(
        [
            np.zeros(0, np.float32),
            *(resample(resumed, samples[a:b], sizes[::-1]) for a, b in pairwise(begins)),
        ]
    )

    assert rest.tobytes() == whole[place.index :].tobytes()


@pytest.mark.parametrize("sample_rate", [*RATES, 16_000])
def test_what_has_to_be_sent_again_is_a_few_milliseconds(sample_rate: int) -> None:
    resampler = Resampler(sample_rate)
    resample(resampler, noise(2_001), [])
    again = [
        resampler.to_client(index) - resampler.needs(resampler.place(index))
        for index in range(300, 600)
    ]

    assert min(again) >= 0
    assert max(again) <= (0 if sample_rate == 16_000 else sample_rate * 0.0052)


@pytest.mark.parametrize("sample_rate", [*RATES, 16_000])
def test_the_delay_is_a_few_milliseconds(sample_rate: int) -> None:
    resampler = Resampler(sample_rate)

    ready = len(resampler.push(noise(sample_rate)))

    assert ready >= 16_000 - 5.4 * 16


@pytest.mark.parametrize("sample_rate", RATES)
def test_what_it_holds_does_not_grow(sample_rate: int) -> None:
    resampler, chunk = Resampler(sample_rate), noise(sample_rate)

    for _ in range(20):
        resampler.push(chunk)

    assert len(resampler._held) <= 0.02 * sample_rate
    assert resampler._held.base is None


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
    resampler = Resampler(44_100, Place(500, Mark(500, 1_000)))
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


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_a_flush_before_anything_came_again_leaves_the_stream_where_it_was(rate: int) -> None:
    first = Resampler(rate)
    first.push(np.zeros(4 * rate, np.float32))
    index = 43_621
    again = Resampler(rate, first.place(index))

    tail = again.flush()

    assert len(tail) == 0
    assert again.to_client(index) == first.to_client(index)
    assert again.needs(again.place(index)) == first.needs(first.place(index))
