"""The items of one Realtime connection: which utterances each is made of, and what is told of it.

Knows stretches of audio and messages; knows nothing of JSON or of how a client asks.

Audio is a row of stretches: a commit, a clear, or a change of who ends items closes one and begins
the next, and a flush cuts the session there, so that no utterance lies in two of them.  Where voice
cuts a stretch every utterance is an item, elsewhere all of them are one.  Items are told of only
where messages are written, so their order is that of the messages.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from wsserver.dialects import openai_realtime_events as events
from wsserver.dialects.growing_text import rest
from wsserver.dialects.openai_realtime_events import Event
from wsserver.messages import Error, Final, Flushed, Partial, Ready, ServerMessage, Speech

UNRECOGNIZABLE = "unrecognizable"
"""The `reason` of a final that no engine could make."""

_INDEX_RATE = 16_000  # the session's own clock


@dataclass(slots=True, eq=False)
class Item:
    """What becomes one transcript."""

    id: str
    seconds: float = 0.0
    is_committed: bool = False
    has_failed: bool = False
    _finals: list[str] = field(default_factory=list)
    _told: str = ""
    """The deltas of the utterance that goes on."""

    _has_told: bool = False
    """True if there were others before it."""

    @property
    def transcript(self) -> str:
        """Give the text of all finals."""
        return " ".join(self._finals)

    def grow(self, text: str) -> Iterator[Event]:
        """Take what stands of the utterance that goes on, and tell what is new of it."""
        new = rest(self._told, text)
        is_next = self._has_told and not self._told
        self._told += new
        if new:
            yield events.delta(self.id, f" {new}" if is_next else new)

    def settle(self, final: Final) -> Iterator[Event]:
        """Take the final of the utterance that goes on, and tell what is new of it."""
        yield from self.grow(final.text)
        self._has_told, self._told = self._has_told or bool(self._told), ""
        if final.text:
            self._finals.append(final.text)
        self.has_failed = self.has_failed or final.reason == UNRECOGNIZABLE


@dataclass(slots=True, eq=False)
class _Stretch:
    """Audio that the client has not divided."""

    begin: int
    """Sample index at 16 kHz."""

    by_voice: bool
    samples: int = 0
    """Of the client."""

    item: Item | None = None
    """The one of all its utterances, unless voice cuts them."""

    is_cleared: bool = False
    is_asked_for: bool = False
    """The client has committed it."""

    is_answered: bool = False
    """Voice has, since the client asked."""

    event_id: str | None = None
    """What the client calls its commit."""


@dataclass(frozen=True, slots=True, eq=False)
class _Utterance:
    stretch: _Stretch
    item: Item

    @property
    def is_dropped(self) -> bool:
        return self.stretch.is_cleared and not self.item.is_committed


class Items:
    """All items of a connection."""

    def __init__(self, rate: int, *, by_voice: bool, as_beta: bool = False) -> None:
        """Begin with audio of *rate* samples a second, which is cut *by_voice* or by the client."""
        self._rate = rate
        self._as_beta = as_beta
        self._session = ""
        self._count = 0
        self._previous: str | None = None
        """The item that was committed last."""

        self._latest = _Stretch(0, by_voice)
        self._stretches = deque([self._latest])
        """All whose finals are still to come, in order."""

        self._utterances: dict[int, _Utterance] = {}

    @property
    def held_seconds(self) -> float:
        """Give the length of the audio that the client has not divided."""
        return self._latest.samples / self._rate

    def hear(self, samples: int) -> None:
        """Count *samples* of the client."""
        self._latest.samples += samples

    def commit(self, event_id: str | None = None) -> None:
        """End the stretch as the client asks in *event_id*; the session has to be flushed."""
        self._latest.is_asked_for, self._latest.event_id = True, event_id
        self._divide(by_voice=self._latest.by_voice)

    def clear(self) -> None:
        """Forget what is not committed; the session has to be flushed."""
        self._latest.is_cleared = True
        self._divide(by_voice=self._latest.by_voice)

    def cut_by(self, *, voice: bool) -> None:
        """Change who ends items, and end the one that goes on; the session has to be flushed."""
        self._latest.is_asked_for = not self._latest.by_voice and self._latest.samples > 0
        self._divide(by_voice=voice)

    def follow(self, message: ServerMessage) -> Iterator[Event]:
        """Tell what *message* means for the items."""
        match message:
            case Ready(session=session):
                self._session = session[:12]
            case Speech(event="started"):
                yield from self._begin(message)
            case Speech() if spoken := self._wanted(message.utterance):
                yield from self._end(spoken, message)
            case Partial(text=text, committed=length) if spoken := self._wanted(message.utterance):
                yield from spoken.item.grow(text[:length])
            case Final() if spoken := self._wanted(message.utterance):
                yield from self._finalize(spoken, message)
            case Flushed():
                yield from self._conclude(self._stretches.popleft())
            case Error(fatal=True):
                yield from self._give_up(message)
        yield from self._commit_asked()

    def _divide(self, *, by_voice: bool) -> None:
        """Begin the next stretch where a flush cuts the session: at a whole sample of its clock."""
        closed = self._latest
        begin = closed.begin - (-closed.samples * _INDEX_RATE // self._rate)
        self._latest = _Stretch(begin, by_voice)
        self._stretches.append(self._latest)

    def _wanted(self, utterance: int) -> _Utterance | None:
        spoken = self._utterances.get(utterance)
        return None if spoken is None or spoken.is_dropped else spoken

    def _begin(self, message: Speech) -> Iterator[Event]:
        at = round(message.time * _INDEX_RATE)
        stretch = next(one for one in reversed(self._stretches) if one.begin <= at)
        item = self._new() if stretch.by_voice else self._whole(stretch)
        self._utterances[message.utterance] = spoken = _Utterance(stretch, item)
        if stretch.by_voice and not spoken.is_dropped:
            yield events.speech_started(item.id, message.time)

    def _end(self, spoken: _Utterance, message: Speech) -> Iterator[Event]:
        if spoken.stretch.by_voice:
            yield events.speech_stopped(spoken.item.id, message.time)
            spoken.stretch.is_answered = spoken.stretch.is_asked_for
            yield from self._commit_before(spoken.stretch)
            yield from self._commit(spoken.item)

    def _finalize(self, spoken: _Utterance, final: Final) -> Iterator[Event]:
        del self._utterances[final.utterance]
        yield from spoken.item.settle(final)
        if spoken.stretch.by_voice:
            spoken.item.seconds = final.end - final.start
            yield from self._complete(spoken.item)

    def _conclude(self, stretch: _Stretch) -> Iterator[Event]:
        """Tell the rest of *stretch*, all finals of which are there."""
        self._utterances = {
            number: spoken
            for number, spoken in self._utterances.items()
            if spoken.stretch is not stretch
        }
        if stretch.is_asked_for and not stretch.by_voice:
            item = self._whole(stretch)
            yield from self._commit(item)
            yield from self._complete(item)
        elif stretch.is_asked_for and not stretch.is_answered:
            message = "found no speech since the last item, expected some"
            kind, code = "invalid_request_error", events.COMMIT_EMPTY
            yield events.fault(kind, code, message, event_id=stretch.event_id)

    def _commit_asked(self) -> Iterator[Event]:
        """Commit what the client asked for, unless something else has to be told before."""
        others = (one for one in self._stretches if one.by_voice or one.is_cleared)
        return self._commit_before(next(others, self._latest))

    def _commit_before(self, stretch: _Stretch) -> Iterator[Event]:
        """Commit what the client asked for before *stretch*."""
        for one in takewhile(lambda one: one is not stretch, self._stretches):
            if one.is_asked_for and not one.by_voice:
                yield from self._commit(self._whole(one))

    def _give_up(self, error: Error) -> Iterator[Event]:
        """Complete what is final although nobody asked for it yet; the rest has failed."""
        spoken = [one.item for one in self._utterances.values() if one.stretch.by_voice]
        whole = [one.item for one in self._stretches if one.item and not one.is_cleared]
        for item in (*spoken, *whole):
            if item.transcript:
                yield from self._commit(item)
                yield from self._complete(item)
            elif item.is_committed:
                yield events.failed(item.id, error.code, error.message)
        self._stretches.clear()

    def _new(self) -> Item:
        self._count += 1
        return Item(f"item_{self._session}_{self._count}")

    def _whole(self, stretch: _Stretch) -> Item:
        stretch.item = stretch.item or self._new()
        stretch.item.seconds = stretch.samples / self._rate
        return stretch.item

    def _commit(self, item: Item) -> Iterator[Event]:
        if item.is_committed:
            return
        item.is_committed = True
        yield events.committed(item.id, self._previous)
        tell = events.created if self._as_beta else events.added
        yield tell(item.id, self._previous)
        self._previous = item.id

    def _complete(self, item: Item) -> Iterator[Event]:
        if item.has_failed and not item.transcript:
            yield events.failed(item.id, UNRECOGNIZABLE, "the audio could not be recognized")
            return
        if item.has_failed:
            message = f"a part of {item.id} could not be recognized"
            yield events.fault("server_error", UNRECOGNIZABLE, message)
        if not self._as_beta:
            yield events.done(item.id, item.transcript)
        yield events.completed(item.id, item.transcript, item.seconds)
