"""Through the real server: the corpus goes in, and only what was spoken comes out."""

import asyncio
import typing
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from tests.conftest import read_samples
from tests.reliability import corpus, listener, spoken
from tests.reliability.corpus import silence
from tests.reliability.spoken import SENTENCES, Speech
from wsserver import client, config
from wsserver.app import App
from wsserver.messages import Done, Final, Partial, Profile, ServerMessage, Start
from wsserver.net.tokens import hash_token
from wsserver.speech import SAMPLE_RATE, Samples

TOKEN = "a-token-for-tests"
SAID = {sample.path.name: sample.said for sample in read_samples()}
VOCABULARY = {word for said in SAID.values() for word in said.lower().split()}
VOCABULARY |= {f"{word}." for word in spoken.WORDS}
PLAIN = Start(encoding="f32le")
BLOCK = SAMPLE_RATE // 4


@asynccontextmanager
async def listening() -> AsyncIterator[App]:
    """Run a server whose engine listens for the samples and invents wherever they are not."""
    tokens = [{"name": "tests", "hash": hash_token(TOKEN)}]
    server = {"port": 0, "admission": {"tokens": tokens}}
    app = App(config.load(None, {}, {"server": server}), build=listener.build)
    try:
        await app.start()
        await app.check()
        yield app
    finally:
        await app.stop()


async def dictate(app: App, sound: Samples, start: Start = PLAIN) -> list[ServerMessage]:
    async with (
        client.connect(app.socket_url, TOKEN, start) as dictation,
        dictation.feeding(blocks(sound)),
    ):
        return [message async for message in dictation]


def blocks(sound: Samples) -> Iterator[bytes]:
    for at in range(0, len(sound), BLOCK):
        yield sound[at : at + BLOCK].astype("<f4").tobytes()


def spaced(sounds: list[Samples]) -> Samples:
    """Play *sounds* with a second of silence after each."""
    return np.concatenate([part for sound in sounds for part in (sound, silence(1.0))])


def finals(said: list[ServerMessage]) -> list[Final]:
    return [message for message in said if isinstance(message, Final)]


def texts(said: list[ServerMessage]) -> list[str]:
    return [final.text for final in finals(said) if final.text]


def shown(said: list[ServerMessage]) -> set[str]:
    """Give every word of the partials."""
    partials = [message.text for message in said if isinstance(message, Partial)]
    return {word for text in partials for word in text.lower().split()}


def is_whole(said: list[ServerMessage], sound: Samples) -> bool:
    """Tell whether the session went through all of the audio."""
    done = said[-1]
    return isinstance(done, Done) and done.duration == len(sound) / SAMPLE_RATE


async def test_nothing_is_invented_of_babble_or_of_sounds_without_a_voice() -> None:
    voices = [spoken.sentence(name).sound for name in SENTENCES]
    babble = spaced([corpus.babble(voices, -35, seconds=2.0)] * len(listener.INVENTED))
    sounds = np.concatenate([make() for make in corpus.WITHOUT_VOICE.values()])

    async with listening() as app:
        heard = await dictate(app, babble)
        unheard = await dictate(app, sounds)

    assert len(finals(heard)) == len(listener.INVENTED)
    assert all(final.text == "" and final.reason for final in finals(heard))
    assert {final.reason for final in finals(heard)} == {
        "no_speech", "low_confidence", "repetition", "too_many_words",
    }  # fmt: skip
    assert texts(unheard) == []
    assert shown(heard) == shown(unheard) == set()
    assert is_whole(heard, babble)
    assert is_whole(unheard, sounds)


STATES: dict[str, Callable[[Speech], Speech]] = {
    "as it is": lambda speech: speech,
    "30 dB softer": lambda speech: spoken.faint(speech, -30),
    "5 dB above noise": lambda speech: spoken.in_noise(speech, 5),
    "clipped": spoken.clipped,
    "with an offset": spoken.with_offset,
}


async def test_everything_that_is_said_is_final_in_whatever_state_it_comes() -> None:
    stream = spaced([spoken.sentence(name).sound for name in SENTENCES])
    whole = Speech(stream, 0, len(stream))
    streams = {state: change(whole).sound for state, change in STATES.items()}

    async with listening() as app:
        heard = await asyncio.gather(*(dictate(app, sound) for sound in streams.values()))

    for state, said in zip(streams, heard, strict=True):
        assert texts(said) == [SAID[name] for name in SENTENCES], state
        assert shown(said) <= VOCABULARY, state


@pytest.mark.parametrize("profile", typing.get_args(Profile))
async def test_between_other_sounds_exactly_what_is_said_is_final(profile: Profile) -> None:
    sounds = [make() for make in corpus.WITHOUT_VOICE.values()]
    names = [SENTENCES[number % len(SENTENCES)] for number in range(len(sounds))]
    pairs = zip(sounds, map(spoken.sentence, names), strict=True)
    stream = spaced([part for sound, speech in pairs for part in (sound, speech.sound)])

    async with listening() as app:
        said = await dictate(app, stream, Start(encoding="f32le", endpointing=profile))

    assert texts(said) == [SAID[name] for name in names]
    assert all(final.reason for final in finals(said) if not final.text)
    assert shown(said) <= VOCABULARY
    assert is_whole(said, stream)


async def test_single_words_and_a_minute_of_one_are_final_every_time() -> None:
    words = spaced([spoken.word(said).sound for said in spoken.WORDS])
    minute = spoken.minute_of("door").sound

    async with listening() as app:
        singly = await dictate(app, words)
        for_long = await dictate(app, minute, Start(encoding="f32le", partials=False))

    assert texts(singly) == [f"{said.capitalize()}." for said in spoken.WORDS]
    assert " ".join(texts(for_long)) == " ".join(["Door."] * 100)
