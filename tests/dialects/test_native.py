import dataclasses
import json
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.dialects import native
from wsserver.errors import BadMessage
from wsserver.messages import (
    Ack,
    Audio,
    ClientMessage,
    Done,
    Error,
    Final,
    Finish,
    Flush,
    Flushed,
    Keepalive,
    Limits,
    Partial,
    Ready,
    ServerMessage,
    Speech,
    Start,
    TimedWord,
    Warn,
)

CLIENT_MESSAGES = [
    ('{"type":"start"}', Start()),
    (
        '{"type":"start","encoding":"f32le","sample_rate":48000,"channels":2,"language":"fr",'
        '"task":"translate","prompt":"Salut.","hotwords":["Vologda"],"words":true,'
        '"partials":false,"endpointing":"captioning"}',
        Start(
            encoding="f32le",
            sample_rate=48_000,
            channels=2,
            language="fr",
            task="translate",
            prompt="Salut.",
            hotwords=("Vologda",),
            words=True,
            partials=False,
            endpointing="captioning",
        ),
    ),
    ('{"type":"start","language":null}', Start()),
    ('{"type":"start","resume":"wsc_a"}', Start(resume="wsc_a")),
    # What a format may be is the session's to say, which knows what it serves.
    ('{"type":"start","encoding":"opus","sample_rate":-1}', Start(encoding="opus", sample_rate=-1)),
    ('{"type":"flush"}', Flush()),
    ('{"type":"flush","id":null}', Flush()),
    ('{"type":"flush","id":"a"}', Flush(id="a")),
    (' {"id":"\\u00e4", "type":"flush"}\n', Flush(id="ä")),
    ('{"type":"finish"}', Finish()),
    ('{"type":"keepalive"}', Keepalive()),
    (b"", Audio(data=b"")),
    (b'{"type":"finish"}', Audio(data=b'{"type":"finish"}')),
]

NO_JSON = "expected a JSON object, found text that is no JSON"
NO_OBJECT = "expected a JSON object, found another JSON value"
EXPECTED = "expected 'start', 'flush', 'finish', 'keepalive'"

BAD_CLIENT_FRAMES = [
    ("", NO_JSON),
    ("{", NO_JSON),
    ("start", NO_JSON),
    ('{"type":"finish"} {"type":"finish"}', NO_JSON),
    ("{'type':'finish'}", NO_JSON),
    ('{"type":"flush","id":"\\ud800"}', NO_JSON),
    ("[" * 100_000, NO_JSON),
    ("null", NO_OBJECT),
    ("NaN", NO_OBJECT),
    ("3", NO_OBJECT),
    ('"finish"', NO_OBJECT),
    ('[{"type":"finish"}]', NO_OBJECT),
    ("{}", "expected a field 'type', found none"),
    ('{"Type":"finish"}', "expected a field 'type', found none"),
    ('{"type":"poem"}', f"unknown type 'poem', {EXPECTED}"),
    ('{"type":"Finish"}', f"unknown type 'Finish', {EXPECTED}"),
    ('{"type":"ready"}', f"unknown type 'ready', {EXPECTED}"),
    ('{"type":null}', f"unknown type 'None', {EXPECTED}"),
    ('{"type":7}', f"unknown type '7', {EXPECTED}"),
    ('{"type":["start"]}', f"unknown type \"['start']\", {EXPECTED}"),
    ('{"type":"' + "x" * 99 + '"}', f"unknown type '{'x' * 59}, {EXPECTED}"),
    ('{"type":"finish","id":"a"}', "unknown field 'finish.id'"),
    ('{"type":"start","samplerate":8000}', "unknown field 'start.samplerate'"),
    ('{"type":"start","' + "x" * 99 + '":1}', f"unknown field 'start.{'x' * 53}"),
    (
        '{"type":"start","sample_rate":"16000"}',
        "field 'start.sample_rate': input should be a valid integer",
    ),
    (
        '{"type":"start","sample_rate":16000.0}',
        "field 'start.sample_rate': input should be a valid integer",
    ),
    (
        '{"type":"start","sample_rate":null}',
        "field 'start.sample_rate': input should be a valid integer",
    ),
    ('{"type":"start","words":1}', "field 'start.words': input should be a valid boolean"),
    ('{"type":"start","language":1}', "field 'start.language': input should be a valid string"),
    ('{"type":"start","prompt":null}', "field 'start.prompt': input should be a valid string"),
    (
        '{"type":"start","hotwords":["a",1]}',
        "field 'start.hotwords.1': input should be a valid string",
    ),
    ('{"type":"start","hotwords":"a"}', "field 'start.hotwords': input should be a valid array"),
    (
        '{"type":"start","task":"sing"}',
        "field 'start.task': input should be 'transcribe' or 'translate'",
    ),
    (
        '{"type":"start","endpointing":"none"}',
        "field 'start.endpointing': input should be 'dictation' or 'captioning'",
    ),
    ('{"type":"flush","id":1}', "field 'flush.id': input should be a valid string"),
]

