import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import numpy as np
import pytest

from tests.session.conftest import build_session
from wsserver import messages
from wsserver.errors import DictationError, EngineError, EngineLost, Overloaded, ShuttingDown
from wsserver.net.conversation import MAX_WAITING_ANSWERS, Conversation
from wsserver.net.host import Host
from wsserver.net.outbox import MAX_WAITING, Frame
from wsserver.session.actions import Close
from wsserver.session.cursor import Resumption
from wsserver.session.dialog import Session
from wsserver.speech import Hypothesis, Priority, Window

SPEECH = messages.Audio(data=np.full(16_000, 8000, "<i2").tobytes())
FLUSH = messages.Flush()
START = messages.Start(partials=False)

Recognize = Callable[[Window], Awaitable[Hypothesis | None]]


def conversation(
    recognize: Recognize,
    priority: Priority = Priority.FINAL,
    notice: Callable[[], messages.Warn | None] = lambda: None,
) -> Conversation:
    def open_session(priority: Priority, _: Resumption | None) -> Session:
        return build_session(priority=priority)

    return Conversation(Host(open_session, recognize, notice=notice), priority)


async def never(_: Window) -> Hypothesis | None:
    await asyncio.Event().wait()
    return None


async def last_words(conversation: Conversation) -> list[object]:
    """Give what is put out, up to and with the close; of an error its code."""
    said: list[object] = []
    async with asyncio.timeout(60):
        while not isinstance(item := await conversation.outbox.get(), Close):
            assert not isinstance(item, Frame)
            said.append(item.code if isinstance(item, messages.Error) else item.type)
    return [*said, item.code]


async def test_what_nobody_foresaw_in_the_engine_ends_the_session_in_words() -> None:
    async def fail(_: Window) -> Hypothesis | None:
        raise ZeroDivisionError

    async with conversation(fail) as talk:
        for message in (START, SPEECH, FLUSH):
            talk.receive(message)
        said = await last_words(talk)

    assert said == ["ready", "speech", "speech", "server_error", 1011]


async def test_what_nobody_foresaw_in_the_session_ends_it_in_words() -> None:
    async def hear_nonsense(_: Window) -> Hypothesis | None:
        return cast("Hypothesis", "no hypothesis")

    async with conversation(hear_nonsense) as talk:
        for message in (START, SPEECH, FLUSH):
            talk.receive(message)
        said = await last_words(talk)

    assert said[-2:] == ["server_error", 1011]


async def test_who_waits_for_room_goes_on_when_the_session_fails() -> None:
    failed = asyncio.Event()

    async def fail(_: Window) -> Hypothesis | None:
        await failed.wait()
        raise EngineLost("broken")

    async with conversation(fail) as talk:
        talk.receive(START)
        for _ in range(70):
            talk.receive(SPEECH)
            talk.receive(FLUSH)
        waiting = asyncio.create_task(talk.room())
        await asyncio.sleep(0)
        was_waiting = not waiting.done()
        failed.set()
        async with asyncio.timeout(60):
            await waiting

    assert was_waiting
    assert talk.is_ending


async def test_what_no_engine_can_decode_is_left_empty_and_the_session_goes_on() -> None:
    async def fail_at_first(window: Window) -> Hypothesis | None:
        if window.utterance == 1:
            raise EngineError("broken")
        return Hypothesis("yes", (), (), "en", 1.0, -0.1, 0.0, 1.0)

    async with conversation(fail_at_first) as talk:
        for message in (START, SPEECH, FLUSH, SPEECH, FLUSH, messages.Finish()):
            talk.receive(message)
        said: list[object] = []
        async with asyncio.timeout(60):
            while not isinstance(item := await talk.outbox.get(), Close):
                said.append(item)

    finals = [item for item in said if isinstance(item, messages.Final)]
    assert [(final.text, final.reason) for final in finals] == [
        ("", "unrecognizable"),
        ("yes", None),
    ]
    assert item.code == 1000


@pytest.mark.parametrize(
    ("error", "priority", "code"),
    [
        (EngineLost("stopped"), Priority.FINAL, "engine_lost"),
        (EngineError("broken"), Priority.BULK, "engine_error"),
    ],
)
async def test_without_an_engine_or_for_a_file_the_session_ends(
    error: EngineError, priority: Priority, code: str
) -> None:
    async def fail(_: Window) -> Hypothesis | None:
        raise error

    async with conversation(fail, priority) as talk:
        for message in (START, SPEECH, FLUSH):
            talk.receive(message)
        said = await last_words(talk)

    assert said == ["ready", "speech", "speech", code, 1011]


async def test_a_warning_comes_to_who_is_there_and_the_notice_to_who_comes() -> None:
    warning, notice = (messages.Warn(code=code, message=code) for code in ("now", "still"))
    async with conversation(never, notice=lambda: notice) as talk:
        talk.warn(warning)
        talk.receive(START)
        talk.warn(warning)
        talk.receive(messages.Finish())
        said = [await talk.outbox.get() for _ in range(3)]

    assert isinstance(said[0], messages.Ready)
    assert said[1:] == [notice, warning]


