import pytest
from playwright.async_api import Page


@pytest.mark.parametrize(
    ("left", "right", "gap"),
    [
        ("One.", "Two.", " "),
        ("", "Two.", ""),
        ("One.", "", ""),
        ("One. ", "Two.", ""),
        ("One.\n", "Two.", ""),
        ("One.", " two", ""),
        ("One (", "two", ""),
        ("¿", "Qué", ""),
        ("One", ", two", ""),
        ("One", "?", ""),
        ("One", ")", ""),
        ("One", "...and two", " "),
        # A quote opens behind a space and closes before one.
        ('He said "', "one", ""),
        ('"', "one", ""),
        ('("', "one", ""),
        ('He said "one."', "Two.", " "),
        ("„", "eins", ""),
        ("„Eins.“", "Zwei.", " "),
        ("“", "one", ""),
        ("»", "Eins", ""),
        ("«Un.»", "Deux.", " "),
        ("One.", "“two”", " "),
        ("One.", "” he said", ""),
        ("One.", '"', ""),
        # Some scripts have no spaces.
        ("こんにちは。", "さようなら。", ""),
        ("你好", "再见", ""),
        ("𠮷", "x", ""),
        ("สวัสดี", "ครับ", ""),
        ("안녕.", "또 봐.", " "),
    ],
)
async def test_a_space_comes_where_one_belongs(
    modules: Page, left: str, right: str, gap: str
) -> None:
    found = await modules.evaluate(
        "async (given) => (await import('/page/joints.js')).gap(...given)", [left, right]
    )

    assert found == gap


@pytest.mark.parametrize(
    ("left", "breaks", "end"),
    [
        ("", 1, ""),
        ("", 2, ""),
        ("One.", 1, "\n"),
        ("One.", 2, "\n\n"),
        ("One.\n", 1, "\n"),
        ("One.\n", 2, "\n"),
        ("One.\n\n", 2, ""),
    ],
)
async def test_a_line_ends_where_something_stands(
    modules: Page, left: str, breaks: int, end: str
) -> None:
    found = await modules.evaluate(
        "async (given) => (await import('/page/joints.js')).lineEnd(...given)", [left, breaks]
    )

    assert found == end
