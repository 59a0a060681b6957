import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.realtime import MODEL, Client, burst, parsed, silence
from wsserver.dialects.dialect import Told
from wsserver.dialects.openai_realtime import DIALECT, RealtimeTranslator
from wsserver.errors import BadMessage
from wsserver.messages import Audio, Error, Flush, Start, Warn

SECOND = silence(1_000)


def append(sound: bytes) -> str:
    audio = base64.b64encode(sound).decode()
    return json.dumps({"type": "input_audio_buffer.append", "audio": audio})


def translator() -> RealtimeTranslator:
    made = RealtimeTranslator()
    made.meet(MODEL)
    return made


def read(made: RealtimeTranslator, *frames: str | bytes) -> list[Told]:
    return [told for frame in frames for told in made.read(frame)]


def test_the_session_is_shown_first_with_the_model_that_hears() -> None:
    client = Client("model=gpt-4o-transcribe&intent=transcription")

    (created,) = client.reads()

    assert created.type == "session.created"
    assert created.session.type == "transcription"
    assert created.session.audio.input.transcription.model == "scripted"


def test_an_update_is_answered_with_the_session_as_it_is_now() -> None:
    client = Client()

    client.sets(transcription={"model": "whisper-1", "language": "de"}, turn_detection=None)
    *_, event = client.reads()

    shown = event.session.audio.input
    assert event.type == "session.updated"
    assert shown.transcription.language == "de"
    assert shown.transcription.model == "scripted"
    assert shown.turn_detection is None


def test_the_beta_is_answered_in_its_own_shape() -> None:
    session = {"input_audio_format": "g711_ulaw", "turn_detection": None}
    frame = json.dumps({"type": "transcription_session.update", "session": session})

    (told,) = read(translator(), frame)

    answer = json.loads(str(told))
    assert answer["type"] == "transcription_session.updated"
    assert answer["session"]["input_audio_format"] == "g711_ulaw"
    assert answer["session"]["input_audio_transcription"]["model"] == "scripted"


def test_the_beta_is_told_of_items_in_its_own_way() -> None:
    client = Client()
    client.sends("session.update", session={"turn_detection": None})
    client.says(burst(1))

    client.commits()
    client.gets()

    kinds = [event.type for event in client.events]
    assert "conversation.item.created" in kinds
    assert not {"conversation.item.added", "conversation.item.done"} & {*kinds}
    assert client.transcripts == ["w1"]


def test_the_first_audio_opens_the_session() -> None:
    told = read(translator(), append(SECOND), append(SECOND))

    assert told == [Start(sample_rate=24_000), Audio(data=SECOND), Audio(data=SECOND)]


@given(st.binary(min_size=1), st.data())
def test_samples_may_be_split_anywhere(sound: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sound)), max_size=5)))
    edges = [0, *cuts, len(sound)]
    frames = [append(sound[a:b]) for a, b in pairwise(edges)]

    told = read(translator(), *frames)

    heard = [item.data for item in told if isinstance(item, Audio)]
    assert b"".join(heard) == sound[: len(sound) // 2 * 2]
    assert all(len(chunk) % 2 == 0 for chunk in heard)


@pytest.mark.parametrize(
    ("frame", "code", "param"),
    [
        ("no json", "invalid_json", None),
        ("[" * 100_000, "invalid_json", None),
        (r'{"type": "\ud800"}', "invalid_json", None),
        ("[]", "invalid_event", None),
        (b"\x00\x00", "invalid_event", None),
        ("{}", "invalid_value", "type"),
        ('{"type": ["x"]}', "invalid_value", "type"),
        ('{"type": "input_audio_buffer.flush"}', "invalid_value", "type"),
        ('{"type": "response.create"}', "unsupported_event", "type"),
        ('{"type": "conversation.item.create"}', "unsupported_event", "type"),
        ('{"type": "output_audio_buffer.clear"}', "unsupported_event", "type"),
        ('{"type": "input_audio_buffer.append"}', "invalid_value", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": 1}', "invalid_value", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": "?"}', "invalid_value", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": "ä"}', "invalid_value", "audio"),
        ('{"type": "input_audio_buffer.commit"}', "input_audio_buffer_commit_empty", None),
        ('{"type": "session.update"}', "invalid_value", "session"),
        (
            '{"type": "session.update", "session": {"instructions": "x"}}',
            "unknown_parameter",
            "session.instructions",
        ),
    ],
)
def test_what_is_wrong_is_answered_and_the_session_goes_on(
    frame: str | bytes, code: str, param: str | None
) -> None:
    made = translator()

    (told,) = read(made, frame)

    error = parsed(str(told)).error
    assert (error.type, error.code, error.param) == ("invalid_request_error", code, param)
    assert read(made, append(SECOND))[-1] == Audio(data=SECOND)


