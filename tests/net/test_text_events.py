import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.net.doorway import BEARER, BEARER_LINES, Setup, head, open_doorway
from wsserver.errors import BadAudio, EngineLost
from wsserver.messages import Done, Final
from wsserver.net import text_events
from wsserver.net.text_events import send_events
from wsserver.net.whole_file import Heard


def final(utterance: int, text: str) -> Final:
    return Final(utterance=utterance, text=text, start=0.0, end=1.0, through=16_000, language="en")


DONE = Done(duration=3.0, utterances=3)
ITEMS: list[Heard] = [final(1, "One."), final(2, ""), final(3, "Three."), DONE]


async def given(items: list[Heard | Exception]) -> AsyncIterator[Heard]:
    for item in items:
        if isinstance(item, Exception):
            raise item
        yield item


def streaming(*items: Heard | Exception) -> Setup:
    async def route(request: web.Request) -> web.StreamResponse:
        return await send_events(request, given([*items]))

    return Setup(routes=[web.get("/v1/audio/events", route)])


async def read(setup: Setup) -> tuple[int, list[dict[str, Any]]]:
    async with (
        open_doorway(setup) as doorway,
        doorway.browser() as browser,
        browser.get("/v1/audio/events", headers=BEARER) as answer,
    ):
        events = (await answer.text()).removesuffix("\n\n").split("\n\n")
    return answer.status, [json.loads(event.removeprefix("data: ")) for event in events]


async def test_every_final_that_says_something_is_an_event() -> None:
    status, events = await read(streaming(*ITEMS))

    assert status == 200
    assert events == [
        {"type": "transcript.text.delta", "delta": "One."},
        {"type": "transcript.text.delta", "delta": " Three."},
        {"type": "transcript.text.done", "text": "One. Three."},
    ]


async def test_a_file_in_which_nothing_is_said_has_its_end_alone() -> None:
    assert await read(streaming(final(1, ""), DONE)) == (
        200,
        [{"type": "transcript.text.done", "text": ""}],
    )


async def test_what_goes_wrong_before_the_first_event_is_an_answer() -> None:
    status, (body,) = await read(streaming(final(1, ""), BadAudio("found noise")))

    assert status == 400
    assert body["error"]["message"] == "found noise"


@pytest.mark.parametrize(
    ("error", "code", "logged"),
    [
        (BadAudio("cut off"), "bad_audio", []),
        (EngineLost("it died"), "engine_lost", ["a file could not be heard to its end"]),
    ],
)
async def test_what_goes_wrong_later_is_the_last_event(
    error: Exception, code: str, logged: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    status, events = await read(streaming(final(1, "One."), error))

    assert status == 200
    assert [event.get("type") for event in events] == ["transcript.text.delta", None]
    assert events[-1]["error"]["code"] == code
    assert [record.getMessage() for record in caplog.records] == logged


async def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_events, "PATIENCE_SECONDS", 0.1)
    ended = asyncio.Event()

    async def endless() -> AsyncIterator[Heard]:
        number = 0
        while True:
            yield final(number := number + 1, "word " * 10_000)
            await asyncio.sleep(0)

    async def route(request: web.Request) -> web.StreamResponse:
        try:
            return await send_events(request, endless())
        finally:
            ended.set()

    setup = Setup(routes=[web.get("/v1/audio/events", route)])
    async with open_doorway(setup) as doorway, doorway.raw() as raw:
        await raw.send(head("GET /v1/audio/events HTTP/1.1", *BEARER_LINES))
        await ended.wait()
