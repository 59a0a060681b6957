"""A session that is wound down ends where it is cut anyway, and is resumed without a trace."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.session.conftest import LevelVoice
from tests.session.spoken import INFO, SETTINGS, Recording, Vault, hear, steady, varied
from wsserver import messages
from wsserver.errors import BadAudio, EngineError, ShuttingDown
from wsserver.session.actions import Action, Close, Recognize, Send
from wsserver.session.dialog import Session
from wsserver.session.setting import Setting
from wsserver.speech import SAMPLE_RATE

STOP = ShuttingDown("so long")


class Talk:
    """A session that hears from the level alone, and all that it did."""

    def __init__(self, vault: Vault, start: messages.Start) -> None:
        setting = Setting("s", INFO, LevelVoice(), SETTINGS, resumption=vault.resumption())
        self.session = Session(setting)
        self.actions: list[Action] = []
        self.follow(self.session.receive(start))

    @property
    def said(self) -> list[messages.ServerMessage]:
        return [action.message for action in self.actions if isinstance(action, Send)]

    @property
    def ready(self) -> messages.Ready:
        (ready,) = (message for message in self.said if isinstance(message, messages.Ready))
        return ready

    @property
    def codes(self) -> list[str]:
        """Warnings, then the error and the close."""
        told = [m.code for m in self.said if isinstance(m, messages.Warn | messages.Error)]
        return [*told, *(str(action.code) for action in self.actions if isinstance(action, Close))]

    @property
    def cursor(self) -> str | None:
        marked = messages.Ready | messages.Final | messages.Ack
        return [m.cursor for m in self.said if isinstance(m, marked)][-1]

    @property
    def outcome(self) -> list[messages.Final | messages.Done]:
        """Give what the speaker is owed, without what differs from one connection to the next."""
        owed = (m for m in self.said if isinstance(m, messages.Final | messages.Done))
        return [replace(m, cursor=None) if isinstance(m, messages.Final) else m for m in owed]

    def follow(self, actions: list[Action]) -> None:
        for action in actions:
            self.actions.append(action)
            if isinstance(action, Recognize):
                self.follow(self.session.settle(action.window, hear(action.window)))

    def say(self, *said: messages.ClientMessage) -> "Talk":
        for message in said:
            self.follow(self.session.receive(message))
        return self

    def wind_down(self) -> "Talk":
        self.follow(self.session.wind_down(STOP))
        return self


def loud(seconds: float) -> messages.Audio:
    return messages.Audio(data=np.full(round(seconds * SAMPLE_RATE), 8_000, "<i2").tobytes())


def quiet(seconds: float) -> messages.Audio:
    return messages.Audio(data=bytes(2 * round(seconds * SAMPLE_RATE)))


def opened(vault: Vault | None = None) -> Talk:
    return Talk(vault or Vault(), messages.Start(partials=False))


def finals(talk: Talk) -> list[float]:
    """Give where they end."""
    return [m.end for m in talk.said if isinstance(m, messages.Final)]


@pytest.mark.parametrize(
    "said",
    [[], [quiet(1)], [loud(1), quiet(1)], [loud(1), messages.Flush()], [loud(0.05), quiet(1)]],
)
def test_where_nobody_speaks_it_ends_at_once(said: list[messages.ClientMessage]) -> None:
    talk = opened().say(*said, messages.Keepalive())
    before = talk.outcome

    talk.wind_down()

    assert talk.codes == ["shutting_down", "1012"]
    assert talk.outcome == before
    assert talk.session.is_ending


def test_before_it_is_open_it_ends_at_once() -> None:
    session = Session(Setting("s", INFO, LevelVoice(), SETTINGS))

    actions = session.wind_down(STOP)

    assert actions[-1] == Close(1012, "shutting_down")
    assert session.is_ending


@pytest.mark.parametrize(
    "said",
    [
        [loud(1)],
        [loud(1), quiet(0.6)],
        [loud(0.05)],
        [loud(1), messages.Flush(), loud(0.1)],
    ],
)
def test_whoever_speaks_is_told_and_heard_out(said: list[messages.ClientMessage]) -> None:
    talk = opened().say(*said)
    before = finals(talk)

    talk.wind_down().say(loud(1))

    assert talk.codes == ["server_stopping"]
    assert finals(talk) == before
    assert not talk.session.is_ending


def test_the_next_pause_is_the_end_and_what_is_behind_it_was_never_heard() -> None:
    peace = opened().say(loud(2), quiet(0.8))
    talk = opened().say(loud(1)).wind_down()
    pcm = b"".join(m.data for m in (loud(1), quiet(0.8), loud(9), quiet(9)))

    talk.say(messages.Audio(data=pcm), loud(9), quiet(9), messages.Flush())

    assert talk.codes == ["server_stopping", "shutting_down", "1012"]
    assert talk.outcome == peace.outcome
    assert sum(isinstance(m, messages.Speech) for m in talk.said) == 2


def test_what_turns_out_to_be_a_click_ends_it_as_well() -> None:
    talk = opened().say(loud(0.05)).wind_down()

    talk.say(quiet(0.1))

    assert talk.codes == ["server_stopping", "shutting_down", "1012"]
    assert talk.outcome == []


def test_speech_without_a_pause_is_cut_where_it_always_is() -> None:
    peace = opened().say(loud(40))
    talk = opened().say(loud(1)).wind_down()

    talk.say(loud(39))

    assert talk.codes[-1] == "1012"
    assert talk.outcome == peace.outcome != []


def test_a_flush_is_answered_and_is_the_end() -> None:
    talk = opened().say(loud(1)).wind_down().say(messages.Flush(id="here"), loud(1))

    assert finals(talk) == [1.0]
    assert [m.type for m in talk.said][-3:] == ["final", "flushed", "error"]


def test_a_finish_is_done_as_ever() -> None:
    talk = opened().say(loud(1)).wind_down().say(messages.Finish()).wind_down()

    assert talk.codes == ["server_stopping", "1000"]
    assert finals(talk) == [1.0]


def test_who_speaks_for_too_long_is_cut_by_order() -> None:
    talk = opened().say(loud(1)).wind_down().say(loud(1))

    talk.follow(talk.session.end(STOP))

    assert talk.codes == ["server_stopping", "shutting_down", "1012"]
    assert finals(talk) == [2.0]


def test_a_broken_engine_waits_for_no_pause() -> None:
    talk = opened().say(loud(1)).wind_down()

    talk.follow(talk.session.end(EngineError("broken")))

    assert talk.codes == ["server_stopping", "engine_error", "1011"]


def test_half_a_sample_changes_nothing() -> None:
    talk = opened().say(loud(1)).wind_down()

    with pytest.raises(BadAudio):
        talk.session.receive(messages.Audio(data=b"x"))

    assert talk.say(quiet(1)).codes == ["server_stopping", "shutting_down", "1012"]


def test_nothing_is_wound_down_twice() -> None:
    talk = opened().say(loud(1), quiet(1)).wind_down().wind_down()

    assert talk.codes == ["shutting_down", "1012"]


STRETCHES = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.02, 0.05, 0.1, 0.3, 0.5, 0.8, 2.0, 6.0, 31.0])),
    min_size=1,
    max_size=12,
)
STARTS = st.sampled_from(
    [
        messages.Start(words=True),
        messages.Start(sample_rate=8_000, encoding="mulaw", partials=False),
        messages.Start(sample_rate=44_100, endpointing="captioning"),
    ]
)


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Draw a dictation, loud and quiet by turns, with flushes anywhere."""
    start = draw(STARTS)
    samples = [
        np.full(round(seconds * start.sample_rate), 8_000 if is_loud else 0, "<i2")
        for is_loud, seconds in draw(STRETCHES)
    ]
    whole = np.concatenate(samples)
    data = whole.tobytes()
    if start.encoding == "mulaw":
        data = np.where(whole > 0, 0x9F, 0xFF).astype(np.uint8).tobytes()
    flushes = draw(st.lists(st.integers(1, len(whole)), max_size=3, unique=True))
    return Recording(start, data, tuple(sorted(flushes)))


@given(recordings(), st.integers(0, 2**32), st.data())
def test_what_came_before_and_what_comes_after_is_what_would_have_been(
    recording: Recording, seed: int, data: st.DataObject
) -> None:
    vault, most = Vault(), recording.start.sample_rate
    peace = Talk(Vault(), recording.start)
    peace.say(*recording.messages(0, 0, steady(most // 10)))
    stopped = Talk(vault, recording.start)
    script = list(recording.messages(0, 0, varied(seed, most)))
    moment = data.draw(st.integers(0, len(script) - 1), "the moment of winding down")

    stopped.say(*script[:moment]).wind_down().say(*script[moment:])

    said = stopped.outcome
    if not isinstance(said[-1] if said else None, messages.Done):
        resumed = Talk(vault, messages.Start(resume=stopped.cursor))
        ready = resumed.ready
        resumed.say(*recording.messages(ready.resend_from, ready.through, varied(seed + 1, most)))
        said = said + resumed.outcome
    event("told to wait" if "server_stopping" in stopped.codes else "ended at once")
    assert said == peace.outcome
    assert stopped.codes[-1] in ("1012", "1000")
