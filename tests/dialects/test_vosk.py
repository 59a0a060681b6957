import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.dialects.vosk import DIALECT
from wsserver.errors import BadMessage, BadOrder, ClientError
from wsserver.messages import (
    Audio,
    Done,
    Error,
    Final,
    Finish,
    Flush,
    Flushed,
    Partial,
    ServerMessage,
    Speech,
    Start,
    TimedWord,
)

CHUNK = b"\x01\x00" * 800
EOF, RESET = '{"eof" : 1}', '{"reset" : 1}'
HELLO = (
    TimedWord(text=" Hello,", start=0.5, end=0.9, probability=0.75),
    TimedWord(text=" world!", start=1.0, end=1.5, probability=0.25),
)


class Client:
    """Speaks vosk to a translator, and keeps what the session would hear."""

    def __init__(self, query: str = "") -> None:
        self.translator = DIALECT.open(query)
        self.session: list[Any] = []

    def sends(self, frame: str | bytes) -> list[dict[str, Any]]:
        told = [*self.translator.read(frame)]
        self.session += [item for item in told if not isinstance(item, str)]
        return [json.loads(item) for item in told if isinstance(item, str)]

    def configures(self, **wishes: Any) -> list[dict[str, Any]]:
        return self.sends(json.dumps({"config": wishes}))

    def hears(self, *messages: ServerMessage) -> list[dict[str, Any]]:
        frames = [frame for message in messages for frame in self.translator.write(message)]
        return [json.loads(frame) for frame in frames]


def partial(text: str, utterance: int = 1, words: tuple[TimedWord, ...] | None = None) -> Partial:
    return Partial(
        utterance=utterance, text=text, committed=0, start=0.0, end=1.0, lag=0.0, words=words
    )


def final(text: str, utterance: int = 1, words: tuple[TimedWord, ...] | None = None) -> Final:
    return Final(utterance=utterance, text=text, start=0.0, end=1.0, words=words, through=16_000)


def test_the_session_opens_with_the_first_audio_as_config_says() -> None:
    client = Client()

    answers = client.configures(sample_rate=16000.0, words=1, phrase_list=["left", "[unk]"])
    client.sends(CHUNK)

    assert answers == []
    assert client.session == [
        Start(sample_rate=16_000, hotwords=("left",), words=True),
        Audio(data=CHUNK),
    ]


def test_without_config_audio_is_what_vosk_takes_it_for() -> None:
    client = Client()

    client.sends(CHUNK)

    assert client.session[0] == Start(sample_rate=8_000, words=True)


def test_the_url_says_what_a_program_cannot() -> None:
    client = Client("token=secret&sample_rate=48000&language=de")

    client.configures(words=False)
    client.sends(CHUNK)

    assert client.session[0] == Start(sample_rate=48_000, language="de")


def test_config_may_come_in_pieces_and_again() -> None:
    client = Client()

    client.configures(sample_rate=16_000)
    client.configures(language="fr")
    client.sends(CHUNK)
    again = client.configures(sample_rate=16_000)

    assert client.session[0] == Start(sample_rate=16_000, language="fr", words=True)
    assert again == []


def test_another_config_behind_the_first_audio_is_out_of_order() -> None:
    client = Client()
    client.sends(CHUNK)

    with pytest.raises(BadOrder, match="found another config behind the first audio"):
        client.configures(sample_rate=16_000)


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({}, True),
        ({"words": False}, False),
        ({"words": 0, "partial_words": True}, True),
        ({"words": 0, "max_alternatives": 3}, True),
    ],
)
def test_words_are_asked_for_where_something_is_made_of_them(
    wishes: dict[str, Any], words: bool
) -> None:
    client = Client()
    client.configures(**wishes)

    client.sends(CHUNK)

    assert client.session[0].words is words


def test_a_frame_is_answered_with_the_newest_partial() -> None:
    client = Client()

    assert client.sends(CHUNK) == [{"partial": ""}]
    assert client.hears(partial("He"), partial(" Hello, ")) == []
    assert client.sends(CHUNK) == [{"partial": "Hello,"}]
    assert client.sends(CHUNK) == [{"partial": "Hello,"}]


