from typing import Any

import pytest
from playwright.async_api import Page


async def pcm(modules: Page, expression: str) -> Any:
    return await modules.evaluate(
        f"async () => {{ const pcm = await import('/page/pcm.js'); return {expression}; }}"
    )


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("0", 0),
        ("-0", 0),
        ("1 / 32768", 1),
        ("-1 / 32768", -1),
        ("0.4 / 32768", 0),
        ("0.5", 16_384),
        ("1", 32_767),
        ("-1", -32_768),
        ("7", 32_767),
        ("-7", -32_768),
        ("Infinity", 32_767),
        ("-Infinity", -32_768),
        ("NaN", 0),
    ],
)
async def test_a_sample_becomes_a_clipped_integer(
    modules: Page, sample: str, expected: int
) -> None:
    converted = await pcm(modules, f"[...pcm.toS16le(new Float32Array([{sample}]))]")

    assert converted == [expected]


async def test_the_lower_byte_comes_first(modules: Page) -> None:
    converted = await pcm(
        modules, "[...new Uint8Array(pcm.toS16le(new Float32Array([258 / 32768])).buffer)]"
    )

    assert converted == [2, 1]


@pytest.mark.parametrize(
    ("rate", "times"),
    [
        (8_000, 0),
        (44_100, 0),
        (48_000, 0),
        (48_001, 1),
        (88_200, 1),
        (96_000, 1),
        (176_400, 2),
        (192_000, 2),
    ],
)
async def test_a_rate_is_halved_until_a_server_takes_it(
    modules: Page, rate: int, times: int
) -> None:
    assert await pcm(modules, f"pcm.halvings({rate})") == times


async def test_too_low_a_rate_is_an_error(modules: Page) -> None:
    caught = await pcm(
        modules, "(() => { try { pcm.halvings(7999); } catch (error) { return error.name; } })()"
    )

    assert caught == "RangeError"


async def test_halving_averages_pairs(modules: Page) -> None:
    assert await pcm(modules, "[...pcm.halve(new Float32Array([0, 1, -1, 0.5, 9]))]") == [
        0.5,
        -0.25,
    ]


@pytest.mark.parametrize(
    ("samples", "expected"),
    [("0, 0", 0.0), ("1, -1", 1.0), ("0.001, -0.001", 0.0), ("0.1, -0.1", 2 / 3)],
)
async def test_the_meter_spans_sixty_decibels(modules: Page, samples: str, expected: float) -> None:
    shown = await pcm(modules, f"pcm.loudness(new Float32Array([{samples}]))")

    assert shown == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("samples", "expected"), [("0, 0.00005", True), ("0, -0.001", False), ("", True)]
)
async def test_a_muted_microphone_is_told_from_a_quiet_one(
    modules: Page, samples: str, expected: bool
) -> None:
    assert await pcm(modules, f"pcm.isSilent(new Float32Array([{samples}]))") is expected


@pytest.mark.parametrize(
    ("samples", "rates", "resampled"),
    [
        ("0, 10, 20, 30", (2, 4), [0, 5, 10, 15, 20, 25, 30, 30]),
        ("0, 10, 20, 30", (4, 2), [0, 20]),
        ("-7", (44_100, 48_000), [-7]),
        ("", (44_100, 48_000), []),
    ],
)
async def test_sound_is_brought_to_another_rate(
    modules: Page, samples: str, rates: tuple[int, int], resampled: list[int]
) -> None:
    given = f"Int16Array.of({samples}), {rates[0]}, {rates[1]}"

    assert await pcm(modules, f"[...pcm.resample({given})]") == resampled
