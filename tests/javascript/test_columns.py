from pathlib import Path

import pytest

from tests.javascript.program import result
from tests.text.captions.spoken import final
from wsserver.text.captions.tokens import tokens

TEXTS = [
    "",
    "so  it goes",
    "well-known, e.g.",
    "a" * 100,
    "e\u0301" * 50,
    "語学だ、「語」。学",
    "ちょっと、コーヒー",
    "我用Python写",
    "한국어 문장",
    "เก้าน้ำ",
    "👩‍👩‍👧👍🏽 so",
    "مرحبا بكم",
    "ｶﾅ",
]


@pytest.mark.parametrize("most_columns", [4, 42])
async def test_the_page_cuts_and_measures_as_the_server_does(node: Path, most_columns: int) -> None:
    script = """
        const { tokens } = await import(at("columns.js"));
        say(...given.texts.map((text) => tokens(text, given.most)
          .map(({ gap, text, width }) => [gap + text, width])));
    """

    told = await result(node, script, texts=TEXTS, most=most_columns)

    assert told == [
        [[each.text, each.width] for each in tokens(final(text), most_columns)] for text in TEXTS
    ]


async def test_a_token_tells_how_many_code_points_there_were(node: Path) -> None:
    script = """
        const { tokens } = await import(at("columns.js"));
        say(...tokens("so 𠮷𠮷  it", 42).map(({ points }) => points));
    """

    assert await result(node, script) == [2, 4, 5, 9]
