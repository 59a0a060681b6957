"""A session that is resumed says exactly what it would have said without the break."""

from dataclasses import replace
from functools import cache
from random import Random

import pytest

from tests.session.conftest import build_session
from tests.session.spoken import INFO, Dictation, Recording, Vault, record, steady, varied
from wsserver import messages
from wsserver.errors import BadCursor, BadMessage, UnsupportedFormat
from wsserver.session.actions import Hold, Send
from wsserver.session.cursor import Cursor, Resumption, opening_cursor
from wsserver.speech import EngineInfo

ROUNDS = 2
"""How often all samples are spoken: more than three minutes with their pauses."""

Marked = messages.Ready | messages.Final | messages.Ack
FORMATS = {
    "16 kHz": messages.Start(words=True),
    "44.1 kHz stereo": messages.Start(sample_rate=44_100, channels=2, prompt="Onega."),
    "8 kHz mulaw": messages.Start(sample_rate=8_000, encoding="mulaw", language="en"),
    "48 kHz float": messages.Start(sample_rate=48_000, encoding="f32le", endpointing="captioning"),
    "odd rate": messages.Start(sample_rate=12_345, partials=False),
}


@cache
def undisturbed(name: str) -> tuple[Recording, Dictation]:
    recording = record(FORMATS[name], rounds=ROUNDS, flushes=12)
    whole = Dictation(Vault())
    ready = whole.begin(recording.start)
    whole.speak(recording, ready, steady(recording.start.sample_rate // 10), None)
    return recording, whole


def resume(
    cursor: str | None, recording: Recording, vault: Vault, seed: int, most: int | None = None
) -> Dictation:
    resumed = Dictation(vault)
    ready = resumed.begin(messages.Start(resume=cursor))
    resumed.speak(recording, ready, varied(seed, recording.start.sample_rate), most)
    return resumed


@pytest.mark.parametrize("name", FORMATS)
def test_the_dictation_is_worth_the_trouble(name: str) -> None:
    recording, whole = undisturbed(name)

    finals = [m for m in whole.covered if isinstance(m, messages.Final)]
    cursors = whole.cursors_after(0)
    assert recording.length / recording.start.sample_rate > 180
    assert len(finals) > 25
    assert any(isinstance(m, messages.Ack) for m in whole.covered)
    assert {final.reason for final in finals} == {None, "repetition"}
    assert len({cursor.stance.place.mark for cursor in cursors}) > 10
    assert {cursor.stance.in_speech for cursor in cursors} == {True, False}


@pytest.mark.parametrize("name", FORMATS)
def test_from_every_cursor_the_next_ones_are_the_same(name: str) -> None:
    recording, whole = undisturbed(name)

    for count, message in enumerate(whole.covered, 1):
        resumed = resume(message.cursor, recording, whole.vault, seed=count, most=2)

        cursors = resumed.cursors_after(0)
        assert resumed.after(0)[: len(cursors)] == whole.after(count)[: len(cursors)]
        assert cursors == whole.cursors_after(count)[: len(cursors)]


@pytest.mark.parametrize("name", FORMATS)
def test_all_that_follows_is_the_same(name: str) -> None:
    recording, whole = undisturbed(name)
    count = 2 * len(whole.covered) // 3

    resumed = resume(whole.covered[count - 1].cursor, recording, whole.vault, seed=7)

    assert resumed.after(0) == whole.after(count)


@pytest.mark.parametrize("name", FORMATS)
def test_a_line_that_breaks_all_the_time_changes_nothing(name: str) -> None:
    recording, whole = undisturbed(name)
    chance, said, links = Random(name), list[messages.ServerMessage](), 0
    cursor = Dictation(whole.vault).begin(recording.start).cursor

    while not any(isinstance(m, messages.Done) for m in said):
        links += 1
        link = resume(cursor, recording, whole.vault, seed=links, most=chance.randint(0, 4))
        said += link.after(0)
        cursor = [m.cursor for m in link.said if isinstance(m, Marked)][-1]

    assert said == whole.after(0)
    assert links > 15
    assert whole.vault.kept[str(cursor)].generation == links + 1


@pytest.mark.parametrize("name", FORMATS)
def test_little_has_to_be_sent_again_and_never_less_than_before(name: str) -> None:
    recording, whole = undisturbed(name)

    resent = [m.resend_from for m in whole.covered]
    through = [m.through for m in whole.covered]

    slack = 0 if recording.start.sample_rate == 16_000 else 0.006 * recording.start.sample_rate
    assert resent == sorted(resent)
    assert through == sorted(through)
    assert through[-1] == recording.length
    assert all(0 <= b - a <= slack for a, b in zip(resent, through, strict=True))


def test_ready_says_where_the_session_goes_on() -> None:
    _, whole = undisturbed("44.1 kHz stereo")
    last = whole.covered[7]

    ready = Dictation(whole.vault).begin(messages.Start(resume=last.cursor))

    assert (ready.session, ready.generation) == ("s", 2)
    assert (ready.through, ready.resend_from) == (last.through, last.resend_from)
    assert replace(whole.vault.kept[str(ready.cursor)], generation=1) == whole.cursors_after(7)[0]


def test_a_new_session_can_be_resumed_from_its_beginning() -> None:
    vault = Vault()
    ready = Dictation(vault).begin(messages.Start(sample_rate=8_000))

    again = Dictation(vault).begin(messages.Start(resume=ready.cursor))

    assert (ready.generation, ready.through, ready.resend_from) == (1, 0, 0)
    assert (again.generation, again.through, again.resend_from) == (2, 0, 0)


def test_the_session_is_held_before_anything_is_said() -> None:
    vault = Vault()
    ready = Dictation(vault).begin(messages.Start())
    actions = Dictation(vault).session.receive(messages.Start(resume=ready.cursor))

    assert actions[0] == Hold("s", 2)
    assert isinstance(actions[1], Send)


@pytest.mark.parametrize(
    "start",
    [
        messages.Start(resume="cursor 0", language="en"),
        messages.Start(resume="cursor 0", sample_rate=8_000),
        messages.Start(resume="cursor 0", partials=False),
    ],
)
def test_a_session_goes_on_as_it_was_declared(start: messages.Start) -> None:
    vault = Vault()
    Dictation(vault).begin(messages.Start())

    with pytest.raises(BadMessage, match="found other fields beside 'resume', expected it alone"):
        Dictation(vault).session.receive(start)


def test_without_a_seal_nothing_can_be_resumed() -> None:
    session = build_session()

    with pytest.raises(BadCursor, match="found a cursor where no session can be resumed"):
        session.receive(messages.Start(resume="cursor 0"))


def test_a_refused_cursor_leaves_the_session_as_it_was() -> None:
    def refuse(_: str) -> Cursor:
        raise BadCursor("no")

    dictation = Dictation(Vault())
    dictation.vault.kept["gone"] = Cursor(
        session="s", generation=1, start=messages.Start(language="fr"), model="scripted"
    )

    with pytest.raises(UnsupportedFormat):
        dictation.session.receive(messages.Start(resume="gone"))
    with pytest.raises(BadCursor):
        opening_cursor(messages.Start(resume="x"), Resumption(str, refuse))
    assert dictation.begin(messages.Start()).generation == 1


def test_whoever_came_with_a_cursor_can_only_resume() -> None:
    vault = Vault()
    resumption = replace(vault.resumption(), is_required=True)

    with pytest.raises(BadCursor, match="found a new session"):
        opening_cursor(messages.Start(), resumption)


def test_another_model_goes_on_and_says_so() -> None:
    recording, whole = undisturbed("16 kHz")
    other = Dictation(whole.vault, EngineInfo("other", ("en",), "cpu", "fp32"))

    ready = other.begin(messages.Start(resume=whole.covered[-2].cursor))
    other.speak(recording, ready, steady(1_600), None)

    (warning,) = (m for m in other.said if isinstance(m, messages.Warn))
    kept = whole.vault.kept[str(ready.cursor)]
    assert warning.code == "model_changed"
    assert warning.message == "found a session of model 'scripted', goes on with 'other'"
    # It was German that was heard, and the tokens were those of another vocabulary.
    assert (kept.model, kept.transcript.language, kept.transcript.carry) == ("other", None, ())


def test_the_same_model_says_nothing_of_it() -> None:
    _, whole = undisturbed("16 kHz")
    resumed = Dictation(whole.vault, INFO)

    resumed.begin(messages.Start(resume=whole.covered[5].cursor))

    assert not any(isinstance(m, messages.Warn) for m in resumed.said)
