import json

import pytest

from wsserver.dialects import captions as dialect
from wsserver.errors import BadMessage
from wsserver.messages import TimedWord
from wsserver.rooms import captions

FINAL = captions.Final(
    number=3,
    session="a",
    utterance=1,
    text="Tea.\nAnd \N{SNOWMAN}.",
    start=0.5,
    end=1.0,
    words=(TimedWord(text=" Tea.", start=0.5, end=0.9, probability=0.9),),
)


@pytest.mark.parametrize(
    "caption",
    [
        captions.Room(room="r", story="s", first=1, finals=0, live=False),
        FINAL,
        captions.Partial(session="a", utterance=1, text="", committed=0, start=0.0, end=1.0),
        captions.Live(live=True),
        captions.Closed(reason="ended"),
    ],
)
def test_a_message_comes_back_as_it_went(caption: captions.Caption) -> None:
    assert dialect.read(dialect.write(caption)) == caption


def test_a_message_is_one_line_that_names_what_is_known() -> None:
    written = dialect.write(FINAL)

    assert b"\n" not in written
    assert json.loads(written)["text"] == FINAL.text
    assert "language" not in json.loads(written)


@pytest.mark.parametrize("text", ["", "[]", '{"type": "poem"}', '{"type": "live"}'])
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        dialect.read(text)