@pytest.mark.parametrize(
    ("event_id", "told"),
    [("mine", "mine"), ("x" * 512, "x" * 512), ("x" * 513, None), (7, None), (None, None)],
)
def test_an_error_names_the_event_that_it_answers(event_id: object, told: str | None) -> None:
    client = Client()

    client.sends("response.create", event_id=event_id)
    *_, event = client.reads()

    assert event.error.event_id == told


def test_a_commit_whose_name_is_too_long_is_answered_without_it() -> None:
    client = Client()
    client.says(silence(500))
    client.commits(event_id="x" * 513)

    client.gets()

    (error,) = client.of("error")
    assert error.error.code == "input_audio_buffer_commit_empty"
    assert error.error.event_id is None


def test_a_commit_needs_a_tenth_of_a_second() -> None:
    client = Client()
    client.sets(turn_detection=None)
    client.says(silence(99))
    client.commits()
    client.says(silence(1))
    client.commits()

    client.gets()

    assert [event.error.code for event in client.of("error")] == ["input_audio_buffer_commit_empty"]
    assert len(client.of("committed")) == 1


def test_a_change_behind_the_first_audio_is_refused_and_nothing_else_changes() -> None:
    client = Client()
    client.says(burst(1))

    client.sets(transcription={"language": "de"}, turn_detection=None)
    client.sets(turn_detection=None)
    client.gets()

    (error,) = client.of("error")
    (updated,) = client.of("session.updated")
    assert error.error.code == "session_in_progress"
    assert error.error.param == "session.audio.input.transcription"
    assert updated.session.audio.input.transcription.language is None


def test_a_clear_with_nothing_to_clear_is_answered_alone() -> None:
    made = translator()

    (told,) = read(made, '{"type": "input_audio_buffer.clear"}')

    assert parsed(str(told)).type == "input_audio_buffer.cleared"


def test_a_clear_cuts_the_session() -> None:
    made = translator()

    *_, told, flush = read(made, append(SECOND), '{"type": "input_audio_buffer.clear"}')

    assert parsed(str(told)).type == "input_audio_buffer.cleared"
    assert flush == Flush()


@pytest.mark.parametrize(
    ("code", "kind"),
    [("limit_reached", "invalid_request_error"), ("shutting_down", "server_error")],
)
def test_what_ends_the_session_is_an_error(code: str, kind: str) -> None:
    (told,) = translator().write(Error(code=code, message="it ends", fatal=True))

    error = parsed(told).error
    assert (error.type, error.code, error.message) == (kind, code, "it ends")


def test_warnings_are_not_told() -> None:
    assert translator().write(Warn(code="x", message="y")) == []


@pytest.mark.parametrize("query", ["", "model=anything", "intent=transcription&model=x&x=y"])
def test_any_model_is_tolerated(query: str) -> None:
    assert DIALECT.open(query)


def test_another_intent_is_refused() -> None:
    with pytest.raises(BadMessage, match="expected 'transcription'"):
        DIALECT.open("intent=translation")


@pytest.mark.parametrize(
    ("offered", "key"),
    [
        (["realtime", "openai-insecure-api-key.abc", "openai-beta.realtime-v1"], "abc"),
        (["realtime"], None),
        ([], None),
    ],
)
def test_a_browser_puts_the_token_among_the_subprotocols(
    offered: list[str], key: str | None
) -> None:
    assert DIALECT.key(offered) == key


@pytest.mark.parametrize(
    ("status", "kind"), [(401, "invalid_request_error"), (503, "server_error")]
)
def test_a_refusal_has_the_shape_of_their_errors(status: int, kind: str) -> None:
    body: Any = DIALECT.refusal(status, "code", "message")

    assert body == {"error": {"message": "message", "type": kind, "param": None, "code": "code"}}


FIELDS = (
    "type",
    "audio",
    "input",
    "format",
    "rate",
    "transcription",
    "language",
    "languages",
    "keywords",
    "prompt",
    "turn_detection",
    "silence_duration_ms",
    "input_audio_format",
    "input_audio_transcription",
    "include",
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(("transcription", "audio/pcm", "server_vad", "pcm16", "en"))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FIELDS), inner),
    max_leaves=12,
)


@given(kind=st.sampled_from(("session.update", "transcription_session.update")), session=VALUES)
def test_whatever_is_asked_for_is_answered_once_and_the_session_can_be_opened(
    kind: str, session: object
) -> None:
    client = Client()
    client.reads()

    client.sends(kind, session=session, event_id=session)
    (answer,) = client.waiting
    client.waiting.clear()
    client.says(burst(1))
    client.gets()

    assert json.loads(str(answer))["type"] in (f"{kind}d", "error")
    assert str(answer).isascii()
    assert not client.of("error")