def test_a_partial_has_its_words_if_they_are_asked_for() -> None:
    client = Client()
    client.configures(partial_words=True)
    client.hears(partial("Hello, world!", words=HELLO))

    (answer,) = client.sends(CHUNK)

    assert answer == {
        "partial": "Hello, world!",
        "partial_result": [
            {"conf": 0.75, "end": 0.9, "start": 0.5, "word": "Hello,"},
            {"conf": 0.25, "end": 1.5, "start": 1.0, "word": "world!"},
        ],
    }


def test_finals_come_one_a_frame_and_before_partials() -> None:
    client = Client()
    client.sends(CHUNK)
    client.hears(final("one", 1), final("two", 2), partial("thr", 3))

    answers = [*client.sends(CHUNK), *client.sends(CHUNK), *client.sends(CHUNK)]

    assert answers == [{"text": "one"}, {"text": "two"}, {"partial": "thr"}]


def test_a_final_has_its_words_and_ends_its_partial() -> None:
    client = Client()
    client.hears(partial("Hello"), final("Hello, world!", words=HELLO))

    answers = [*client.sends(CHUNK), *client.sends(CHUNK)]

    assert answers == [
        {
            "result": [
                {"conf": 0.75, "end": 0.9, "start": 0.5, "word": "Hello,"},
                {"conf": 0.25, "end": 1.5, "start": 1.0, "word": "world!"},
            ],
            "text": "Hello, world!",
        },
        {"partial": ""},
    ]


def test_a_late_final_leaves_the_partial_of_the_next_utterance() -> None:
    client = Client()
    client.hears(partial("two", 2), final("one", 1))

    assert [*client.sends(CHUNK), *client.sends(CHUNK)] == [{"text": "one"}, {"partial": "two"}]


def test_a_final_without_text_is_no_answer() -> None:
    client = Client()
    client.hears(final(""))

    assert client.sends(CHUNK) == [{"partial": ""}]


def test_the_end_tells_all_that_is_left_as_one_result() -> None:
    client = Client()
    client.sends(CHUNK)

    assert client.sends(EOF) == []
    assert client.session[-1] == Finish()
    answers = client.hears(
        final("one", 1, HELLO[:1]),
        final("two", 2, HELLO[1:]),
        Done(duration=2.0, utterances=2),
    )

    assert answers[0]["text"] == "one two"
    assert [word["word"] for word in answers[0]["result"]] == ["Hello,", "world!"]
    assert len(answers) == 1


def test_the_end_of_nothing_has_an_answer_too() -> None:
    client = Client()

    client.sends(EOF)

    assert [type(message) for message in client.session] == [Start, Finish]
    assert client.hears(Done(duration=0.0, utterances=0)) == [{"text": ""}]


def test_a_reset_tells_what_is_left_and_the_session_goes_on() -> None:
    client = Client()
    client.sends(CHUNK)

    assert client.sends(RESET) == []
    assert client.session[-1] == Flush()
    assert client.hears(partial("On"), final("One."), Flushed()) == [{"text": "One."}]
    assert client.sends(CHUNK) == [{"partial": ""}]


def test_alternatives_are_a_list_of_one() -> None:
    client = Client()
    client.configures(max_alternatives=5)
    client.hears(final("Hello, world!", words=HELLO))

    (answer,) = client.sends(CHUNK)

    (alternative,) = answer["alternatives"]
    assert answer.keys() == {"alternatives"}
    assert (alternative["text"], alternative["confidence"]) == ("Hello, world!", 0.5)
    assert [word["word"] for word in alternative["result"]] == ["Hello,", "world!"]


