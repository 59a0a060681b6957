"""People who speak to a server at the pace of speech, in a process of their own.

    python -m bench.speakers ws://127.0.0.1:8765/v1/dictation --streams 4 --out lags.json

Knows the client; knows nothing of what serves it.  Prints `speaking` when all is read and the first
one is about to begin, so that nobody measures the reading.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from bench.forced import TOKENS_PER_SECOND
from bench.lags import Course, Lags, SentLog, WordEnds
from bench.talk import talk
from wsserver import client
from wsserver.audio.endpointer import DICTATION
from wsserver.errors import DictationError
from wsserver.messages import Final, Start
from wsserver.speech import SAMPLE_RATE

CHUNK_MS = 100
_CHUNK_BYTES = 2 * SAMPLE_RATE * CHUNK_MS // 1000
_WITHIN_S = 3.0
"""They neither begin nor end in step, but all of them within so long."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who speaks, and for how long."""

    url: str
    token: str
    streams: int
    seconds: float
    word_ends: WordEnds
    room: str | None = None
    """Where others read along."""


def spoken_words(final: Final) -> Sequence[float]:
    """Give the words' ends as the model places them."""
    return [word.end for word in final.words or ()]


def paced_words(final: Final) -> Sequence[float]:
    """Give the words' ends for weights that mean nothing: one every 1/3.5 s."""
    count = len(final.text.split())
    return [final.start + number / TOKENS_PER_SECOND for number in range(1, count + 1)]


async def speak(crowd: Crowd, seed: int, data: bytes) -> Lags:
    """Say *data*, then `finish`; give the lags of what comes back."""
    await asyncio.sleep(random.Random(seed).uniform(0, _WITHIN_S))  # noqa: S311
    sent = SentLog()
    course = Course(sent, DICTATION, crowd.word_ends)
    start = Start(language="en", words=True, room=crowd.room)
    # Whoever is thrown out is to be counted, not let in again.
    once = client.NEVER
    async with client.connect(crowd.url, crowd.token, start, reconnect=once) as dictation:
        sending = asyncio.create_task(_send(dictation, data, sent, course))
        try:
            async for message in dictation:
                course.hear(message, time.perf_counter())
        finally:
            sending.cancel()
    return course.lags()


async def _send(dictation: client.Dictation, data: bytes, sent: SentLog, course: Course) -> None:
    began = time.perf_counter()
    for at in range(0, len(data), _CHUNK_BYTES):
        chunk = data[at : at + _CHUNK_BYTES]
        # A microphone has a chunk when its last sample was spoken.
        spoken = began + (at + len(chunk)) / 2 / SAMPLE_RATE
        await asyncio.sleep(spoken - time.perf_counter())
        sent.note(len(chunk) // 2, time.perf_counter(), spoken)
        await dictation.send(chunk)
    await dictation.finish()
    course.finish(time.perf_counter())


async def speak_all(crowd: Crowd) -> dict[str, object]:
    """Let all speak at once; give their lags together, and how many were not let in."""
    chance = random.Random(crowd.streams)  # noqa: S311
    lengths = [crowd.seconds - chance.uniform(0, _WITHIN_S) for _ in range(crowd.streams)]
    said = [talk(seed, length) for seed, length in enumerate(lengths)]
    print("speaking", flush=True)
    results = await asyncio.gather(
        *(speak(crowd, seed, data) for seed, data in enumerate(said)), return_exceptions=True
    )
    lags, refused = Lags(), 0
    for result in results:
        match result:
            case Lags():
                lags.add(result)
            case client.Refused():
                refused += 1
            case DictationError():
                print(f"a session ended early: {result}", file=sys.stderr)
                lags.unfinished += 1
            case _:
                raise result
    return {"refused": refused, "lags": asdict(lags)}


@click.command()
@click.argument("url")
@click.option("--streams", default=1, show_default=True)
@click.option("--seconds", default=30.0, show_default=True)
@click.option("--paced/--spoken", default=False, help="Words of random weights, or of a model.")
@click.option("--room", help="Where others read along.")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(url: str, paced: bool, out: Path, **options: Any) -> None:
    """Speak to URL with the token in WSSERVER_TOKEN; write the lags."""
    word_ends = paced_words if paced else spoken_words
    crowd = Crowd(url, os.environ["WSSERVER_TOKEN"], word_ends=word_ends, **options)
    out.write_text(json.dumps(asyncio.run(speak_all(crowd))))


if __name__ == "__main__":
    main()
