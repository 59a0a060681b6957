"""Somebody speaks and others read along, from the microphone's socket to the viewers'."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.end_to_end.conftest import Run
from tests.end_to_end.hall import BEARER, open_hall, sentence
from tests.end_to_end.test_resume import connected
from wsserver.messages import Final, Start
from wsserver.rooms import captions

HALF = len(sentence()) // 4 * 2


async def test_a_viewer_reads_what_is_said(run: Run) -> None:
    async with run() as server, open_hall(server, title="Talk") as hall, hall.reader() as reader:
        welcome = await reader.read()
        async with hall.speaker(words=True) as speaker:
            await speaker.send(sentence()[:HALF])
            heard = await reader.read_until(captions.Partial)
            await speaker.send(sentence()[HALF:])
            await speaker.settle()
            await speaker.say()
            read = await reader.read_finals(2)
        last = await reader.read_until(captions.Live)
        last = last if not last.live else await reader.read_until(captions.Live)

    assert isinstance(welcome, captions.Room)
    assert (welcome.room, welcome.title, welcome.finals) == (hall.room, "Talk", 0)
    assert not welcome.live
    assert not last.live
    assert reader.socket.subprotocol == "captions.v1"
    said = [(f.utterance, f.text, round(f.start, 3), f.words) for f in speaker.finals]
    assert [(f.utterance, f.text, f.start, f.words) for f in read] == said
    assert [f.number for f in read] == [1, 2]
    assert heard.utterance == 1


async def test_a_late_viewer_gets_the_story_so_far(run: Run) -> None:
    async with run() as server, open_hall(server) as hall, hall.speaker() as speaker:
        await speaker.say(3)
        async with hall.reader() as late:
            welcome = await late.read()
            await late.read_finals(3)

    assert isinstance(welcome, captions.Room)
    assert (welcome.first, welcome.finals, welcome.live) == (1, 3, True)
    assert late.texts == [final.text for final in speaker.finals]


async def test_where_words_are_kept_viewers_read_them_too(run: Run, tmp_path: Path) -> None:
    async with (
        run(store={"folder": str(tmp_path)}) as server,
        open_hall(server) as hall,
        hall.reader() as reader,
        hall.speaker() as speaker,
    ):
        await speaker.say(2)
        await reader.read_finals(2)

    assert reader.texts == [final.text for final in speaker.finals]


async def test_a_viewer_whose_connection_broke_gets_what_they_missed(run: Run) -> None:
    async with run() as server, open_hall(server) as hall, hall.speaker() as speaker:
        async with hall.reader() as first:
            await speaker.say()
            await first.read_finals(1)
            first.socket.transport.abort()
        await speaker.say(2)
        async with hall.reader(after=first.place) as second:
            await second.read_finals(2)

    assert first.texts + second.texts == [final.text for final in speaker.finals]
    assert [final.number for final in second.finals] == [2, 3]


async def test_events_are_the_same_messages_and_go_on_behind_the_last_id(run: Run) -> None:
    async with run() as server, open_hall(server) as hall, hall.speaker() as speaker:
        await speaker.say(2)
        async with hall.events() as events:
            first = await events.next()
            texts = await events.finals(2)
            kind = events.answer.content_type
        async with hall.events(**{"Last-Event-ID": events.ids[0]}) as again:
            texts_again = await again.finals(1)

    assert kind == "text/event-stream"
    assert first is not None
    assert (first["type"], first["story"]) == ("room", events.ids[0].partition(":")[0])
    assert texts == [final.text for final in speaker.finals]
    assert texts_again == texts[1:]
    assert again.ids == events.ids[1:]


async def test_two_speakers_stand_on_one_line_of_time(run: Run) -> None:
    async with (
        run() as server,
        open_hall(server) as hall,
        hall.reader() as reader,
        hall.speaker() as one,
    ):
        await one.say()
        async with hall.speaker() as two:
            await two.say()
            await one.say()
            read = await reader.read_finals(3)

    sessions = [final.session for final in read]
    assert sessions == [one.ready.session, two.ready.session, one.ready.session]
    offset = read[1].start - two.finals[0].start
    assert offset > 0
    assert [final.start for final in (read[0], read[2])] == [
        round(final.start, 3) for final in one.finals
    ]


async def test_a_speaker_who_resumes_goes_on_in_the_same_room(run: Run) -> None:
    async with run() as server, open_hall(server) as hall, hall.reader() as reader:
        async with hall.speaker() as before:
            await before.say(2)
            before.peer.socket.transport.abort()
        # From before the second utterance, which is therefore said again.
        cursor = before.finals[0].cursor
        async with hall.speaker(room=None, resume=cursor) as after:
            await after.say(2)
            read = await reader.read_finals(3)

    assert after.ready.generation == 2
    assert [(f.number, f.utterance) for f in read] == [(1, 1), (2, 2), (3, 3)]
    assert {f.session for f in read} == {before.ready.session}
    assert [f.text for f in read] == [f.text for f in (*before.finals, after.finals[-1])]


async def test_the_files_hold_what_was_said(run: Run) -> None:
    async with run() as server, open_hall(server) as hall, hall.speaker() as speaker:
        async with hall.browser.get(hall.links["vtt"]) as answer:
            assert (await answer.text()).strip() == "WEBVTT"
        await speaker.say(2)
        async with hall.browser.get(hall.links["vtt"]) as answer:
            vtt, tag = await answer.text(), answer.headers["ETag"]
            assert answer.content_type == "text/vtt"
            assert answer.headers["Cache-Control"] == "no-cache"
        async with hall.browser.get(hall.links["srt"]) as answer:
            srt = await answer.text()
        known = {"If-None-Match": tag}
        async with hall.browser.get(hall.links["vtt"], headers=known) as answer:
            assert answer.status == 304
        await speaker.say()
        async with hall.browser.get(hall.links["vtt"], headers=known) as answer:
            assert answer.status == 200

    assert vtt.startswith("WEBVTT\n")
    for final in speaker.finals[:2]:
        for word in final.text.split():
            assert word in vtt
            assert word in srt


async def test_an_owner_ends_the_room(run: Run) -> None:
    async with run() as server, open_hall(server) as hall, hall.speaker() as speaker:
        async with hall.reader() as reader, hall.events() as events:
            await speaker.say()
            await reader.read_finals(1)
            assert await hall.end() == 204
            await reader.read_to_the_end()
            told = [event async for event in _rest(events)]
        await speaker.say()  # who goes on undisturbed
        refused = await hall.refusal(hall.links["events"])
        async with hall.browser.post("/v1/rooms", json={"room": hall.room}, headers=BEARER) as no:
            assert no.status == 410
        assert await hall.end() == 204

    assert reader.told[-1] == captions.Closed(reason="ended")
    assert reader.socket.close_code == 1000
    assert told[-1] == {"type": "closed", "reason": "ended"}
    assert refused == (410, "room_ended")
    assert len(speaker.finals) == 2


async def _rest(events: Any) -> Any:
    while (event := await events.next()) is not None:
        yield event


async def test_a_viewer_whose_token_expires_meanwhile_is_told_and_sent_away(run: Run) -> None:
    async with run() as server, open_hall(server, seconds=60) as hall:
        ahead = 0.0
        server.app._rooms._clock = lambda: time.time() + ahead
        async with hall.reader() as reader, hall.events() as events:
            await reader.read()
            ahead = 80.0
            await reader.read_to_the_end()
            told = [event async for event in _rest(events)]

    assert reader.told[-1] == captions.Closed(reason="expired")
    assert reader.socket.close_code == 1000
    assert told[-1] == {"type": "closed", "reason": "expired"}


async def test_an_event_stream_needs_chunks_and_a_get(run: Run) -> None:
    async with run() as server, open_hall(server) as hall:
        async with hall.browser.head(hall.links["events"]) as answer:
            head = answer.status
        reader, writer = await asyncio.open_connection("127.0.0.1", server.app._listener.port)
        writer.write(f"GET {hall.links['events']} HTTP/1.0\r\n\r\n".encode())
        old = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert head == 405
    assert old.split()[1] == b"505"


async def test_a_session_in_an_ended_room_is_heard_but_not_shown(run: Run) -> None:
    async with run() as server, open_hall(server) as hall:
        await hall.end()
        async with hall.speaker() as speaker:
            await speaker.say()

    assert [m.code for m in speaker.heard if m.type == "warning"] == ["not_shown"]
    assert len(speaker.finals) == 1


async def test_a_room_of_somebody_else_is_refused_in_words(run: Run) -> None:
    async with run() as server, open_hall(server) as hall, hall.speaker(room=None) as speaker:
        async with connected(server.socket_url, server.token) as peer:
            await peer.say(Start(room="lobby"))
            error = await peer.hear()
            with pytest.raises(ConnectionClosed):
                await peer.hear()
        await speaker.say()

    assert (error.type, getattr(error, "code", "")) == ("error", "unknown_room")
    assert peer.socket.close_code == 1008
    assert isinstance(speaker.finals[0], Final)


async def test_when_the_server_stops_viewers_get_the_last_words_and_are_sent_elsewhere(
    run: Run,
) -> None:
    async with (
        run() as server,
        open_hall(server) as hall,
        hall.reader() as reader,
        hall.events() as events,
        hall.speaker() as speaker,
    ):
        await speaker.say()
        stopping = asyncio.create_task(server.app.stop())
        await reader.read_to_the_end()
        texts = [e["text"] async for e in _rest(events) if e["type"] == "final"]
        await stopping

    assert reader.socket.close_code == 1001
    assert texts == reader.texts == [final.text for final in speaker.finals]
