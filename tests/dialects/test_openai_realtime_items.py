from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.realtime import Client, burst, silence
from tests.session.conftest import LIMITS
from wsserver.audio.resampler import Resampler
from wsserver.dialects.openai_realtime_items import Items
from wsserver.messages import Error, Final, Flushed, Partial, Ready, ServerMessage, Speech

PAUSE = silence(1_200)
READY = Ready(
    session="0123456789abcdef",
    model="scripted",
    practice=False,
    languages=("en",),
    encodings=("s16le",),
    sample_rates=(8_000, 48_000),
    limits=LIMITS,
)


@given(
    rate=st.sampled_from((8_000, 11_025, 16_000, 24_000, 44_100, 48_000)),
    stretches=st.lists(st.lists(st.integers(0, 700), max_size=3), max_size=8),
)
def test_a_stretch_begins_where_a_flush_cuts_the_session(
    rate: int, stretches: list[list[int]]
) -> None:
    resampler, items, position = Resampler(rate), Items(rate, by_voice=False), 0
    for pushes in stretches:
        for samples in pushes:
            position += len(resampler.push(np.zeros(samples, np.float32)))
            items.hear(samples)
        position += len(resampler.flush())
        items.commit()

    assert items._latest.begin == position


def test_voice_makes_an_item_of_every_utterance() -> None:
    client = Client()
    client.says(PAUSE, burst(1), silence(200), burst(2), PAUSE, burst(3), PAUSE)

    client.gets()

    first, second = client.of("committed")
    assert client.transcripts == ["w1 w2", "w3"]
    assert first.previous_item_id is None
    assert second.previous_item_id == first.item_id


def test_an_item_is_told_of_in_this_order() -> None:
    client = Client()
    client.says(PAUSE, burst(1), PAUSE)

    client.gets()

    assert [event.type for event in client.events] == [
        "session.created",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
    ]


def test_times_count_from_the_beginning_of_the_session() -> None:
    client = Client()
    client.says(PAUSE, burst(1), PAUSE, burst(2, 640), PAUSE)

    client.gets()

    starts = [event.audio_start_ms for event in client.of("speech_started")]
    ends = [event.audio_end_ms for event in client.of("speech_stopped")]
    seconds = [event.usage.seconds for event in client.of("completed")]
    assert starts == pytest.approx([1_200, 2_800], abs=64)
    assert ends == pytest.approx([1_600 + 350, 3_440 + 350], abs=64)
    assert seconds == pytest.approx([0.4 + 0.7, 0.64 + 0.7], abs=0.064)


def test_a_client_that_ends_items_itself_gets_one_for_several_utterances() -> None:
    client = Client()
    client.sets(turn_detection=None)
    client.says(burst(1), PAUSE, burst(2), PAUSE, burst(3))
    client.gets()
    before = len(client.of(".delta"))

    client.commits()
    client.gets()

    (item,) = client.of("committed")
    assert before == 2
    assert client.transcripts == ["w1 w2 w3"]
    assert "".join(client.deltas(item.item_id)) == "w1 w2 w3"
    assert client.of("completed")[0].usage.seconds == pytest.approx(3.6)
    assert not client.of("speech_started") + client.of("speech_stopped")


def test_an_item_without_speech_has_an_empty_transcript() -> None:
    client = Client()
    client.sets(turn_detection=None)
    client.says(PAUSE)

    client.commits()
    client.gets()

    assert client.transcripts == [""]


def test_a_commit_is_told_before_the_engine_is_through() -> None:
    client = Client()
    client.sets(turn_detection=None)
    client.says(burst(1))

    client.commits()
    client.reads()

    assert len(client.of("committed")) == len(client.of("item.added")) == 1
    assert client.transcripts == []


def test_a_commit_while_voice_ends_items_ends_the_one_that_goes_on() -> None:
    client = Client()
    client.says(burst(1), PAUSE, burst(2))
    client.gets()

    client.commits()
    client.gets()

    assert client.transcripts == ["w1", "w2"]
    assert not client.of("error")


