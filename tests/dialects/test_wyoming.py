import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error as WyomingError
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong

from wsserver.dialects.dialect import Model
from wsserver.dialects.wyoming import WyomingTranslator
from wsserver.dialects.wyoming_event import STOP, read_head
from wsserver.errors import BadMessage, BadOrder, ClientError, UnsupportedFormat
from wsserver.messages import (
    Ack,
    Audio,
    Done,
    Error,
    Final,
    Finish,
    Partial,
    ServerMessage,
    Start,
)

CHUNK = b"\x01\x00" * 800
SPEECH = AudioStart(16_000, 2, 1).event()
DONE = Done(duration=1.0, utterances=1)


class Client:
    """Speaks Wyoming to a translator, in the events of the package."""

    def __init__(self) -> None:
        self.translator = WyomingTranslator("1.2.3")
        self.translator.meet(Model("practice", ("en", "de")))
        self.session: list[Any] = []

    def sends(self, event: Event, *, inline: bool = False) -> list[Event]:
        """Send *event* as the package writes it: its data behind the line, unless *inline*."""
        data = json.dumps(event.data)
        head = {"type": event.type, "data": event.data} if inline else {"type": event.type}
        told = [*self.translator.read(json.dumps(head) + "\n" + ("" if inline else data))]
        if event.payload:
            told += self.translator.read(event.payload)
        self.session += [item for item in told if not isinstance(item, str)]
        return [parsed(item) for item in told if isinstance(item, str)]

    def hears(self, *messages: ServerMessage) -> list[Event]:
        return [parsed(text) for message in messages for text in self.translator.write(message)]


def parsed(text: str) -> Event:
    line, _, data = text.partition("\n")
    head = json.loads(line)
    assert len(data.encode()) == head.get("data_length", 0)
    return Event(head["type"], json.loads(data) if data else {})


def partial(text: str, committed: str = "", utterance: int = 1) -> Partial:
    return Partial(
        utterance=utterance, text=text, committed=len(committed), start=0.0, end=1.0, lag=0.0
    )


def final(text: str, utterance: int = 1, language: str | None = "en") -> Final:
    return Final(
        utterance=utterance, text=text, start=0.0, end=1.0, language=language, through=16_000
    )


def chunks(events: list[Event]) -> list[str]:
    return [TranscriptChunk.from_event(e).text for e in events if TranscriptChunk.is_type(e.type)]


def test_describe_tells_the_model_and_its_languages() -> None:
    (event,) = Client().sends(Describe().event())

    (program,) = Info.from_event(event).asr
    (model,) = program.models
    assert (program.name, program.version, program.installed) == ("wsserver", "1.2.3", True)
    assert program.supports_transcript_streaming
    assert program.requires_external_vad
    assert (model.name, model.languages, model.installed) == ("practice", ["en", "de"], True)


@pytest.mark.parametrize("text", ["hello", "Grüße", None])
def test_a_ping_is_answered(text: str | None) -> None:
    (event,) = Client().sends(Ping(text).event())

    assert Pong.from_event(event) == Pong(text)


@pytest.mark.parametrize("text", ["x" * 1_001, ["x"], {"x": "y"}, 7])
def test_a_pong_says_no_more_again_than_a_short_text(text: object) -> None:
    (event,) = Client().sends(Event("ping", {"text": text}))

    assert Pong.from_event(event) == Pong(None)


@pytest.mark.parametrize("inline", [True, False])
def test_audio_opens_the_session_and_its_end_finishes_it(inline: bool) -> None:
    client = Client()

    client.sends(Transcribe(language="de-DE", name="other").event(), inline=inline)
    client.sends(AudioStart(44_100, 2, 2).event(), inline=inline)
    client.sends(AudioChunk(44_100, 2, 2, CHUNK).event(), inline=inline)
    client.sends(AudioStop().event(), inline=inline)

    assert client.session == [
        Start(sample_rate=44_100, channels=2, language="de"),
        Audio(data=CHUNK),
        Finish(),
    ]


def test_audio_without_a_start_opens_the_session_too() -> None:
    client = Client()

    client.sends(AudioChunk(8_000, 2, 1, CHUNK).event())

    assert client.session == [Start(sample_rate=8_000), Audio(data=CHUNK)]


def test_an_end_without_audio_is_a_session_without_words() -> None:
    client = Client()

    client.sends(AudioStop().event())

    assert client.session == [Start(), Finish()]


def test_names_and_terms_are_expected_as_long_as_there_is_room() -> None:
    client = Client()
    wishes = Transcribe(transcript_names=["Ada", "Bo"], transcript_terms=["Ada", "x" * 990, "y"])

    client.sends(wishes.event())
    client.sends(SPEECH)

    assert client.session == [Start(hotwords=("Ada", "Bo"))]


def test_what_is_not_known_is_passed_over_with_its_payload() -> None:
    client = Client()

    answers = client.sends(Event("select-program", {"name": "x"}))
    answers += client.sends(Event("image", {}, b"\x00"))

    assert (answers, client.session) == ([], [])


def test_the_transcript_is_all_finals_and_comes_between_the_last_chunk_and_the_end() -> None:
    client = Client()
    client.sends(Transcribe(language="en").event())

    events = client.hears(final("One."), final("", 2, None), final("Two.", 3), DONE)

    assert [event.type for event in events] == [
        "transcript-start",
        "transcript-chunk",
        "transcript-chunk",
        "transcript",
        "transcript-stop",
    ]
    assert TranscriptStart.from_event(events[0]).language == "en"
    assert chunks(events) == ["One.", " Two."]
    assert Transcript.from_event(events[3]) == Transcript("One. Two.", None, "en")
    assert TranscriptStop.is_type(events[4].type)


