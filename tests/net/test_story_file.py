import asyncio
import threading
from collections.abc import Iterable

import pytest

from tests.rooms.told import final
from wsserver.messages import Final
from wsserver.net.story_file import SLICE_FINALS, StoryFile
from wsserver.rooms.story import Story


class Scribe:
    """A writer that waits until it may go on."""

    def __init__(self) -> None:
        self.may_write = threading.Event()
        self.may_write.set()
        self.is_asked = threading.Event()
        self.added: list[list[int]] = []
        self.firsts: list[int] = []
        self.texts: list[str] = []
        self.fault: Exception | None = None

    def add(self, news: Iterable[Final]) -> None:
        self.is_asked.set()
        self.may_write.wait()
        if self.fault:
            raise self.fault
        told = list(news)
        self.added.append([each.utterance for each in told])
        self.texts += [each.text for each in told]

    def write(self, first: int) -> str:
        self.firsts.append(first)
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

    assert (scribe.added, scribe.firsts) == ([[1, 2], [3, 4]], [1, 1, 2])
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
    assert scribe.added == [[1], [2]]


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
    assert whole.added == [[1, 2]]


async def test_a_long_story_is_added_in_slices_of_which_none_is_repeated() -> None:
    story, scribe = Story(1_000), Scribe()
    story.opened("a", 1, 0.0)
    say(story, *range(1, 2 * SLICE_FINALS + 2))
    file = StoryFile(story, lambda: scribe)

    written, same = await asyncio.gather(file.read(), file.read())

    numbers = list(range(1, 2 * SLICE_FINALS + 2))
    assert scribe.added == [
        numbers[:SLICE_FINALS], numbers[SLICE_FINALS:-1], numbers[-1:],
    ]  # fmt: skip
    assert written is same
    assert (written.last, len(scribe.firsts)) == (len(numbers), 1)


async def test_what_is_said_while_slices_are_added_comes_the_next_time() -> None:
    story, scribe = Story(1_000), Scribe()
    story.opened("a", 1, 0.0)
    say(story, *range(1, SLICE_FINALS + 2))
    file = StoryFile(story, lambda: scribe)
    scribe.may_write.clear()
    reading = asyncio.create_task(file.read())
    await asyncio.to_thread(scribe.is_asked.wait)
    say(story, SLICE_FINALS + 2)
    scribe.may_write.set()

    earlier, later = await reading, await file.read()

    assert (earlier.last, later.last) == (SLICE_FINALS + 1, SLICE_FINALS + 2)
    assert later.text == f"{earlier.text} said {SLICE_FINALS + 2}."