FINAL = Final(
    utterance=1,
    text="So.",
    start=0.5,
    end=1.25,
    language="en",
    through=20_000,
    resend_from=19_900,
    cursor="wsc_b",
)

SERVER_MESSAGES = [
    (
        '{"type":"ready","session":"s","model":"base","practice":false,"languages":["en","de"],'
        '"encodings":["s16le"],"sample_rates":[8000,48000],'
        '"limits":{"frame_bytes":4,"idle_seconds":60.0,"session_seconds":1.5},"generation":2,'
        '"cursor":"wsc_a","through":48000,"resend_from":47881}',
        Ready(
            session="s",
            model="base",
            practice=False,
            languages=("en", "de"),
            encodings=("s16le",),
            sample_rates=(8000, 48_000),
            limits=Limits(frame_bytes=4, idle_seconds=60.0, session_seconds=1.5),
            generation=2,
            cursor="wsc_a",
            through=48_000,
            resend_from=47_881,
        ),
    ),
    (
        '{"type":"speech","event":"started","utterance":1,"time":0.5}',
        Speech(event="started", utterance=1, time=0.5),
    ),
    (
        '{"type":"partial","utterance":1,"text":"So","committed":2,"start":0.5,"end":1.0,"lag":0.0}',
        Partial(utterance=1, text="So", committed=2, start=0.5, end=1.0, lag=0.0),
    ),
    (
        '{"type":"final","utterance":1,"text":"So.","start":0.5,"end":1.25,"language":"en",'
        '"through":20000,"resend_from":19900,"cursor":"wsc_b"}',
        FINAL,
    ),
    (
        '{"type":"final","utterance":1,"text":"So.","start":0.5,"end":1.25,"language":"en",'
        '"words":[{"text":" So.","start":0.5,"end":1.0,"probability":0.75}],"through":20000,'
        '"resend_from":19900,"cursor":"wsc_b"}',
        dataclasses.replace(
            FINAL, words=(TimedWord(text=" So.", start=0.5, end=1.0, probability=0.75),)
        ),
    ),
    (
        '{"type":"final","utterance":1,"text":"","start":0.5,"end":1.25,"language":"en",'
        '"words":[],"reason":"repetition","through":20000,"resend_from":19900,"cursor":"wsc_b"}',
        dataclasses.replace(FINAL, text="", words=(), reason="repetition"),
    ),
    ('{"type":"ack","through":80000,"resend_from":0}', Ack(through=80_000)),
    (
        '{"type":"ack","through":80000,"resend_from":79999,"cursor":"wsc_c"}',
        Ack(through=80_000, resend_from=79_999, cursor="wsc_c"),
    ),
    ('{"type":"flushed","id":"a"}', Flushed(id="a")),
    ('{"type":"done","duration":2.5,"utterances":1}', Done(duration=2.5, utterances=1)),
    ('{"type":"warning","code":"odd","message":"ä"}', Warn(code="odd", message="ä")),
    (
        '{"type":"error","code":"bad_audio","message":"odd","fatal":true}',
        Error(code="bad_audio", message="odd", fatal=True),
    ),
]

