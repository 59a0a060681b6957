from pathlib import Path

import pytest
from rich.console import Console

from bench.gateway import Plan, run, shares
from bench.gateway_figures import Case, Turn, gateway_table, verdict
from bench.gateway_speakers import address, word_ends
from bench.gateway_wire import frame, frames
from bench.lags import Lags
from wsserver.messages import Final
from wsserver.net.wires import FRAMES
from wsserver.rooms.captions import Live


def turn(word: float, cpu_ms_each: float, refused: int = 0) -> Turn:
    return Turn(
        lags=Lags(words=[word], endpoints=[0.5]),
        refused=refused,
        beats_ms={"p50": 0.1, "p99": 7.0, "p100": 12.0},
        cores=0.5,
        cpu_ms_each=cpu_ms_each,
        engine_cores=0.1,
        kb_each=321.0,
        client_late_ms=3.0,
    )


def cases() -> list[Case]:
    return [
        Case("1", [turn(0.2, 5.0), turn(0.2, 7.0)], way="", sessions=1),
        Case("250", [turn(0.3, 2.0), turn(0.3, 2.0, refused=4)], way="", sessions=250),
    ]


def test_sessions_are_told_as_a_multiple_of_one_alone() -> None:
    console = Console(width=150)
    with console.capture() as captured:
        console.print(gateway_table(cases()))
    line = next(line for line in captured.get().splitlines() if "250" in line)

    assert "0.30 (1.50)" in line
    assert "0.1 7.0 12.0" in line
    assert line.split()[-2:] == ["4", "3"]
    assert "250: 500 sessions a core, word lag 1.50 and 1.50 times alone" in verdict(cases())


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    plot = pytest.importorskip("bench.gateway_plot", exc_type=ImportError)

    plot.plot_gateway(cases(), tmp_path / "gateway.png")

    assert (tmp_path / "gateway.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("sessions", "servers", "expected"),
    [
        (1, 1, [(0, 1)]),
        (7, 2, [(0, 4), (1, 3)]),
        (600, 1, [(0, 250), (0, 250), (0, 100)]),
        (1, 2, [(0, 1)]),
    ],
)
def test_sessions_are_divided(sessions: int, servers: int, expected: list[tuple[int, int]]) -> None:
    assert shares(sessions, servers) == expected


@pytest.mark.parametrize("size", [0, 125, 126, 3_200])
def test_a_frame_is_masked_with_zeros(size: int) -> None:
    sent = frame(0x82, b"\1" * size)

    assert sent[1] & 0x80
    assert sent[len(sent) - size - 4 :] == bytes(4) + b"\1" * size


def test_frames_are_taken_however_they_are_cut() -> None:
    told = FRAMES.write(Live(live=True), b"x" * 200, "") + FRAMES.write(Live(live=True), b"y", "")
    heard, taken = bytearray(), list[tuple[int, bytes]]()

    for at in range(0, len(told), 7):
        heard += told[at : at + 7]
        taken += frames(heard)

    assert taken == [(0x81, b"x" * 200), (0x81, b"y")]
    assert not heard


def test_every_speaker_has_an_address() -> None:
    addresses = [address(number) for number in range(1_000)]

    assert len(set(addresses)) == len(addresses)
    assert addresses[:2] == ["127.1.0.1", "127.1.0.2"]


def test_a_word_ends_where_its_name_says_but_not_beyond_its_utterance() -> None:
    final = Final(utterance=1, text="w7 w9", start=2.8, end=3.9, through=0)

    assert word_ends(final) == [pytest.approx(3.2), 3.9]


def test_hundreds_are_measured_as_two_are() -> None:
    options = ("--cost-ms", "5", "1")

    (case,) = run(Plan((2,), ("as shipped",), rounds=1, seconds=3.0, processes=1, options=options))

    (measured,) = case.turns
    assert measured.lags.unfinished == measured.refused == 0
    assert measured.lags.lost_seconds == 0
    assert measured.lags.words
    assert measured.cpu_ms_each > 0
    assert measured.beats_ms["p100"] >= measured.beats_ms["p50"] >= 0
