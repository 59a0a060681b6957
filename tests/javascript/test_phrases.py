from itertools import pairwise
from pathlib import Path

import pytest

from tests.javascript.program import result
from tests.text.captions.spoken import final
from wsserver.text.captions.phrases import Joint, joint, phrases
from wsserver.text.captions.small_words import SMALL_WORDS
from wsserver.text.captions.tokens import tokens

IMPORT = 'const { joint, leads } = await import(at("phrases.js"));'

SAID = {
    "en": 'We saw it, because Dr. J. S. Bach said "so." The house (of ours) isn\u2019t here. It',
    "de": "Wir wollten in die große Stadt, aber der Zug fuhr nicht. Und weil es spät war",
    "fr": "Elle ne sait pas si la maison est grande, et nous non plus ! Pour qui",
    "xx": "So it goes; and on: again",
}
TOLD = (Joint.SENTENCE, Joint.CLAUSE, Joint.CONJUNCTION, Joint.PREPOSITION)


async def test_the_page_knows_the_small_words_that_the_server_knows(node: Path) -> None:
    known = await result(node, 'say((await import(at("small-words.js"))).SMALL_WORDS);')

    assert known == [{language: list(columns) for language, columns in SMALL_WORDS.items()}]


@pytest.mark.parametrize("language", SAID)
async def test_the_page_finds_the_joints_that_the_server_finds(node: Path, language: str) -> None:
    made = tokens(final(SAID[language]), 42)
    found = [joint(left, right, phrases(language)) for left, right in pairwise(made)]

    script = f"""{IMPORT}
        say(...given.words.slice(1).map((word, i) =>
          joint(given.words[i], word, given.language)));
    """
    told = await result(node, script, words=[each.text for each in made], language=language)

    assert told == [str(each) if each in TOLD else "plain" for each in found]


@pytest.mark.parametrize(
    ("word", "does"),
    [
        ("the", True),
        ("The", True),
        ("don\u2019t", True),
        ("of", True),
        ("of,", False),
        ("house", False),
    ],
)
async def test_a_word_that_leads_to_the_next_one_is_known(
    node: Path, word: str, does: bool
) -> None:
    assert await result(node, f'{IMPORT} say(leads(given.word, "en"));', word=word) == [does]