BAD_SERVER_FRAMES = [
    ("", NO_JSON),
    ("[]", NO_OBJECT),
    ("{}", "expected a field 'type', found none"),
    (
        '{"type":"start"}',
        "unknown type 'start', expected 'ready', 'speech', 'partial', 'final', 'ack', 'flushed',"
        " 'done', 'warning', 'error'",
    ),
    ('{"type":"ack"}', "field 'ack.through': field required"),
    (
        '{"type":"speech","event":"paused","utterance":1,"time":0.0}',
        "field 'speech.event': input should be 'started' or 'ended'",
    ),
]


@pytest.mark.parametrize(("frame", "message"), CLIENT_MESSAGES)
def test_a_client_frame_is_read(frame: str | bytes, message: ClientMessage) -> None:
    assert native.read_client(frame) == message


@pytest.mark.parametrize(("frame", "why"), BAD_CLIENT_FRAMES, ids=lambda part: part[:40])
def test_a_wrong_client_frame_is_told_what_was_found_and_expected(frame: str, why: str) -> None:
    with pytest.raises(BadMessage) as error:
        native.read_client(frame)

    assert str(error.value) == why
    assert error.value.__suppress_context__


@pytest.mark.parametrize(("frame", "message"), SERVER_MESSAGES)
def test_a_server_message_is_written_and_read(frame: str, message: ServerMessage) -> None:
    assert native.write_server(message) == frame
    assert native.read_server(frame) == message


@pytest.mark.parametrize(("frame", "why"), BAD_SERVER_FRAMES)
def test_a_wrong_server_frame_is_told_what_was_found_and_expected(frame: str, why: str) -> None:
    with pytest.raises(BadMessage) as error:
        native.read_server(frame)

    assert str(error.value) == why


def test_a_client_passes_over_fields_that_a_later_server_may_add() -> None:
    assert native.read_server('{"type":"ack","through":3,"mood":"x"}') == Ack(through=3)


@pytest.mark.parametrize(
    "message",
    [
        Start(resume="wsc_a"),
        FINAL,
        Ack(through=1, cursor="wsc_a"),
    ],
)
def test_a_cursor_does_not_show_where_a_message_is_logged(message: Start | Final | Ack) -> None:
    assert "wsc_" not in repr(message)


def test_what_is_none_is_left_out() -> None:
    assert native.write_client(Flush()) == '{"type":"flush"}'
    assert "language" not in json.loads(native.write_client(Start()))


@pytest.mark.parametrize("message", [Flushed(id=None), dataclasses.replace(FINAL, language=None)])
def test_what_is_left_out_is_read_as_none(message: ServerMessage) -> None:
    assert native.read_server(native.write_server(message)) == message


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Give values of a field by its type."""
    if hint is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        fields = {name: values(each) for name, each in get_type_hints(hint).items()}
        return st.builds(hint, **fields)
    if get_origin(hint) is UnionType:
        return st.one_of([values(each) for each in get_args(hint)])
    if get_args(hint)[1:] == (...,):
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    return st.from_type(hint)


def read(frame: str | bytes) -> ClientMessage | str:
    """Give the message in *frame*, or why there is none."""
    try:
        return native.read_client(frame)
    except BadMessage as error:
        return str(error)


@given(st.one_of([values(each) for each in get_args(ClientMessage)]))
def test_every_client_message_comes_back_as_it_was(message: ClientMessage) -> None:
    assert native.read_client(native.write_client(message)) == message


@given(st.one_of([values(each) for each in get_args(ServerMessage)]))
def test_every_server_message_comes_back_as_it_was(message: ServerMessage) -> None:
    assert native.read_server(native.write_server(message)) == message


@given(st.text() | st.binary())
def test_no_frame_gives_anything_but_a_message_or_a_short_reason(frame: str | bytes) -> None:
    found = read(frame)

    assert isinstance(found, get_args(ClientMessage)) or 0 < len(str(found)) < 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
names = st.sampled_from([field.name for field in dataclasses.fields(Start)]) | st.text(max_size=9)
types = st.sampled_from(["start", "flush", "finish", "keepalive"]) | json_values


@given(types, st.dictionaries(names, json_values, max_size=4))
def test_no_field_gives_anything_but_a_message_or_a_short_reason(
    kind: object, fields: dict[str, object]
) -> None:
    found = read(json.dumps({**fields, "type": kind}))

    if isinstance(found, str):
        assert 0 < len(found) < 200
    else:
        assert getattr(found, "type", None) == kind
