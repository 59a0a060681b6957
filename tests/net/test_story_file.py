import asyncio
import threading
from collections.abc import Iterable

import pytest

from tests.rooms.told import final
from wsserver.messages import Final
from wsserver.net.story_file import StoryFile
from wsserver.rooms.story import Story


class Scribe:
    """A writer that waits until it may go on."""

    def __init__(self) -> None:
        self.may_write = threading.Event()
        self.may_write.set()
        self.is_asked = threading.Event()
        self.calls: list[tuple[list[int], int]] = []
        self.texts: list[str] = []
        self.fault: Exception | None = None

    def write(self, news: Iterable[Final], first: int) -> str:
        self.is_asked.set()
        self.may_write.wait()
        if self.fault:
            raise self.fault
        told = list(news)
        self.calls.append(([each.utterance for each in told], first))
        self.texts += [each.text for each in told]
        return " ".join(self.texts)


@pytest.fixture
def story() -> Story:
    story = Story(3)
    story.opened("a", 1, 0.0)
    return story


@pytest.fixture
def scribe() -> Scribe:
    return Scribe()


@pytest.fixture
def file(story: Story, scribe: Scribe) -> StoryFile:
    return StoryFile(story, lambda: scribe)


def say(story: Story, *utterances: int) -> None:
    for utterance in utterances:
        story.add("a", final(utterance))


async def test_only_what_is_new_is_handed_to_the_writer(
    story: Story, scribe: Scribe, file: StoryFile
) -> None:
    empty = await file.read()
    say(story, 1, 2)
    some = await file.read()
    again = await file.read()
    say(story, 3, 4)
    more = await file.read()

    assert scribe.calls == [([], 1), ([1, 2], 1), ([3, 4], 2)]
    assert (empty.text, empty.last) == ("", 0)
    assert some is again
    assert (some.text, some.first, some.last) == ("said 1. said 2.", 1, 2)
    assert (more.first, more.last) == (2, 4)


async def test_all_who_ask_meanwhile_wait_for_one_and_the_same(
    story: Story, scribe: Scribe, file: StoryFile
) -> None:
    scribe.may_write.clear()
    say(story, 1)
    asking = [asyncio.create_task(file.read()) for _ in range(3)]
    await asyncio.to_thread(scribe.is_asked.wait)
    say(story, 2)
    later = asyncio.create_task(file.read())
    await asyncio.sleep(0)
    asking.pop().cancel()

    scribe.may_write.set()
    first, second = await asyncio.gather(*asking)

    assert first is second
    assert first.text == "said 1."
    assert (await later).text == "said 1. said 2."
    assert scribe.calls == [([1], 1), ([2], 1)]


async def test_after_a_fault_the_file_is_begun_anew(story: Story) -> None:
    broken, whole = Scribe(), Scribe()
    scribes = iter([broken, whole])
    file = StoryFile(story, lambda: next(scribes))
    say(story, 1)
    await file.read()
    broken.fault = OSError("no")
    say(story, 2)
    with pytest.raises(OSError, match="no"):
        await file.read()

    written = await file.read()

    assert written.text == "said 1. said 2."
    assert whole.calls == [([1, 2], 1)]
