"""What a conversation shows to those who read along, and that its speaker does not wait for it."""

import asyncio

from tests.net.test_conversation import FLUSH, SPEECH, Notes, hear, last_words
from tests.session.conftest import build_session
from wsserver import messages
from wsserver.errors import UnknownRoom
from wsserver.net.conversation import Conversation
from wsserver.net.host import Host
from wsserver.net.outbox import Leave
from wsserver.session.cursor import Resumption
from wsserver.session.dialog import Session
from wsserver.speech import Priority

ROOM = messages.Start(room="ours")
NOT_SHOWN = messages.Warn(code="not_shown", message="nobody can read along")


class Witness:
    """A publisher that only takes notes."""

    def __init__(self, warning: messages.Warn | None = None) -> None:
        self.course: list[str] = []
        self.leaves: list[Leave | None] = []
        self._warning = warning

    def check(self, start: messages.Start) -> None:
        if start.room not in (None, "ours"):
            raise UnknownRoom("found somebody else's room")

    def opened(self, start: messages.Start, ready: messages.Ready) -> messages.Warn | None:
        self.course.append(f"opened {ready.session} in {start.room}")
        return self._warning

    def partial(self, partial: messages.Partial) -> None:
        self.course.append(f"partial of {partial.utterance}")

    def final(self, final: messages.Final, leave: Leave | None) -> None:
        self.course.append(f"final {final.text}")
        self.leaves.append(leave)

    def closed(self) -> None:
        self.course.append("closed")


def shown(witness: Witness, notes: Notes | None = None) -> Conversation:
    def open_session(priority: Priority, _: Resumption | None) -> Session:
        return build_session(priority=priority)

    return Conversation(Host(open_session, hear), Priority.FINAL, None, notes, witness)


async def test_what_is_said_is_shown_in_order_with_the_leave_it_waits_for() -> None:
    witness, notes = Witness(), Notes()
    async with shown(witness, notes) as talk:
        for message in (ROOM, SPEECH):
            talk.receive(message)
        while len(witness.course) < 2:
            await asyncio.sleep(0)
        talk.receive(FLUSH)
        while not witness.leaves:
            await asyncio.sleep(0)

    assert witness.course == [
        "opened the session in ours", "partial of 1", "final so it goes", "closed",
    ]  # fmt: skip
    assert witness.leaves == notes.leaves


async def test_without_a_recorder_nothing_has_to_be_waited_for() -> None:
    witness = Witness()
    async with shown(witness) as talk:
        for message in (ROOM, SPEECH, FLUSH, messages.Finish()):
            talk.receive(message)
        await last_words(talk)

    assert witness.leaves == [None]


async def test_who_cannot_be_shown_is_told_right_after_ready() -> None:
    async with shown(Witness(NOT_SHOWN)) as talk:
        talk.receive(ROOM)
        talk.receive(messages.Finish())
        said = await last_words(talk)

    assert said[:2] == ["ready", "warning"]


async def test_a_room_of_somebody_else_ends_the_session_before_it_opens() -> None:
    witness = Witness()
    async with shown(witness) as talk:
        talk.receive(messages.Start(room="theirs"))
        said = await last_words(talk)

    assert said == ["unknown_room", 1008]
    assert witness.course == ["closed"]
