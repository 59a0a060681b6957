"""A final says what stock Whisper says, and depends on nothing but the audio and the options."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
import whisper
from whisper.model import Whisper
from whisper.tokenizer import get_tokenizer

from tests.conftest import Sample, Server, read_pcm, read_samples
from wsserver import client
from wsserver.audio.pcm import Format, decode
from wsserver.audio.resampler import Resampler
from wsserver.messages import Final, Partial, ServerMessage, Start
from wsserver.speech import SAMPLE_RATE, Samples

DEFAULT = Start()


@dataclass(frozen=True)
class Recording:
    """A sample as a client sends it."""

    sample: Sample
    sample_rate: int
    data: bytes

    def at_16_khz(self) -> Samples:
        resampler = Resampler(self.sample_rate)
        samples = decode(self.data, Format.of("s16le", self.sample_rate, 1)).samples
        return np.concatenate([resampler.push(samples), resampler.flush()])


def record(sample: Sample) -> Recording:
    return Recording(sample, *read_pcm(sample.path))


def chunks(data: bytes, seed: int) -> Iterator[bytes]:
    chance, at = random.Random(seed), 0
    while at < len(data):
        size = 2 * chance.randint(1, 20_000)
        yield data[at : at + size]
        at += size


async def dictate(
    server: Server, recording: Recording, start: Start = DEFAULT, seed: int = 0
) -> list[ServerMessage]:
    """Give all that is said; come again when told to, as a busy machine tells its eighth guest."""
    start = replace(start, sample_rate=recording.sample_rate)
    while True:
        try:
            return await dictate_once(server, recording, start, seed)
        except client.Refused as refused:
            if refused.retry_after is None:
                raise
            await asyncio.sleep(refused.retry_after)


async def dictate_once(
    server: Server, recording: Recording, start: Start, seed: int
) -> list[ServerMessage]:
    async with (
        client.connect(server.socket_url, server.token, start) as dictation,
        dictation.feeding(chunks(recording.data, seed)),
    ):
        return [message async for message in dictation]


def finals(messages: list[ServerMessage]) -> list[Final]:
    """Give the finals without their cursors, of which no two look alike."""
    return [replace(message, cursor=None) for message in messages if isinstance(message, Final)]


def decode_by_stock(stock: Whisper, audio: Samples, prompt: str) -> str:
    tokens = get_tokenizer(stock.is_multilingual).encode(" " + prompt) if prompt else None
    options = whisper.DecodingOptions(
        language="en", prompt=tokens, without_timestamps=True, fp16=False
    )
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(audio))
    result = whisper.decode(stock, mel, options)
    assert not isinstance(result, list)
    return str(result.text)


def assert_stock_agrees(
    stock: Whisper, recording: Recording, heard: list[Final], prompt: str = ""
) -> None:
    samples = recording.at_16_khz()
    for final in heard:
        if final.text:
            audio = samples[round(final.start * SAMPLE_RATE) : round(final.end * SAMPLE_RATE)]
            assert final.text == decode_by_stock(stock, np.array(audio), prompt)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "sample" in metafunc.fixturenames:
        metafunc.parametrize("sample", read_samples(), ids=lambda sample: sample.path.stem)


async def test_a_sample_is_heard_right_and_as_stock_hears_it(
    server: Server, stock: Whisper, sample: Sample
) -> None:
    recording = record(sample)

    messages = await dictate(server, recording)

    heard = finals(messages)
    assert " ".join(final.text for final in heard) == sample.said
    assert_stock_agrees(stock, recording, heard)


async def test_partials_grow_into_the_final(server: Server, samples: list[Sample]) -> None:
    recording = record(samples[0])
    first, second = 2 * round(1.3 * SAMPLE_RATE), 2 * round(2.3 * SAMPLE_RATE)
    async with client.connect(server.socket_url, server.token) as dictation:
        await dictation.send(recording.data[:first])
        early = await next_partial(dictation)
        await dictation.send(recording.data[first:second])
        late = await next_partial(dictation)
        await dictation.send(recording.data[second:])
        await dictation.finish()
        (final,) = [message async for message in dictation if isinstance(message, Final)]

    assert early.end < late.end <= final.end
    assert 0 < len(early.text) < len(late.text)
    assert final.text == samples[0].said


async def next_partial(dictation: client.Dictation) -> Partial:
    async for message in dictation:
        if isinstance(message, Partial):
            return message
    raise AssertionError("found the end, expected a partial")


EIGHT = (
    Start(),
    Start(language="en"),
    Start(prompt="A letter about the house."),
    Start(partials=False),
    Start(words=True),
    Start(hotwords=("kitchen", "nurse")),
    Start(endpointing="captioning"),
    Start(language="en", partials=False, prompt="She said."),
)
GAINS = (1.0, 0.1, 0.5, 2.0, 0.25, 1.0, 0.05, 0.7)


def played_at(recording: Recording, gain: float) -> Recording:
    samples = np.frombuffer(recording.data, "<i2") * gain
    return replace(recording, data=np.clip(samples, -32768, 32767).astype("<i2").tobytes())


async def test_eight_sessions_at_once_get_the_finals_that_each_gets_alone(
    server: Server, stock: Whisper, samples: list[Sample]
) -> None:
    recordings = [
        played_at(record(sample), gain) for sample, gain in zip(samples[-8:], GAINS, strict=True)
    ]
    alone = [
        finals(await dictate(server, recording, start, seed=1))
        for recording, start in zip(recordings, EIGHT, strict=True)
    ]

    together = await asyncio.gather(
        *(
            dictate(server, recording, start, seed=2)
            for recording, start in zip(recordings, EIGHT, strict=True)
        )
    )

    assert [finals(messages) for messages in together] == alone
    prompts = ["A letter about the house.", "She said."]
    assert_stock_agrees(stock, recordings[2], alone[2], prompts[0])
    assert_stock_agrees(stock, recordings[7], alone[7], prompts[1])
    assert_stock_agrees(stock, recordings[5], alone[5], "kitchen, nurse.")
    for index in (0, 1, 3, 4, 6):
        assert_stock_agrees(stock, recordings[index], alone[index])


@pytest.mark.parametrize("seed", range(3))
async def test_finals_do_not_depend_on_chunks_or_partials(
    server: Server, samples: list[Sample], seed: int
) -> None:
    recording = record(samples[11])
    plain = finals(await dictate(server, recording))

    start = Start(partials=bool(seed % 2))
    again = finals(await dictate(server, recording, start, seed=seed + 10))

    assert again == plain