def test_a_commit_of_no_speech_is_answered_behind_the_finals() -> None:
    client = Client()
    client.says(burst(1), PAUSE)
    client.gets()

    client.says(silence(300))
    client.commits(event_id="mine")
    (error,) = client.gets()

    assert error.error.code == "input_audio_buffer_commit_empty"
    assert error.error.event_id == "mine"
    assert client.transcripts == ["w1"]


@pytest.mark.parametrize("by_voice", [True, False])
def test_clear_throws_away_what_is_not_committed(by_voice: bool) -> None:
    client = Client()
    if not by_voice:
        client.sets(turn_detection=None)
    client.says(burst(1), PAUSE)
    if not by_voice:
        client.commits()
    client.says(burst(2))
    client.reads()

    client.sends("input_audio_buffer.clear")
    client.says(burst(3))
    client.commits()
    client.gets()

    assert client.transcripts == ["w1", "w3"]
    assert len(client.of("committed")) == 2
    assert [event.type for event in client.of("cleared")] == ["input_audio_buffer.cleared"]


def test_clear_takes_what_voice_has_ended_while_nobody_was_told() -> None:
    client = Client()
    client.says(burst(1), PAUSE)

    client.sends("input_audio_buffer.clear")
    client.gets()

    assert [event.type for event in client.events] == [
        "session.created",
        "input_audio_buffer.cleared",
    ]


def test_clear_leaves_what_is_committed_and_waits_for_its_final() -> None:
    client = Client()
    client.says(burst(1), PAUSE)
    client.reads()

    client.sends("input_audio_buffer.clear")
    client.gets()

    assert client.transcripts == ["w1"]


def test_who_ends_items_can_change_while_somebody_speaks() -> None:
    client = Client()
    client.says(burst(1))
    client.sets(turn_detection=None)
    client.says(burst(2), PAUSE, burst(3))
    client.sets(turn_detection={"type": "server_vad"})
    client.says(burst(4), PAUSE, burst(5), PAUSE)

    client.gets()

    previous = [event.previous_item_id for event in client.of("committed")]
    items = [event.item_id for event in client.of("committed")]
    assert client.transcripts == ["w1", "w2 w3", "w4", "w5"]
    assert previous == [None, *items[:-1]]


class Speaker:
    """Does things in any order and knows which words have to come back."""

    def __init__(self, *, by_voice: bool) -> None:
        self.client = Client()
        self.wanted: list[str] = []
        self._held: list[str] = []
        self._by_voice = not by_voice
        self._count = 0
        self.turn()

    def word(self) -> None:
        self._count += 1
        self.client.says(silence(100), burst(self._count))
        self._held.append(f"w{self._count}")

    def pause(self) -> None:
        self.client.says(PAUSE)

    def commit(self) -> None:
        self.client.commits()
        self._keep()

    def clear(self) -> None:
        if not self._by_voice:  # by voice it would depend on what was told in time
            self.client.sends("input_audio_buffer.clear")
            self._held = []

    def turn(self) -> None:
        self._by_voice = not self._by_voice
        self.client.sets(turn_detection={"type": "server_vad"} if self._by_voice else None)
        self._keep()

    def hear(self) -> None:
        self.client.is_heard(1)

    def read(self) -> None:
        self.client.reads(2)

    def _keep(self) -> None:
        self.wanted, self._held = [*self.wanted, *self._held], []


WAYS = (
    Speaker.word,
    Speaker.pause,
    Speaker.commit,
    Speaker.clear,
    Speaker.turn,
    Speaker.hear,
    Speaker.read,
)


