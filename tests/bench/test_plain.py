from collections.abc import AsyncIterator

import pytest
import whisper
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol
from whisper.model import ModelDimensions

from bench.plain import Conversation, Ears
from bench.speakers import Crowd, paced_words, speak
from bench.talk import talk
from bench.weights import random_checkpoint

SMALL = ModelDimensions(80, 1500, 64, 2, 2, 51864, 448, 64, 2, 2)


@pytest.fixture(scope="module")
def ears(tmp_path_factory: pytest.TempPathFactory) -> Ears:
    checkpoint = random_checkpoint(SMALL, tmp_path_factory.mktemp("weights") / "random.pt")
    return Ears(whisper.load_model(str(checkpoint), device="cpu"))


@pytest.fixture
async def url(ears: Ears) -> AsyncIterator[str]:
    async def talk(socket: ServerConnection) -> None:
        await Conversation(socket, ears).run()

    async with serve(talk, "127.0.0.1", 0, subprotocols=[Subprotocol("dictation.v1")]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/"


async def test_the_speakers_understand_the_plain_design(url: str) -> None:
    crowd = Crowd(url, "none", streams=1, seconds=4.0, word_ends=paced_words)

    lags = await speak(crowd, seed=1, data=talk(1, 4.0))

    assert lags.utterances >= 1
    assert lags.lost_seconds == 0
    assert lags.unfinished == 0
    assert len(lags.finishes) == 1
    assert len(lags.words) >= 7
    assert lags.partials
