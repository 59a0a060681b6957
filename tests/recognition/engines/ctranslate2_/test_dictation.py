"""A real server on this engine hears what is dictated to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.conftest import Sample, Server, start_server, stop_server
from wsserver import client
from wsserver.messages import Final, Partial, Start
from wsserver.sound_file import to_s16le
from wsserver.speech import SAMPLE_RATE


@pytest.fixture
def server(folder: Path, tmp_path: Path) -> Iterator[Server]:
    server = start_server(tmp_path, "--model", str(folder), WSSERVER_ENGINE__KIND="ctranslate2")
    yield server
    assert stop_server(server) == 0


async def test_a_dictation_is_heard_right(server: Server, samples: list[Sample]) -> None:
    data = to_s16le(soundfile.read(samples[0].path, dtype="float32")[0])
    early = 2 * 2 * SAMPLE_RATE
    start = Start(words=True)
    async with client.connect(server.socket_url, server.token, start) as dictation:
        await dictation.send(data[:early])
        partial = await anext(message async for message in dictation if type(message) is Partial)
        await dictation.send(data[early:])
        await dictation.finish()
        (final,) = [message async for message in dictation if isinstance(message, Final)]

    assert partial.text.split()[:2] == samples[0].said.split()[:2]
    assert final.text == samples[0].said
    assert final.words is not None
    assert "".join(word.text for word in final.words).strip() == final.text
