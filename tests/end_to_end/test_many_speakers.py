"""Who speaks beside many others is heard as if alone: the same utterances, to the sample."""

import asyncio
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from tests.conftest import Sample, read_pcm
from tests.end_to_end.conftest import Run, Running
from wsserver import client
from wsserver.messages import Final, Start
from wsserver.recognition.silero_batch import SileroBatch
from wsserver.speech import Question

SPEAKERS = 16
PATIENT = {"max_lag_seconds": 1_000}


def speech(samples: Sequence[Sample]) -> bytes:
    """Several sentences, with pauses between and a second of silence in front."""
    return bytes(32_000) + bytes(48_000).join(read_pcm(sample.path)[1] for sample in samples)


def chunks(data: bytes, seed: int) -> Iterator[bytes]:
    """Cut *data* now into chunks of 20 ms, now at odd places."""
    chance, at = Random(seed), 0
    while at < len(data):
        size = chance.choice([640, 640, 2 * chance.randint(1, 3_000)])
        yield data[at : at + size]
        at += size


async def hear(server: Running, data: bytes, seed: int) -> list[Final]:
    start = Start(language="en")
    return await client.transcribe(server.socket_url, server.token, chunks(data, seed), start)


def told(finals: Sequence[Final]) -> list[tuple[str, float, float, int]]:
    return [(final.text, final.start, final.end, final.through) for final in finals]


async def test_who_speaks_beside_many_is_heard_as_if_alone(
    run: Run, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    answer = SileroBatch.answer

    def count(self: SileroBatch, questions: Sequence[Question]) -> None:
        batches.append(len(questions))
        answer(self, questions)

    short = [sample for sample in samples if "long" not in sample.path.stem]
    days = [speech(short[at : at + 3]) for at in range(4)]
    async with run(sessions=PATIENT) as server:
        alone = [told(await hear(server, day, 0)) for day in days]
        monkeypatch.setattr(SileroBatch, "answer", count)

    async with run(sessions=PATIENT) as server:
        batches.clear()  # at the start it tries whether it keeps its bits
        talks = (hear(server, days[seed % 4], seed) for seed in range(SPEAKERS))
        together = await asyncio.gather(*talks)

    assert all(len(each) > 1 for each in alone)
    assert [told(finals) for finals in together] == [alone[seed % 4] for seed in range(SPEAKERS)]
    assert max(batches) > 1
