from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from tests.rooms.told import final
from wsserver.dialects import captions as dialect
from wsserver.net.press import PAGE_FINALS, Press
from wsserver.net.wires import EVENTS, FRAMES, chunk
from wsserver.rooms.captions import Final, Live
from wsserver.rooms.room import Room

FINAL = Final(number=3, session="a", utterance=1, text="Tea.", start=0.5, end=1.0)


def read_frames(data: bytes) -> list[Frame]:
    reader, frames = StreamReader(), list[Frame]()
    reader.feed_data(data)
    reader.feed_eof()

    def parse() -> object:
        while not (yield from reader.at_eof()):
            frame = yield from Frame.parse(reader.read_exact, mask=False)
            frames.append(frame)

    list(parse())  # type: ignore[call-overload]
    return frames


def test_a_frame_holds_the_json_unmasked() -> None:
    text = dialect.write(FINAL)

    (frame,) = read_frames(FRAMES.write(FINAL, text, "s"))

    assert (frame.opcode, bytes(frame.data), frame.fin) == (Opcode.TEXT, text, True)


def test_an_event_has_the_type_and_a_final_the_place() -> None:
    text = dialect.write(FINAL)

    event = EVENTS.write(FINAL, text, "s")

    assert event == chunk(b"event: final\nid: s:3\ndata: " + text + b"\n\n")
    assert EVENTS.write(Live(live=True), b"{}", "s") == chunk(b"event: live\ndata: {}\n\n")


def test_a_chunk_tells_its_length() -> None:
    assert chunk(b"x" * 17) == b"11\r\n" + b"x" * 17 + b"\r\n"


def full_room(finals: int, most: int = 1_000) -> Room:
    room = Room("r", "s", most)
    room.opened("a", 1, 0.0)
    for utterance in range(1, finals + 1):
        room.final("a", 1, final(utterance))
    return room


def test_a_page_is_written_once_for_all_at_one_place() -> None:
    room = full_room(3)
    press = Press(room)

    pages = [press.page(FRAMES, room.entry("", 0)) for _ in range(2)]

    assert pages[0] is pages[1]
    assert pages[0].position == room.head
    assert len(read_frames(pages[0].data)) == 3


def test_a_long_story_comes_in_pages_and_whole() -> None:
    room = full_room(100)
    press, position, numbers = Press(room), room.entry("", 0), list[int]()

    while position != room.head:
        page = press.page(FRAMES, position)
        told = [dialect.read(bytes(frame.data)) for frame in read_frames(page.data)]
        assert len(told) <= PAGE_FINALS
        numbers += [each.number for each in told if isinstance(each, Final)]
        position = page.position

    assert numbers == list(range(1, 101))


def test_what_is_new_makes_a_new_page_and_what_is_dropped_is_not_kept() -> None:
    room = full_room(3, most=2)
    press = Press(room)
    press.page(FRAMES, room.entry("", 0))

    room.final("a", 1, final(4))
    page = press.page(EVENTS, room.entry("s", 3))

    assert b"said 4." in page.data
    assert sorted(press._finals) == [3, 4]


def test_a_sign_of_life_is_a_comment_or_what_is_known_already() -> None:
    room = full_room(1)
    press = Press(room)

    comment, live = press.sign_of_life(EVENTS), press.sign_of_life(FRAMES)
    again = press.sign_of_life(FRAMES)
    room.left("a", 1)
    silent = press.sign_of_life(FRAMES)

    assert comment == chunk(b":\n\n")
    assert live is again
    assert [dialect.read(bytes(read_frames(data)[0].data)) for data in (live, silent)] == [
        Live(live=True),
        Live(live=False),
    ]
