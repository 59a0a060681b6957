"""Where nobody speaks nothing is written."""

import numpy as np
import pytest

from tests.conftest import Server
from tests.reliability import corpus
from wsserver import client
from wsserver.messages import Final
from wsserver.sound_file import to_s16le


@pytest.mark.parametrize("name", corpus.WITHOUT_VOICE)
async def test_a_sound_without_a_voice_has_no_final(server: Server, name: str) -> None:
    sound = to_s16le(corpus.WITHOUT_VOICE[name]())

    assert await finals(server, sound) == []


async def test_sounds_without_a_voice_one_upon_the_other_give_no_word(server: Server) -> None:
    sounds = np.concatenate([make() for make in corpus.WITHOUT_VOICE.values()])

    # Where one breaks into the other there may be a window, in which the model hears nothing.
    assert [final.text for final in await finals(server, to_s16le(sounds)) if final.text] == []


async def finals(server: Server, sound: bytes) -> list[Final]:
    async with (
        client.connect(server.socket_url, server.token) as dictation,
        dictation.feeding([sound]),
    ):
        return [message async for message in dictation if isinstance(message, Final)]
