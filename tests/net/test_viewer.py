import asyncio

from wsserver.net.viewer import LIFE_SECONDS, LITTLE_BYTES, Link, Viewer
from wsserver.net.wires import FRAMES
from wsserver.rooms.room import Position


class Line(asyncio.WriteTransport):
    """A line that sends only what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.unsent = b""
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.unsent += bytes(data)
        self.written += bytes(data)

    def send(self, count: int) -> None:
        self.unsent = self.unsent[count:]

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)


def viewer(line: Line, *, is_open: bool = True) -> Viewer:
    link = Link(line, FRAMES, is_open=lambda: is_open, close=lambda _code, _reason: None)
    return Viewer(link, Position(), None, now=0.0)


def test_a_viewer_with_much_unsent_is_slow_until_it_went() -> None:
    line = Line()
    slow = viewer(line)

    slow.write(bytes(LITTLE_BYTES + 1), 0.0)
    before = slow.is_slow
    line.send(1)
    slow.takes(1.0, 60.0)

    assert (before, slow.is_slow) == (True, False)


def test_who_takes_nothing_for_too_long_is_found_out() -> None:
    line = Line()
    dead = viewer(line)
    dead.write(b"abc", 0.0)

    taken = [dead.takes(now, 60.0) for now in (1.0, 59.0, 61.0)]

    assert taken == [True, True, False]


def test_who_takes_little_by_little_is_alive() -> None:
    line = Line()
    slow = viewer(line)
    slow.write(bytes(100), 0.0)

    taken = []
    for now in (50.0, 100.0, 150.0, 200.0):
        line.send(1)
        taken.append(slow.takes(now, 60.0))

    assert taken == [True] * 4


def test_what_is_written_meanwhile_does_not_count_as_taken() -> None:
    line = Line()
    dead = viewer(line)

    taken = []
    for now in (0.0, 30.0, 60.0, 90.0):
        taken.append(dead.takes(now, 60.0))
        dead.write(b"abc", now)

    assert taken == [True, True, False, False]


def test_who_lacks_nothing_takes_nothing() -> None:
    quiet = viewer(Line())

    assert quiet.takes(1_000.0, 60.0)


def test_a_sign_of_life_is_wanted_in_silence_once() -> None:
    quiet = viewer(Line())

    wanted = []
    for now in (LIFE_SECONDS - 1, LIFE_SECONDS + 1, LIFE_SECONDS + 2):
        wanted.append(quiet.wants_life(now))
        quiet.write(b"abc" if wanted[-1] else b"", now)

    assert wanted == [False, True, False]


def test_nothing_is_written_to_who_has_left() -> None:
    line = Line()
    gone = viewer(line, is_open=False)

    gone.write(b"abc", 0.0)

    assert line.written == b""
