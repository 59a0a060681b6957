"""Where nobody speaks nothing is written."""

import pytest

from tests.conftest import Server
from tests.reliability import corpus
from wsserver import client
from wsserver.messages import Final
from wsserver.sound_file import to_s16le


@pytest.mark.parametrize("name", corpus.WITHOUT_VOICE)
async def test_a_sound_without_a_voice_has_no_final(server: Server, name: str) -> None:
    sound = to_s16le(corpus.WITHOUT_VOICE[name]())

    async with (
        client.connect(server.socket_url, server.token) as dictation,
        dictation.feeding([sound]),
    ):
        finals = [message async for message in dictation if isinstance(message, Final)]

    assert finals == []