def test_no_alternative_is_an_empty_one() -> None:
    client = Client()
    client.configures(max_alternatives=1, words=False)
    client.sends(EOF)

    answers = client.hears(Done(duration=0.0, utterances=0))

    assert answers == [{"alternatives": [{"confidence": 1.0, "text": ""}]}]


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        (" Hello, world!", "hello world"),
        ("«Don't» … 3.5 Äpfel - ja?", "don't 3.5 äpfel ja"),
    ],
)
def test_words_can_be_plain_as_those_of_vosk_are(said: str, plain: str) -> None:
    client = Client("plain=1")
    words = tuple(
        TimedWord(text=" " + word, start=0.0, end=1.0, probability=1.0) for word in said.split()
    )
    client.hears(final(said, words=words))

    (answer,) = client.sends(CHUNK)

    assert answer["text"] == plain
    assert [word["word"] for word in answer["result"]] == plain.split()


def test_what_went_wrong_is_told_behind_the_finals_that_are_left() -> None:
    client = Client()
    error = Error(code="shutting_down", message="the server is shutting down", fatal=True)

    assert client.hears(final("one"), error) == [
        {"text": "one"},
        {"error": "the server is shutting down", "code": "shutting_down"},
    ]


def test_what_vosk_has_no_word_for_is_not_told() -> None:
    assert Client().hears(Speech(event="started", utterance=1, time=0.5)) == []


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        ("hello", "found text that is no JSON"),
        ("[" * 100_000, "found text that is no JSON"),
        (r'{"config": {"phrase_list": ["\ud800"]}}', "found text that is no JSON"),
        ("[1]", "found another JSON value"),
        ("{}", "found the keys none, expected config, eof or reset"),
        ('{"spk": 1}', "found the keys 'spk', expected config, eof or reset"),
        ('{"config": 1}', "field 'config': input should be"),
        ('{"config": {"model": "de"}}', "unknown field 'config.model', expected some of sample_"),
        ('{"config": {"sample_rate": "fast"}}', "field 'config.sample_rate': input should be"),
        ('{"config": {"max_alternatives": -1}}', "field 'config.max_alternatives': input should"),
        ('{"config": {"phrase_list": "a b"}}', "field 'config.phrase_list': input should be"),
    ],
)
def test_what_is_not_served_is_said_clearly(frame: str, found: str) -> None:
    client = Client()

    with pytest.raises(BadMessage) as raised:
        client.sends(frame)

    assert found in str(raised.value)


@pytest.mark.parametrize("query", ["sample_rate=fast", "speed=2", "plain=perhaps"])
def test_a_url_that_is_not_understood_is_refused(query: str) -> None:
    with pytest.raises(BadMessage, match="field"):
        DIALECT.open(query)


def test_a_refusal_does_not_repeat_the_token() -> None:
    with pytest.raises(BadMessage) as raised:
        DIALECT.open("token=secret&speed=2")

    assert "secret" not in str(raised.value)


SAID = st.one_of(
    st.just(CHUNK),
    st.builds(final, st.text("ab", min_size=1), st.integers(1, 9)),
    st.builds(partial, st.text("ab"), st.integers(1, 9)),
)


@given(st.lists(SAID))
def test_every_frame_has_one_answer_and_every_final_comes_once_and_in_order(
    course: list[bytes | Final | Partial],
) -> None:
    client = Client()
    texts: list[str] = []
    for event in course:
        if isinstance(event, bytes):
            (answer,) = client.sends(event)
            texts += [answer["text"]] if "text" in answer else []
        else:
            assert client.hears(event) == []
    (last,) = client.hears(Done(duration=1.0, utterances=1))

    said = [event.text for event in course if isinstance(event, Final)]
    assert " ".join([*texts, last["text"]]).split() == said


NAMES = st.sampled_from(
    ["config", "eof", "reset", "sample_rate", "words", "phrase_list", "language"]
)
WORDS = st.text(st.characters(exclude_categories=()))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | WORDS, inner, max_size=4),
    max_leaves=8,
)


@given(st.lists(JSON.map(json.dumps) | st.text() | st.binary(), max_size=6))
def test_whatever_comes_is_understood_or_refused_in_words(frames: list[str | bytes]) -> None:
    client, refused = Client(), list[str]()
    for frame in frames:
        try:
            client.sends(frame)
        except ClientError as error:
            refused.append(str(error))

    assert all(words.isprintable() for words in refused)
