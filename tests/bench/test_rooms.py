import asyncio

from rich.console import Console

from bench.lags import Lags
from bench.room_viewers import Hall, Reader
from bench.rooms_figures import Case, Turn, rooms_table
from bench.turns import verdict
from wsserver.dialects import captions as dialect
from wsserver.net.wires import FRAMES
from wsserver.rooms.captions import Final, Live

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def turn(word: float, late: float, spreads: tuple[float, ...] = ()) -> Turn:
    return Turn(
        lags=Lags(words=[word], endpoints=[0.5]),
        beats_ms={"p50": 0.1, "p99": late / 2, "p100": late},
        spreads=spreads,
        cores=0.5,
        kb_each=12.3,
        missed=0,
        lost=0,
    )


def cases() -> list[Case]:
    return [
        Case("none", [turn(0.2, 4.0)], viewers=0),
        Case("1000 viewers", [turn(0.3, 12.0, (0.02, 0.04))], viewers=1000),
        Case("none, again", [turn(0.2, 5.0)], viewers=0),
    ]


def frame(caption: Final | Live) -> bytes:
    return FRAMES.write(caption, dialect.write(caption), "s")


def final(number: int) -> Final:
    return Final(number=number, session="a", utterance=number, text="x" * 90, start=0.0, end=1.0)


def test_viewers_are_told_as_a_multiple_of_none() -> None:
    console = Console(width=130)
    with console.capture() as captured:
        console.print(rooms_table(cases()))
    line = next(line for line in captured.get().splitlines() if "1000 viewers" in line)

    assert "0.30 (1.50)" in line
    assert "6.0 12.0 12.0" in line
    assert "30 39" in line
    assert "1000 viewers: 1.50 and 1.50; none, again: 1.00 and 1.00" in verdict(cases())


async def test_a_viewer_counts_finals_in_their_turn_however_they_are_cut() -> None:
    hall = Hall("ws://127.0.0.1:1/v1/rooms/r?token=t", 2)
    hall.readers = [Reader(hall), Reader(hall)]
    told = HEAD + frame(Live(live=True)) + frame(final(1)) + frame(final(2))

    for at in range(0, len(told), 7):
        hall.readers[0].data_received(told[at : at + 7])
    hall.readers[1].data_received(HEAD + frame(final(2)))
    await asyncio.sleep(0)

    got = hall.got()
    assert (got.came, got.lost, got.finals, got.missed) == (2, 0, 2, 2)
    assert len(got.spreads) == 2
