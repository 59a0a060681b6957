import asyncio

from tests.store.kept import final, ready
from wsserver.messages import Final, Ready, Start, Warn
from wsserver.net.recorder import together

SLOW, FULL = Warn(code="slow", message="slow"), Warn(code="full", message="full")


class Notebook:
    """Writes down what it is told, and gives its leave when the test says so."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.leaves: list[asyncio.Future[Warn | None]] = []

    def opened(self, start: Start, ready: Ready) -> None:
        self.told.append(ready.session)

    def audio(self, data: bytes) -> None:
        self.told.append(data.decode())

    def final(self, final: Final) -> asyncio.Future[Warn | None]:
        self.told.append(final.text)
        self.leaves.append(asyncio.get_running_loop().create_future())
        return self.leaves[-1]

    def closed(self) -> None:
        self.told.append("closed")


def test_nobody_and_one_need_no_joining() -> None:
    alone = Notebook()

    assert together(None, None) is None
    assert together(None, alone) is alone


async def test_each_is_told_everything() -> None:
    books = Notebook(), Notebook()
    both = together(*books)
    assert both is not None

    both.opened(Start(), ready("a1"))
    both.audio(b"sound")
    both.final(final(1, "one"))
    both.closed()

    assert [book.told for book in books] == [["a1", "sound", "one", "closed"]] * 2


async def test_a_final_may_go_when_the_last_of_them_says_so_and_no_warning_is_lost() -> None:
    one, two = Notebook(), Notebook()
    both = together(one, two)
    assert both is not None

    first, second = both.final(final(1, "one")), both.final(final(2, "two"))
    one.leaves[0].set_result(SLOW)
    await asyncio.sleep(0)
    waited = not first.done()
    two.leaves[0].set_result(FULL)
    for book in (one, two):
        book.leaves[1].set_result(None)

    assert waited
    assert [await first, await second] == [SLOW, FULL]
