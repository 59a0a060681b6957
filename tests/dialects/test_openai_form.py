import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.dialects.openai_form import PROMPT_CHARACTERS, BadField, Options, read_options
from wsserver.messages import Start
from wsserver.session.opening import MAX_PROMPT_CHARACTERS, prompt_text

PLAIN = Start(partials=False)
WORDS = Start(partials=False, words=True)


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({}, Options(PLAIN)),
        ({"model": "gpt-4o-transcribe", "user": "somebody"}, Options(PLAIN)),
        ({"response_format": "text"}, Options(PLAIN, "text")),
        ({"response_format": "srt"}, Options(WORDS, "srt")),
        ({"response_format": "vtt", "stream": "false"}, Options(WORDS, "vtt")),
        ({"stream": "true"}, Options(PLAIN, streams=True)),
        ({"stream": "True", "response_format": "text"}, Options(PLAIN, "text", streams=True)),
        ({"temperature": "0.7", "include[]": "", "chunking_strategy": "auto"}, Options(PLAIN)),
        ({"chunking_strategy[type]": "server_vad"}, Options(PLAIN)),
        ({"chunking_strategy": '{"type": "server_vad"}'}, Options(PLAIN)),
        ({"language": "de-AT"}, Options(Start(partials=False, language="de"))),
        ({"language": "German"}, Options(Start(partials=False, language="de"))),
        ({"language": ""}, Options(PLAIN)),
        ({"language": "auto"}, Options(PLAIN)),
        ({"languages[]": "fr"}, Options(Start(partials=False, language="fr"))),
        ({"prompt": " Dr. Ode "}, Options(Start(partials=False, prompt="Dr. Ode"))),
        ({"keywords[]": "Ode"}, Options(Start(partials=False, hotwords=("Ode",)))),
    ],
)
def test_fields_are_read_as_options(fields: dict[str, str], options: Options) -> None:
    assert read_options(fields.items(), "transcribe") == options


@pytest.mark.parametrize(
    ("granularities", "segments", "words"),
    [
        ([], True, False),
        (["segment"], True, False),
        (["word"], False, True),
        (["word", "segment"], True, True),
        (["word,segment"], True, True),
    ],
)
@pytest.mark.parametrize("name", ["timestamp_granularities[]", "timestamp_granularities"])
def test_times_are_given_as_finely_as_they_are_asked_for(
    name: str, granularities: list[str], segments: bool, words: bool
) -> None:
    fields = [("response_format", "verbose_json"), *((name, value) for value in granularities)]

    options = read_options(fields, "transcribe")

    assert (options.segments, options.words, options.start.words) == (segments, words, words)


def test_a_translation_has_its_task() -> None:
    assert read_options([], "translate").start.task == "translate"


@pytest.mark.parametrize(
    ("fields", "param", "complaint"),
    [
        ({"response_format": "diarized_json"}, "response_format", "expected one of json, text"),
        ({"response_format": "xml"}, "response_format", "found 'xml'"),
        ({"stream": "yes"}, "stream", "expected one of true, false"),
        ({"stream": "true", "response_format": "srt"}, "stream", "expected json or text"),
        ({"temperature": "warm"}, "temperature", "expected a number from 0 to 1"),
        ({"temperature": "2"}, "temperature", "found '2'"),
        ({"temperature": "nan"}, "temperature", "found 'nan'"),
        ({"include[]": "logprobs"}, "include", "log probabilities are not given"),
        ({"known_speaker_names[]": "Ann"}, "known_speaker_names", "not told apart"),
        ({"known_speaker_references": "data:"}, "known_speaker_references", "not told apart"),
        ({"chunking_strategy": "manual"}, "chunking_strategy", "expected auto"),
        ({"chunking_strategy[threshold]": "0.3"}, "chunking_strategy", "expected auto"),
        (
            {"timestamp_granularities[]": "word"},
            "timestamp_granularities",
            "found them with json, expected verbose_json",
        ),
        (
            {"timestamp_granularities[]": "letter", "response_format": "verbose_json"},
            "timestamp_granularities",
            "found 'letter'",
        ),
    ],
)
def test_what_is_not_served_is_refused_by_its_name(
    fields: dict[str, str], param: str, complaint: str
) -> None:
    with pytest.raises(BadField, match=f"^{param}: .*{complaint}") as refused:
        read_options(fields.items(), "transcribe")

    assert refused.value.param == param


def test_one_language_of_several_cannot_be_detected() -> None:
    with pytest.raises(BadField, match="found 2, expected one") as refused:
        read_options([("languages[]", "en"), ("languages[]", "de")], "transcribe")

    assert refused.value.param == "languages"


@given(st.text(max_size=3_000), st.lists(st.text(max_size=30), max_size=5))
def test_a_session_takes_every_prompt_by_its_end(prompt: str, keywords: list[str]) -> None:
    fields = [("prompt", prompt), *(("keywords[]", keyword) for keyword in keywords)]

    start = read_options(fields, "transcribe").start

    assert len(prompt_text(start)) <= MAX_PROMPT_CHARACTERS == PROMPT_CHARACTERS
    assert prompt.strip().endswith(start.prompt)
    assert len(prompt) > 1_500 or start.prompt == prompt.strip()


NAMES = st.sampled_from(
    [
        "chunking_strategy",
        "include[]",
        "keywords[]",
        "language",
        "prompt",
        "response_format",
        "stream",
        "temperature",
        "timestamp_granularities[]",
        "[]",
    ]
)
VALUES = st.sampled_from(["", "1", "-1", "1e999", "text", "verbose_json", "word", "{", "en"])


@given(st.lists(st.tuples(NAMES | st.text(max_size=20), VALUES | st.text(max_size=20))))
def test_no_form_does_more_than_be_refused(fields: list[tuple[str, str]]) -> None:
    try:
        start = read_options(fields, "transcribe").start
    except BadField:
        return

    assert not start.partials