@given(steps=st.lists(st.sampled_from(WAYS), max_size=24), by_voice=st.booleans())
def test_every_word_that_is_not_cleared_is_told_once_and_in_order(
    steps: list[Callable[[Speaker], None]], by_voice: bool
) -> None:
    speaker = Speaker(by_voice=by_voice)
    client = speaker.client
    for step in (*steps, Speaker.commit):
        step(speaker)
    while client.windows or client.waiting:
        client.gets()

    assert " ".join(filter(None, client.transcripts)).split() == speaker.wanted
    check_order(client)


def check_order(client: Client) -> None:
    """Every item is committed, then completed, once; its deltas are its transcript."""
    committed = [event.item_id for event in client.of("committed")]
    completed = [event.item_id for event in client.of("transcription.completed")]
    previous = [event.previous_item_id for event in client.of("committed")]
    assert committed == completed
    assert previous == [None, *committed][: len(previous)]
    for item, transcript in zip(completed, client.transcripts, strict=True):
        assert "".join(client.deltas(item)) == transcript


def partial(text: str, committed: str, utterance: int = 1) -> Partial:
    length = len(committed)
    return Partial(utterance=utterance, text=text, committed=length, start=0, end=1, lag=0)


def final(text: str, utterance: int = 1, reason: str | None = None) -> Final:
    return Final(utterance=utterance, text=text, start=0.0, end=1.0, reason=reason, through=16_000)


def speech(event: str, utterance: int = 1) -> Speech:
    return Speech(event="started" if event == "started" else "ended", utterance=utterance, time=0)


def told(items: Items, *messages: ServerMessage) -> Iterator[dict[str, object]]:
    for message in messages:
        yield from (dict(event) for event in items.follow(message))


def test_only_committed_words_are_told_and_a_revision_is_left_to_the_transcript() -> None:
    items = Items(24_000, by_voice=True)
    events = [
        *told(
            items,
            speech("started"),
            partial("He put the", "He"),
            partial("He put the latter", "He put the"),
            partial("He put the latter", "He put the"),
            speech("ended"),
            final("She put the ladder away."),
        )
    ]

    assert [event["delta"] for event in events if "delta" in event] == [
        "He",
        " put the",
        " ladder away.",
    ]
    assert events[-1]["transcript"] == "She put the ladder away."


def test_what_no_engine_can_make_has_failed() -> None:
    items = Items(24_000, by_voice=True)
    events = [
        *told(
            items,
            speech("started"),
            speech("ended"),
            final("", reason="unrecognizable"),
        )
    ]

    assert str(events[-1]["type"]).endswith("transcription.failed")


def test_an_item_with_a_gap_is_completed_behind_an_error() -> None:
    items = Items(24_000, by_voice=False)
    items.hear(24_000)
    items.commit()
    events = [
        *told(
            items,
            speech("started", 1),
            final("Hello.", 1),
            speech("started", 2),
            final("", 2, "unrecognizable"),
            Flushed(),
        )
    ]

    kinds = [event["type"] for event in events]
    assert "error" in kinds
    assert events[-1]["transcript"] == "Hello."


@pytest.mark.parametrize(("finals", "end"), [([final("Hello.")], "completed"), ([], "failed")])
def test_a_session_that_ends_tells_what_becomes_of_every_item(
    finals: list[Final], end: str
) -> None:
    items = Items(24_000, by_voice=False)
    items.hear(24_000)
    fatal = Error(code="engine_lost", message="the engine is lost", fatal=True)
    if not finals:
        items.commit()

    events = [*told(items, READY, speech("started"), *finals, fatal)]

    assert str(events[-1]["type"]).endswith(f"transcription.{end}")


@pytest.mark.parametrize("is_committed", [True, False])
def test_an_utterance_without_a_final_has_failed_if_it_was_committed(is_committed: bool) -> None:
    items = Items(24_000, by_voice=True)
    ended = (speech("ended"),) if is_committed else ()
    fatal = Error(code="engine_lost", message="the engine is lost", fatal=True)

    events = [*told(items, speech("started"), *ended, fatal)]

    assert str(events[-1]["type"]).endswith("failed") is is_committed