def test_a_transcript_without_words_is_empty() -> None:
    events = Client().hears(Ack(through=1), DONE)

    assert [event.type for event in events] == [
        "transcript-start",
        "transcript",
        "transcript-stop",
    ]
    assert Transcript.from_event(events[1]).text == ""


def test_committed_words_come_at_once_and_only_once() -> None:
    client = Client()

    told = [
        chunks(client.hears(message))
        for message in (
            partial("My uncle sole", "My uncle"),
            partial("My uncle sold his", "My uncle"),
            partial("My uncle sold his house", "My uncle sold his"),
            final("My uncle sold his house."),
            partial("By the", "By"),
            partial("By the sea", "By the", utterance=2),
        )
    ]

    assert told == [["My uncle"], [], [" sold his"], [" house."], [], [" By the"]]


def test_words_of_the_next_utterance_wait_for_the_final_before_them() -> None:
    client = Client()

    told = chunks(
        client.hears(
            partial("one", "one"), partial("two", "two", 2), final("one!"), final("two", 2)
        )
    )

    assert told == ["one", "!", " two"]


def test_a_committed_word_that_is_taken_back_is_right_in_the_transcript() -> None:
    client = Client()

    events = client.hears(partial("I scream", "I scream"), final("Ice cream, please."), DONE)

    assert chunks(events) == ["I scream", " please."]
    assert Transcript.from_event(events[-2]).text == "Ice cream, please."


def test_what_goes_wrong_is_an_error_and_no_transcript() -> None:
    events = Client().hears(Error(code="full", message="found no place", fatal=True))

    (event,) = events
    assert WyomingError.from_event(event) == WyomingError("found no place", "full")


@pytest.mark.parametrize(
    ("event", "error", "found"),
    [
        (AudioStart(16_000, 4, 1).event(), UnsupportedFormat, "samples of 4 bytes, expected 2"),
        (Event("audio-start", {"rate": "16000"}), BadMessage, "field 'audio-start.rate': input"),
        (Event("audio-start", {"rate": 1}), BadMessage, "field 'audio-start.width': field req"),
        (Event("transcribe", {"language": 1}), BadMessage, "field 'transcribe.language': input"),
    ],
)
def test_what_cannot_be_served_is_said_clearly(
    event: Event, error: type[Exception], found: str
) -> None:
    with pytest.raises(error) as raised:
        Client().sends(event)

    assert found in str(raised.value)


@pytest.mark.parametrize(
    "event", [AudioStart(8_000, 2, 1).event(), AudioChunk(16_000, 2, 2, CHUNK).event()]
)
def test_the_format_stays_as_it_was(event: Event) -> None:
    client = Client()
    client.sends(SPEECH)

    with pytest.raises(UnsupportedFormat, match="as before"):
        client.sends(event)


def test_a_wish_behind_the_audio_is_out_of_order() -> None:
    client = Client()
    client.sends(SPEECH)

    with pytest.raises(BadOrder, match="expected it before"):
        client.sends(Transcribe().event())


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"type": 1}',
        b'{"type": "a", "data": []}',
        b'{"type": "a", "data_length": -1}',
        b'{"type": "a", "payload_length": 1.5}',
        b'{"type": "a", "payload_length": "5"}',
        rb'{"type": "transcribe", "data": {"transcript_names": ["\ud800"]}}',
        b'{"type": "a", "payload_length": 1%s}' % (b"0" * 400),
        b'{"type": "a", "data_length": 1%s}' % (b"0" * 400),
    ],
)
def test_a_line_that_begins_no_event_is_refused(line: bytes) -> None:
    with pytest.raises(BadMessage):
        read_head(line)


def test_data_that_is_no_object_is_refused() -> None:
    with pytest.raises(BadMessage, match="another JSON value"):
        [*WyomingTranslator("1").read('{"type": "ping"}\n[]')]


@given(st.data())
def test_chunks_join_to_the_transcript_where_no_committed_word_is_taken_back(
    data: st.DataObject,
) -> None:
    client = Client()
    texts = data.draw(st.lists(st.lists(st.text("ab", min_size=1), max_size=4), max_size=4))
    events: list[Event] = []
    for number, words in enumerate(texts, 1):
        counts = data.draw(st.lists(st.integers(0, len(words)), max_size=4))
        for count in sorted(counts):
            said = partial(" ".join([*words[:count], "c"]), " ".join(words[:count]), number)
            events += client.hears(said)
        events += client.hears(final(" ".join(words), number))
    events += client.hears(DONE)

    assert "".join(chunks(events)) == Transcript.from_event(events[-2]).text


NAMES = st.sampled_from(["rate", "width", "channels", "language", "transcript_names", "text"])
KINDS = st.sampled_from(["describe", "ping", "transcribe", "audio-start", "audio-chunk", STOP])
WORDS = st.text(st.characters(exclude_categories=()))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | WORDS, inner, max_size=4),
    max_leaves=8,
)

EVENTS = st.tuples(KINDS, JSON).map(
    lambda event: f'{{"type": "{event[0]}"}}\n{json.dumps(event[1])}'
)


@given(st.lists(EVENTS | st.text() | st.binary(), max_size=6))
def test_whatever_comes_is_understood_or_refused_in_words(frames: list[str | bytes]) -> None:
    client, said = Client(), list[str]()
    for frame in frames:
        try:
            said += [i for i in client.translator.read(frame) if isinstance(i, str)]
        except ClientError as error:
            said += client.translator.write(Error(code="x", message=str(error), fatal=True))

    assert all(words.isascii() for words in said)
