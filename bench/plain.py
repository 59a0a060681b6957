"""The plain design, as everybody writes it: `transcribe` of the whole window, every hop, one lock.

    python -m bench.plain --model random.pt

Knows stock Whisper and just enough of our wire language for the same speakers.  Voice and endpoints
are ours, so that both cut the same utterances: only the recognition differs.
"""

import asyncio
import signal
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
import whisper
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol
from whisper.model import Whisper

from bench import stock
from bench.heartbeat import Heartbeat
from wsserver import messages
from wsserver.audio.endpointer import DICTATION
from wsserver.audio.segmenter import Segmenter, SpeechEvent, UtteranceEnded
from wsserver.config import SessionLimits
from wsserver.dialects import native
from wsserver.recognition.silero import SileroVoice
from wsserver.speech import SAMPLE_RATE, Samples, seconds

_HOP = SessionLimits().hop_ms * SAMPLE_RATE // 1000
_READY = messages.Ready(
    session="plain",
    model="stock",
    practice=False,
    languages=("en",),
    encodings=("s16le",),
    sample_rates=(SAMPLE_RATE, SAMPLE_RATE),
    limits=messages.Limits(frame_bytes=2**20, idle_seconds=60, session_seconds=3600),
)


@dataclass
class Ears:
    """The one model, and the lock before it."""

    model: Whisper
    voice: SileroVoice = field(default_factory=SileroVoice)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def hear(self, audio: Samples) -> str:
        """Transcribe, when it is this window's turn."""
        async with self.lock:
            return await asyncio.to_thread(stock.transcribe, self.model, audio)


class Conversation:
    """One session: audio comes in whenever it does, and windows go out one after the other."""

    def __init__(self, socket: ServerConnection, ears: Ears) -> None:
        self._socket, self._ears = socket, ears
        self._segmenter = Segmenter(ears.voice, DICTATION)
        self._ended: deque[UtteranceEnded] = deque()
        self._moved = asyncio.Event()
        self._utterance = self._told = self._received = 0
        self._is_over = False

    async def run(self) -> None:
        """Talk until `finish`, then give `done`."""
        await self._socket.recv()
        await self._send(_READY)
        working = asyncio.create_task(self._work())
        async for frame in self._socket:
            message = native.read_client(frame)
            if isinstance(message, messages.Audio):
                self._take(
                    np.frombuffer(message.data, "<i2").astype(np.float32) / np.float32(32768)
                )
            elif isinstance(message, messages.Finish):
                self._follow(self._segmenter.cut())
                break
        self._is_over = True
        self._moved.set()
        await working
        await self._send(
            messages.Done(duration=seconds(self._received), utterances=self._utterance)
        )

    def _take(self, samples: Samples) -> None:
        self._received += len(samples)
        self._follow(self._segmenter.push(samples))

    def _follow(self, events: list[SpeechEvent]) -> None:
        self._ended.extend(event for event in events if isinstance(event, UtteranceEnded))
        self._moved.set()

    async def _work(self) -> None:
        while self._ended or not self._is_over:
            self._moved.clear()
            if self._ended:
                await self._finalize(self._ended.popleft())
            elif (spoken := self._segmenter.open_utterance()) and spoken.end - self._told >= _HOP:
                self._told = spoken.end
                await self._tell(spoken.start, spoken.end, await self._ears.hear(spoken.audio))
            else:
                await self._moved.wait()

    async def _tell(self, start: int, end: int, text: str) -> None:
        partial = messages.Partial(
            utterance=self._utterance + 1,
            text=text,
            committed=0,
            start=seconds(start),
            end=seconds(end),
            lag=seconds(self._received - end),
        )
        await self._send(partial)

    async def _finalize(self, ended: UtteranceEnded) -> None:
        text = await self._ears.hear(ended.audio)
        self._utterance += 1
        final = messages.Final(
            utterance=self._utterance,
            text=text,
            start=seconds(ended.start),
            end=seconds(ended.end),
            language="en",
            through=ended.cut,
        )
        await self._send(final)

    async def _send(self, message: messages.ServerMessage) -> None:
        await self._socket.send(native.write_server(message))


async def _serve(model: Path, beats: Path | None) -> None:
    loop, stopped, heart = asyncio.get_running_loop(), asyncio.Event(), Heartbeat()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    loop.add_signal_handler(signal.SIGUSR1, heart.reset)
    ears = Ears(whisper.load_model(str(model), device="cpu"))
    await ears.hear(np.zeros(SAMPLE_RATE, np.float32))
    beating = asyncio.create_task(heart.beat())

    async def talk(socket: ServerConnection) -> None:
        await Conversation(socket, ears).run()

    subprotocols = [Subprotocol(native.SUBPROTOCOL)]
    async with serve(talk, "127.0.0.1", 0, subprotocols=subprotocols) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"Ready  http://127.0.0.1:{port}/#token=none", flush=True)
        await stopped.wait()
    beating.cancel()
    if beats is not None:
        heart.save(beats)


@click.command()
@click.option("--model", type=click.Path(path_type=Path), required=True)
@click.option("--beats", type=click.Path(path_type=Path), help="Where the lateness is written.")
def main(model: Path, beats: Path | None) -> None:
    """Serve a checkpoint of random weights until SIGTERM."""
    asyncio.run(_serve(model, beats))


if __name__ == "__main__":
    main()
