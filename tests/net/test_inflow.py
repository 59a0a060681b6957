import asyncio
from collections import deque
from collections.abc import Sequence

import pytest

from wsserver.dialects.dialect import Told
from wsserver.dialects.native import NativeTranslator
from wsserver.errors import BadMessage, ClientError, TooLarge
from wsserver.messages import Audio, Finish, Keepalive
from wsserver.net.idleness import Idleness
from wsserver.net.inflow import MOST_TOGETHER, SLICE_BYTES, Inflow

FINISH, KEEPALIVE = '{"type":"finish"}', '{"type":"keepalive"}'


class Wire:
    """A connection on which frames have come."""

    def __init__(self, *frames: str | bytes, knows: bool = True) -> None:
        self.frames = deque(frames)
        self.knows = knows

    @property
    def has_message(self) -> bool:
        return self.knows and bool(self.frames)

    async def recv(self) -> str | bytes:
        if not self.frames:
            await asyncio.Event().wait()
        return self.frames.popleft()


def inflow(wire: Wire, turns: list[int] | None = None) -> Inflow:
    async def turn() -> None:
        if turns is not None:
            turns.append(len(wire.frames))

    idleness = Idleness(60, lambda: None)
    return Inflow(wire, NativeTranslator(), 100_000, turn, idleness)  # type: ignore[arg-type]


async def all_of(flow: Inflow, times: int) -> list[Sequence[Told] | str]:
    told: list[Sequence[Told] | str] = []
    for _ in range(times):
        try:
            told.append(await flow.next())
        except ClientError as error:
            told.append(error.code)
    return told


async def test_audio_that_came_together_is_taken_together() -> None:
    flow = inflow(Wire(b"12345678", b"", b"abcdefgh" * 2, FINISH))

    (told,) = await all_of(flow, 1)

    assert told == [Audio(data=b"12345678abcdefghabcdefgh"), Finish()]


async def test_it_waits_its_turn_before_it_looks_for_more() -> None:
    turns: list[int] = []
    flow = inflow(Wire(b"12345678", b"abcdefgh"), turns)

    await all_of(flow, 1)

    assert turns == [1]


async def test_what_is_no_audio_waits_for_no_turn() -> None:
    turns: list[int] = []
    flow = inflow(Wire(KEEPALIVE, b"12345678"), turns)

    told = await all_of(flow, 2)

    assert told == [[Keepalive()], [Audio(data=b"12345678")]]
    assert turns == [0]


async def test_no_more_than_a_slice_is_taken_together() -> None:
    flow = inflow(Wire(bytes(SLICE_BYTES - 8), bytes(8), bytes(8)))

    told = await all_of(flow, 2)

    assert told == [[Audio(data=bytes(SLICE_BYTES))], [Audio(data=bytes(8))]]


async def test_a_flood_of_tiny_frames_is_taken_in_parts() -> None:
    flow = inflow(Wire(*[bytes(8)] * (MOST_TOGETHER + 1)))

    told = await all_of(flow, 2)

    assert told == [[Audio(data=bytes(8 * MOST_TOGETHER))], [Audio(data=bytes(8))]]


async def test_half_a_sample_is_not_made_whole_by_the_next() -> None:
    flow = inflow(Wire(bytes(8), bytes(8), b"abc", b"d", bytes(8)))

    (told,) = await all_of(flow, 1)

    assert told == [Audio(data=each) for each in (bytes(16), b"abc", b"d", bytes(8))]


@pytest.mark.parametrize(
    ("wrong", "code"), [("no JSON", BadMessage.code), (bytes(100_001), TooLarge.code)]
)
async def test_what_is_wrong_comes_after_what_came_before_it(wrong: str | bytes, code: str) -> None:
    flow = inflow(Wire(bytes(8), bytes(8), wrong, bytes(24)))

    told = await all_of(flow, 3)

    assert told == [[Audio(data=bytes(16))], code, [Audio(data=bytes(24))]]


async def test_a_connection_that_does_not_know_gives_a_frame_at_a_time() -> None:
    flow = inflow(Wire(bytes(8), bytes(8), knows=False))

    assert await all_of(flow, 2) == [[Audio(data=bytes(8))]] * 2