async def test_a_session_that_is_given_up_is_warned_of_nothing() -> None:
    async with conversation(never) as talk:
        talk.receive(START)
        talk.give_up(ShuttingDown("enough"))
        talk.warn(messages.Warn(code="late", message="late"))
        said = await last_words(talk)

    assert said == ["ready", "shutting_down", 1012]


async def test_flushes_without_end_have_to_wait_for_their_answers() -> None:
    async with conversation(never) as talk:
        talk.receive(START)
        talk.receive(SPEECH)
        for _ in range(MAX_WAITING_ANSWERS):
            talk.receive(FLUSH)
        waiting = asyncio.create_task(talk.room())
        await asyncio.sleep(0)

        assert not waiting.done()
        waiting.cancel()


@pytest.mark.parametrize("unread", [0, MAX_WAITING])
async def test_a_session_that_is_given_up_says_so_once_and_nothing_more(unread: int) -> None:
    async with conversation(never) as talk:
        for _ in range(unread):
            talk.outbox.put(messages.Flushed())
        talk.give_up(ShuttingDown("enough"))
        talk.give_up(Overloaded("enough"))
        talk.receive(START)
        said = await last_words(talk)

    assert said[unread:] == ["shutting_down", 1012]
    assert talk.is_ending


@pytest.mark.parametrize("end", [Conversation.give_up, Conversation.interrupt])
async def test_a_session_whose_end_is_told_is_told_of_no_other(
    end: Callable[[Conversation, DictationError], None],
) -> None:
    async with conversation(never) as talk:
        talk.receive(START)
        talk.receive(messages.Finish())
        end(talk, ShuttingDown("enough"))
        said = await last_words(talk)

    assert said == ["ready", "ack", "done", 1000]
    assert len(talk.outbox) == 0


async def test_who_leaves_too_much_unread_is_told_once() -> None:
    async with conversation(never) as talk:
        for _ in range(MAX_WAITING):
            talk.receive(FLUSH)
        said = await last_words(talk)

    assert said[-2:] == ["overloaded", 1013]
    assert len(said) == MAX_WAITING + 2


async def test_whoever_speaks_is_wound_down_once() -> None:
    async with conversation(hear) as talk:
        for message in (START, SPEECH):
            talk.receive(message)
        talk.wind_down(ShuttingDown("enough"))
        talk.receive(messages.Audio(data=bytes(32_000)))
        talk.wind_down(ShuttingDown("enough"))
        said = await last_words(talk)

    assert said == ["ready", "speech", "warning", "speech", "final", "shutting_down", 1012]


class Notes:
    """A recorder that only takes notes, and lets no final go by itself."""

    def __init__(self) -> None:
        self.course: list[str] = []
        self.leaves: list[asyncio.Future[messages.Warn | None]] = []

    def opened(self, start: messages.Start, ready: messages.Ready) -> None:
        self.course.append(f"opened {ready.session} {start.encoding}")

    def audio(self, data: bytes) -> None:
        self.course.append(f"audio {len(data)}")

    def final(self, final: messages.Final) -> asyncio.Future[messages.Warn | None]:
        self.course.append(f"final {final.text}")
        self.leaves.append(asyncio.get_running_loop().create_future())
        return self.leaves[-1]

    def closed(self) -> None:
        self.course.append("closed")


HEARD = Hypothesis("so it goes", (), (), "en", 1.0, -0.1, 0.0, 1.0)


async def hear(_: Window) -> Hypothesis | None:
    return HEARD


def kept_conversation(notes: Notes) -> Conversation:
    def open_session(priority: Priority, _: Resumption | None) -> Session:
        return build_session(priority=priority)

    return Conversation(Host(open_session, hear), Priority.FINAL, None, notes)


async def test_what_is_said_is_kept_before_it_is_told_and_what_follows_waits() -> None:
    notes = Notes()
    async with kept_conversation(notes) as talk:
        for message in (START, SPEECH, FLUSH):
            talk.receive(message)
        before = [await talk.outbox.get() for _ in range(3)]
        waiting = asyncio.create_task(talk.outbox.get())
        while not notes.leaves:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        was_waiting = not waiting.done()
        notes.leaves[0].set_result(None)
        after = [await waiting, await talk.outbox.get()]

    assert was_waiting
    assert [type(item) for item in before] == [messages.Ready, messages.Speech, messages.Speech]
    assert [type(item) for item in after] == [messages.Final, messages.Flushed]
    assert notes.course == [
        "opened the session s16le", "audio 32000", "final so it goes", "closed",
    ]  # fmt: skip


async def test_audio_that_opens_a_session_is_kept_too() -> None:
    notes = Notes()
    async with kept_conversation(notes) as talk:
        talk.receive(SPEECH)

    assert notes.course == ["opened the session s16le", "audio 32000", "closed"]


@pytest.mark.parametrize("is_ended", [False, True])
async def test_only_audio_that_the_session_takes_is_kept(is_ended: bool) -> None:
    notes = Notes()
    async with kept_conversation(notes) as talk:
        talk.receive(START)
        if is_ended:
            talk.end(ShuttingDown("enough"))
        talk.receive(SPEECH if is_ended else messages.Audio(data=b"odd"))

    assert notes.course == ["opened the session s16le", "closed"]
